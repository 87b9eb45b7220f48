using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// linux.resources.blockIO weights, which have two owners: the kernel's io cost model, and the scheduler bfq once it is loaded.
/// </summary>
public sealed class DiskWeightTests : ContainerTest
{
    [Fact]
    public void A_weight_is_of_the_cost_model_until_the_scheduler_bfq_is_there()
    {
        Controllers.Need("io");
        string? modules = Environment.GetEnvironmentVariable("PUNNET_MODULES");
        Assert.SkipUnless(Directory.Exists(modules) && File.Exists("/sys/block/nullb0/dev"),
            "needs a kernel with the io cost model, the module bfq, and the disk nullb0");
        string device = File.ReadAllText("/sys/block/nullb0/dev").Trim();
        string weights = $$$"""{"blockIO":{"weight":100,"weightDevice":[{"major":{{{device.Replace(":", ",\"minor\":", StringComparison.Ordinal)}}},"weight":1000}]}}""";

        Container without = NewContainer().Sleeps().Limits(weights);
        without.TryCreate().Fails(
            $"cannot set io.bfq.weight or io.weight to \"{device} 1000\" (linux.resources.blockIO.weightDevice[0].weight) in ",
            "hint: a weight needs the scheduler bfq on the device, or the io cost model enabled for it (io.cost.qos of the root cgroup)");
        without.AssertNothingLeft();

        File.WriteAllText(CgroupTree.MountPoint + "/io.cost.qos", device + " enable=1");
        Container cost = NewContainer().Sleeps().Limits(weights).Create();
        Assert.Equal($"default 910\n{device} 10000", cost.Held("io.weight"));
        Update(cost, weights.Replace("\"weight\":1000", "\"weight\":0", StringComparison.Ordinal));
        Assert.Equal("default 910", cost.Held("io.weight"));

        foreach (string module in Directory.GetFiles(modules, "*.ko"))
        {
            new Command("insmod", [module]).Run().Succeeds();
        }

        File.WriteAllText("/sys/block/nullb0/queue/scheduler", "bfq");
        Container scheduled = NewContainer().Sleeps().Limits(weights).Create();
        Assert.Equal($"default 100\n{device} 1000", scheduled.Held("io.bfq.weight"));
        Assert.Equal("default 100", scheduled.Held("io.weight"));
        scheduled.Call("update", "--blkio-weight", "500", scheduled.Id).Succeeds();
        // bfq forgets the weights of devices when that of all is written.
        Assert.Equal("default 500", scheduled.Held("io.bfq.weight").Split('\n')[0]);
    }

    private static void Update(Container container, string resources)
    {
        string file = container.Directory + "/resources.json";
        File.WriteAllText(file, resources);
        container.Call("update", "--resources", file, container.Id).Succeeds();
    }
}
