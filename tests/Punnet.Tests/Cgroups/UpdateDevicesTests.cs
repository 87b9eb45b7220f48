using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>update --devices</c>: device rules: they take the place of those before.</summary>
public sealed class UpdateDevicesTests : ContainerTest
{
    private const string Allowed = """{"devices":[{"allow":true,"type":"c","major":1,"minor":11,"access":"rwm"}]}""";
    private const string Denied = """{"devices":[{"allow":false,"access":"rwm"}]}""";

    [Fact]
    public void Rules_are_widened_and_narrowed_while_the_container_runs()
    {
        Container container = Kmsg();
        Assert.Equal("no\n", Opens(container));
        Update(container, Allowed).Succeeds();
        Assert.Equal("yes\n", Opens(container));
        Update(container, Denied).Succeeds();
        Assert.Equal("no\n", Opens(container));
        container.Exec("sh", "-c", ": </dev/null && : >/dev/zero").Succeeds();
    }

    [Fact]
    public void Without_a_list_there_is_nothing_to_replace_them_by()
    {
        Container container = Kmsg();
        Update(container, """{"cpu":{}}""").Fails("--devices is about the rules of --resources, and there is no list \"devices\"");
        container.Call("update", "--devices", "--cpu-share", "100", container.Id).Fails("--devices is about");
    }

    [Fact]
    public void A_rule_that_is_refused_changes_nothing()
    {
        Container container = Kmsg();
        Update(container, """{"devices":[{"allow":true,"type":"x","access":"rwm"}]}""")
            .Fails("punnet: update: ", "/update.json: devices[0].type: ");
        Assert.Equal("no\n", Opens(container));
    }

    [Fact]
    public void A_limit_that_is_refused_leaves_the_rules()
    {
        Container container = Kmsg();
        Update(container, $$"""{"unified":{"no.such":"1"},{{Allowed[1..]}}""").Fails("no.such");
        Assert.Equal("no\n", Opens(container));
    }

    private Container Kmsg()
    {
        Container container = NewContainer().RunsScript("mknod /dev/kmsg c 1 11; echo ready; sleep 1000");
        container.Bundle.Capabilities("CAP_MKNOD", "CAP_SYSLOG", "CAP_SYS_ADMIN");
        container.CreateAndStart().WaitForOutput("ready");
        return container;
    }

    private static string Opens(Container container) => container.Exec("sh", "-c", "(: </dev/kmsg) 2>/dev/null && echo yes || echo no").Stdout;

    private static Outcome Update(Container container, string resources)
    {
        string file = container.Directory + "/update.json";
        File.WriteAllText(file, resources);
        return container.Call("update", "--devices", "--resources", file, container.Id);
    }
}
