using System.Collections.Generic;
using System.Linq;
using Punnet.Spec;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>linux.netDevices: what is planned and what is refused.</summary>
public sealed class NetDevicePlannerTests
{
    [Fact]
    public void A_device_keeps_its_name_or_gets_a_new_one()
    {
        ContainerPlan plan = Plan(("eth1", null), ("eth2", "lan0"), ("eth3", ""));
        Assert.Equal(
            [("eth1", "eth1"), ("eth2", "lan0"), ("eth3", "eth3")],
            plan.NetDevices.Select(device => (device.Name.ToString(), device.NewName.ToString())));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a:b")]
    [InlineData("a b")]
    [InlineData("eth%d")]
    [InlineData("sixteen-letters!")]
    [InlineData("ééééééééé")]
    public void An_invalid_name_is_refused(string name)
    {
        string words = ": \"" + name + "\" is not a name of a network device: 1 to 15 bytes without \"/\", \":\", \"%\" and blanks";
        Assert.Equal("linux.netDevices[\"" + name + "\"]" + words, Planning.Refusal(() => Plan((name, null))));
        if (name.Length > 0)
        {
            Assert.Equal("linux.netDevices[\"eth1\"].name" + words, Planning.Refusal(() => Plan(("eth1", name))));
        }
    }

    [Fact]
    public void Two_devices_of_one_name_are_refused() => Assert.Equal(
        "linux.netDevices[\"eth2\"].name: \"eth1\" is given twice", Planning.Refusal(() => Plan(("eth1", null), ("eth2", "eth1"))));

    [Fact]
    public void Without_a_network_namespace_a_device_has_nowhere_to_go() => Assert.Equal(
        "linux.netDevices: devices are moved only to a network namespace, and linux.namespaces has none",
        Planning.Refusal(() => Planning.Plan(Planning.Config with
        {
            Linux = Planning.Config.Linux! with { NetDevices = new Dictionary<string, NetDevice> { ["eth1"] = new NetDevice(null) } },
        })));

    private static ContainerPlan Plan(params IEnumerable<(string Name, string? NewName)> devices) => Planning.Plan(Planning.Config with
    {
        Linux = new Linux
        {
            Namespaces = [new Namespace("mount", null), new Namespace("network", null)],
            NetDevices = devices.ToDictionary(device => device.Name, device => new NetDevice(device.NewName)),
        },
    });
}
