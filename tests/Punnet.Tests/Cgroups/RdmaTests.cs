using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>The controller rdma: handles and objects of a device, here one of software on a network device of nothing.</summary>
public sealed class RdmaTests : ContainerTest
{
    private const string Device = "punnet_rxe";

    private static readonly Lazy<bool> made = new(MakeDevice);

    [Theory]
    [InlineData("""{"hcaHandles":3,"hcaObjects":100}""", "hca_handle=3 hca_object=100")]
    [InlineData("""{"hcaHandles":0}""", "hca_handle=0 hca_object=max")]
    [InlineData("""{"hcaObjects":4294967295}""", "hca_handle=max hca_object=max")]
    public void A_limit_is_what_the_kernel_holds(string limit, string expected)
    {
        Container container = With(limit).Create();
        Assert.Equal(Device + " " + expected, container.Held("rdma.max").TrimEnd());
    }

    [Fact]
    public void An_update_changes_what_is_given_and_nothing_else()
    {
        Container container = With("""{"hcaHandles":3,"hcaObjects":100}""").CreateAndStart();
        string file = container.Directory + "/resources.json";
        File.WriteAllText(file, $$$"""{"rdma":{"{{{Device}}}":{"hcaObjects":50} } }""");
        container.Call("update", "--resources", file, container.Id).Succeeds();
        Assert.Equal(Device + " hca_handle=3 hca_object=50", container.Held("rdma.max").TrimEnd());

        // The device comes first, and is back to what it was when the second one is refused.
        File.WriteAllText(file, $$$"""{"rdma":{"{{{Device}}}":{"hcaObjects":7},"none0":{"hcaObjects":7} } }""");
        container.Call("update", "--resources", file, container.Id).Fails("cannot set rdma.max to \"none0 hca_object=7\"");
        Assert.Equal(Device + " hca_handle=3 hca_object=50", container.Held("rdma.max").TrimEnd());
    }

    [Fact]
    public void A_device_that_is_not_there_is_refused_with_its_place()
    {
        Controllers.Need("rdma");
        Container container = NewContainer().Sleeps().Limits("""{"rdma":{"none0":{"hcaHandles":1}}}""");
        container.TryCreate().Fails("cannot set rdma.max to \"none0 hca_handle=1\" (linux.resources.rdma[\"none0\"]) in ",
            "no such device (ENODEV)\nhint: there may be no such RDMA device here (/sys/class/infiniband)\n");
        container.AssertNothingLeft();
    }

    private Container With(string limit)
    {
        Controllers.Need("rdma");
        Assert.True(made.Value);
        return NewContainer().Sleeps().Limits($"{{\"rdma\":{{\"{Device}\":{limit}}}}}");
    }

    // Only machines whose cgroup v2 has the controller come here: those are virtual, and end with the tests.
    private static bool MakeDevice()
    {
        new Command("ip", ["link", "add", "punnet-rdma", "type", "dummy"]).Run().Succeeds();
        new Command("ip", ["link", "set", "punnet-rdma", "up"]).Run().Succeeds();
        new Command("rdma", ["link", "add", Device, "type", "rxe", "netdev", "punnet-rdma"]).Run().Succeeds();
        return true;
    }
}
