using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>linux.netDevices, with one end of a veth pair; read with ip in the container's network namespace.</summary>
public sealed class NetDeviceTests : ContainerTest
{
    private readonly List<string> made = [];

    [Fact]
    public void A_device_moves_with_its_addresses_its_mtu_and_its_hardware_address()
    {
        string device = MakeDevice();
        Ip("link", "set", device, "mtu", "1400", "address", "02:00:00:aa:bb:cc");
        Ip("addr", "add", "10.77.1.2/24", "broadcast", "10.77.1.255", "dev", device);
        Ip("addr", "add", "fd77::2/64", "nodad", "dev", device);
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("linux.netDevices", "{\"" + device + "\":{}}");
        container.CreateAndStart();
        JsonNode found = Inside(container, device);
        Assert.Equal((1400, "02:00:00:aa:bb:cc"), ((int)found["mtu"]!, (string?)found["address"]));
        Assert.Contains("UP", found["flags"]!.ToJsonString(), StringComparison.Ordinal);
        string addresses = found["addr_info"]!.ToJsonString();
        Assert.Contains("\"local\":\"10.77.1.2\",\"prefixlen\":24,\"broadcast\":\"10.77.1.255\"", addresses, StringComparison.Ordinal);
        Assert.Contains("\"local\":\"fd77::2\",\"prefixlen\":64", addresses, StringComparison.Ordinal);
        Assert.False(Directory.Exists("/sys/class/net/" + device));
    }

    [Fact]
    public void A_device_gets_its_new_name_on_the_way()
    {
        string device = MakeDevice();
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("linux.netDevices", "{\"" + device + "\":{\"name\":\"lan0\"}}");
        container.CreateAndStart();
        Assert.Equal("lan0", (string?)Inside(container, "lan0")["ifname"]);
    }

    [Fact]
    public void A_device_moves_into_a_user_namespaces_network()
    {
        string device = MakeDevice();
        Container container = NewContainer().Sleeps();
        container.Bundle.UserNamespace();
        container.Bundle.Set("linux.netDevices", "{\"" + device + "\":{\"name\":\"eth0\"}}");
        container.CreateAndStart();
        Assert.Equal("eth0", (string?)Inside(container, "eth0")["ifname"]);
    }

    [Fact]
    public void A_device_moves_into_a_network_namespace_that_is_joined()
    {
        string device = MakeDevice();
        Container owner = NewContainer().Sleeps();
        owner.CreateAndStart();
        Container guest = NewContainer().Sleeps();
        guest.Bundle.Namespace("network", $"/proc/{owner.Pid}/ns/net");
        guest.Bundle.Set("linux.netDevices", "{\"" + device + "\":{\"name\":\"lan0\"}}");
        guest.CreateAndStart();
        Assert.Equal("lan0", (string?)Inside(owner, "lan0")["ifname"]);
    }

    [Fact]
    public void A_device_that_does_not_exist_is_named()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("linux.netDevices", """{"nosuch0":{}}""");
        container.TryCreate().Fails("cannot find the network device nosuch0 (linux.netDevices[\"nosuch0\"]): no such device");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_name_that_is_taken_is_told()
    {
        string device = MakeDevice();
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("linux.netDevices", "{\"" + device + "\":{\"name\":\"lo\"}}");
        container.TryCreate().Fails("cannot move the network device " + device + " (linux.netDevices[\"" + device + "\"]): file exists");
        container.AssertNothingLeft();
        Assert.True(Directory.Exists("/sys/class/net/" + device));
    }

    [Fact]
    public void A_device_does_not_move_to_the_hosts_network_namespace()
    {
        string device = MakeDevice();
        Container container = NewContainer().Sleeps();
        container.Bundle.Namespace("network", "/proc/self/ns/net");
        container.Bundle.Set("linux.netDevices", "{\"" + device + "\":{}}");
        container.TryCreate().Fails("linux.netDevices: the network namespace to join is the host's");
        container.AssertNothingLeft();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        foreach (string device in made)
        {
            _ = new Command("ip", ["link", "delete", device]).Run();
        }
    }

    // The other end stays; both go when either does.
    private string MakeDevice()
    {
        Outcome version = new Command("ip", ["-V"]).Run();
        Assert.SkipUnless(version.ExitCode == 0, "no ip (iproute2)");
        string name = "pt" + Guid.NewGuid().ToString("N")[..8];
        Outcome outcome = new Command("ip", ["link", "add", name + "a", "type", "veth", "peer", "name", name + "b"]).Run();
        Assert.SkipUnless(outcome.ExitCode == 0, "this kernel has no veth devices");
        made.Add(name + "b");
        return name + "a";
    }

    private static void Ip(params string[] arguments) => new Command("ip", arguments).Run().Succeeds();

    private static JsonNode Inside(Container container, string device)
    {
        string pid = container.Pid.ToString(CultureInfo.InvariantCulture);
        string text = new Command("nsenter", ["--target", pid, "--net", "ip", "-json", "addr", "show", "dev", device]).Run()
            .Succeeds().Stdout;
        return JsonNode.Parse(text)!.AsArray()[0]!;
    }
}
