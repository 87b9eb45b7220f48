using System.Collections.Generic;
using System.Linq;
using Punnet.Plan;
using Punnet.Spec;
using Xunit;

namespace Punnet.Cgroup.Tests;

public sealed class ResourcePlannerTests
{
    [Theory]
    [InlineData("", "")]
    // Memory.
    [InlineData("memory.limit=1048576", "memory.max = 1048576")]
    [InlineData("memory.limit=0", "")]
    [InlineData("memory.limit=-1", "memory.swap.max = max (may be missing); memory.max = max (may be missing)")]
    [InlineData("memory.limit=-1; memory.swap=0", "memory.swap.max = max (may be missing); memory.max = max (may be missing)")]
    [InlineData("memory.limit=-1; memory.swap=-1", "memory.swap.max = max (may be missing); memory.max = max (may be missing)")]
    [InlineData("memory.limit=-1; memory.swap=5000", "memory.swap.max = 5000; memory.max = max (may be missing)")]
    [InlineData("memory.limit=1000; memory.swap=3000", "memory.swap.max = 2000; memory.max = 1000")]
    [InlineData("memory.limit=1000; memory.swap=1000", "memory.swap.max = 0 (may be missing); memory.max = 1000")]
    [InlineData("memory.limit=1000; memory.swap=1001", "memory.swap.max = 1; memory.max = 1000")]
    [InlineData("memory.limit=1000; memory.swap=-1", "memory.swap.max = max (may be missing); memory.max = 1000")]
    [InlineData("memory.limit=1000; memory.swap=0", "memory.max = 1000")]
    [InlineData("memory.swap=-1", "memory.swap.max = max (may be missing)")]
    [InlineData("memory.swap=0", "")]
    [InlineData("memory.limit=9223372036854775807; memory.swap=9223372036854775807",
        "memory.swap.max = 0 (may be missing); memory.max = 9223372036854775807")]
    [InlineData("memory.reservation=500", "memory.low = 500")]
    [InlineData("memory.reservation=-1", "memory.low = max")]
    [InlineData("memory.reservation=0", "")]
    [InlineData("memory.limit=1000; memory.reservation=500; memory.swap=1500",
        "memory.swap.max = 500; memory.max = 1000; memory.low = 500")]
    [InlineData("memory.kernel=100; memory.kernelTCP=100; memory.swappiness=60; memory.disableOOMKiller=true; memory.useHierarchy=true",
        "")]
    // CPU weight.
    [InlineData("cpu.shares=0", "")]
    [InlineData("cpu.shares=1", "cpu.weight = 1")]
    [InlineData("cpu.shares=2", "cpu.weight = 1")]
    [InlineData("cpu.shares=3", "cpu.weight = 2")]
    [InlineData("cpu.shares=10", "cpu.weight = 4")]
    [InlineData("cpu.shares=100", "cpu.weight = 17")]
    [InlineData("cpu.shares=256", "cpu.weight = 35")]
    [InlineData("cpu.shares=512", "cpu.weight = 59")]
    [InlineData("cpu.shares=1023", "cpu.weight = 100 (may be missing)")]
    [InlineData("cpu.shares=1024", "cpu.weight = 100 (may be missing)")]
    [InlineData("cpu.shares=1025", "cpu.weight = 101")]
    [InlineData("cpu.shares=2048", "cpu.weight = 174")]
    [InlineData("cpu.shares=4096", "cpu.weight = 303")]
    [InlineData("cpu.shares=200000", "cpu.weight = 7899")]
    [InlineData("cpu.shares=262143", "cpu.weight = 10000")]
    [InlineData("cpu.shares=262144", "cpu.weight = 10000")]
    [InlineData("cpu.shares=18446744073709551615", "cpu.weight = 10000")]
    [InlineData("cpu.idle=1", "cpu.idle = 1")]
    [InlineData("cpu.idle=0", "cpu.idle = 0")]
    [InlineData("cpu.idle=0; cpu.shares=1024", "cpu.idle = 0; cpu.weight = 100 (may be missing)")]
    [InlineData("cpu.idle=1; cpu.shares=1024", "cpu.idle = 1")]
    // CPU bandwidth.
    [InlineData("cpu.quota=50000", "cpu.max = 50000 100000")]
    [InlineData("cpu.quota=50000; cpu.period=200000", "cpu.max = 50000 200000")]
    [InlineData("cpu.period=200000", "cpu.max = max 200000 (may be missing)")]
    [InlineData("cpu.quota=-1", "cpu.max = max 100000 (may be missing)")]
    [InlineData("cpu.quota=-1; cpu.period=50000", "cpu.max = max 50000 (may be missing)")]
    [InlineData("cpu.quota=-7; cpu.period=50000", "cpu.max = max 50000 (may be missing)")]
    [InlineData("cpu.quota=0; cpu.period=50000", "cpu.max = max 50000 (may be missing)")]
    [InlineData("cpu.quota=0", "")]
    [InlineData("cpu.quota=0; cpu.period=0", "")]
    [InlineData("cpu.burst=1000", "cpu.max.burst = 1000")]
    [InlineData("cpu.burst=0", "cpu.max.burst = 0")]
    [InlineData("cpu.burst=1000; cpu.quota=50000", "cpu.max.burst = 1000 (again after the next); cpu.max = 50000 100000")]
    [InlineData("cpu.burst=1000; cpu.period=50000", "cpu.max.burst = 1000 (again after the next); cpu.max = max 50000 (may be missing)")]
    [InlineData("cpu.shares=1024; cpu.quota=50000; cpu.burst=5; cpu.idle=0",
        "cpu.idle = 0; cpu.weight = 100 (may be missing); cpu.max.burst = 5 (again after the next); cpu.max = 50000 100000")]
    [InlineData("cpu.realtimeRuntime=950000; cpu.realtimePeriod=1000000", "")]
    // CPU sets.
    [InlineData("cpu.cpus=0-3,7", "cpuset.cpus = 0-3,7")]
    [InlineData("cpu.mems=0", "cpuset.mems = 0")]
    [InlineData("cpu.cpus=1; cpu.mems=0-1", "cpuset.cpus = 1; cpuset.mems = 0-1")]
    [InlineData("cpu.cpus=; cpu.mems=", "")]
    // Processes.
    [InlineData("pids.limit=10", "pids.max = 10")]
    [InlineData("pids.limit=1", "pids.max = 1")]
    [InlineData("pids.limit=0", "pids.max = 1")]
    [InlineData("pids.limit=-1", "pids.max = max (may be missing)")]
    [InlineData("pids.limit=-5", "pids.max = max (may be missing)")]
    // Block devices.
    [InlineData("blockIO.weight=10", "io.bfq.weight = 10 or io.weight = 1")]
    [InlineData("blockIO.weight=100", "io.bfq.weight = 100 or io.weight = 910")]
    [InlineData("blockIO.weight=500", "io.bfq.weight = 500 or io.weight = 4950")]
    [InlineData("blockIO.weight=1000", "io.bfq.weight = 1000 or io.weight = 10000")]
    [InlineData("blockIO.weight=0", "")]
    [InlineData("blockIO.leafWeight=500", "")]
    [InlineData("blockIO.weightDevice=8:0:100", "io.bfq.weight = 8:0 100 or io.weight = 8:0 910")]
    [InlineData("blockIO.weightDevice=8:0:0", "io.bfq.weight = 8:0 default or io.weight = 8:0 default")]
    [InlineData("blockIO.weightDevice=8:0::500", "")]
    [InlineData("blockIO.weight=1000; blockIO.weightDevice=8:0:10; blockIO.weightDevice=8:16:20",
        "io.bfq.weight = 1000 or io.weight = 10000; io.bfq.weight = 8:0 10 or io.weight = 8:0 1; io.bfq.weight = 8:16 20 or io.weight = "
        + "8:16 102")]
    [InlineData("blockIO.throttleReadBpsDevice=8:0:1048576", "io.max = 8:0 rbps=1048576")]
    [InlineData("blockIO.throttleWriteBpsDevice=8:0:1048576", "io.max = 8:0 wbps=1048576")]
    [InlineData("blockIO.throttleReadIOPSDevice=8:0:100", "io.max = 8:0 riops=100")]
    [InlineData("blockIO.throttleWriteIOPSDevice=259:3:100", "io.max = 259:3 wiops=100")]
    [InlineData("blockIO.throttleReadBpsDevice=8:0:0", "io.max = 8:0 rbps=max")]
    [InlineData("blockIO.throttleReadBpsDevice=8:0:1; blockIO.throttleReadBpsDevice=8:16:18446744073709551615; "
        + "blockIO.throttleWriteIOPSDevice=8:0:3", "io.max = 8:0 rbps=1; io.max = 8:16 rbps=18446744073709551615; io.max = 8:0 wiops=3")]
    // Huge pages.
    [InlineData("hugepage=2MB:209715200", "hugetlb.2MB.max = 209715200; hugetlb.2MB.rsvd.max = 209715200 (may be missing)")]
    [InlineData("hugepage=64KB:0", "hugetlb.64KB.max = 0; hugetlb.64KB.rsvd.max = 0 (may be missing)")]
    [InlineData("hugepage=1GB:18446744073709551615",
        "hugetlb.1GB.max = 18446744073709551615; hugetlb.1GB.rsvd.max = 18446744073709551615 (may be missing)")]
    [InlineData("hugepage=2MB:2; hugepage=1GB:4",
        "hugetlb.2MB.max = 2; hugetlb.2MB.rsvd.max = 2 (may be missing); hugetlb.1GB.max = 4; hugetlb.1GB.rsvd.max = 4 (may be missing)")]
    // RDMA.
    [InlineData("rdma=mlx5_1:3:10000", "rdma.max = mlx5_1 hca_handle=3 hca_object=10000")]
    [InlineData("rdma=mlx5_1:0:", "rdma.max = mlx5_1 hca_handle=0")]
    [InlineData("rdma=mlx5_1:2147483646:4294967295", "rdma.max = mlx5_1 hca_handle=2147483646 hca_object=max")]
    [InlineData("rdma=a:1:; rdma=b::2", "rdma.max = a hca_handle=1; rdma.max = b hca_object=2")]
    // Network is cgroup v1 only.
    [InlineData("network.classID=1048577; network.priorities=2", "")]
    // Raw files, last.
    [InlineData("unified=memory.high:1000", "memory.high = 1000")]
    [InlineData("unified=memory.max:1000; memory.limit=2000; pids.limit=5", "pids.max = 5; memory.max = 2000; memory.max = 1000")]
    [InlineData("unified=io.max:8:0 rbps=1\n8:16 wbps=2\n", "io.max = 8:0 rbps=1; io.max = 8:16 wbps=2")]
    [InlineData("unified=cpuset.cpus:", "cpuset.cpus = \n")]
    [InlineData("unified=hugetlb.2MB.max:5", "hugetlb.2MB.max = 5")]
    [InlineData("unified=cgroup.max.depth:3", "cgroup.max.depth = 3")]
    [InlineData("unified=memory.oom.group:1", "memory.oom.group = 1")]
    // All in the order in which they are written.
    [InlineData("unified=misc.max:a 1; rdma=a:1:; hugepage=2MB:2; cpu.cpus=0; cpu.quota=1000; blockIO.weight=10; memory.limit=7; "
        + "pids.limit=9", "pids.max = 9; memory.max = 7; io.bfq.weight = 10 or io.weight = 1; cpu.max = 1000 100000; cpuset.cpus = 0; "
            + "hugetlb.2MB.max = 2; hugetlb.2MB.rsvd.max = 2 (may be missing); rdma.max = a hca_handle=1; misc.max = a 1")]
    public void A_new_cgroup_gets(string resources, string expected) =>
        Assert.Equal(expected, ResourceText.Text(ResourcePlanner.Plan(ResourceText.Parse(resources), update: false)));

    [Theory]
    [InlineData("", null, "")]
    // One half of cpu.max keeps the other.
    [InlineData("cpu.quota=50000", null, "cpu.max = 50000")]
    [InlineData("cpu.quota=-1", null, "cpu.max = max")]
    [InlineData("cpu.period=200000", null, "cpu.max = 200000 (keeps the first word)")]
    [InlineData("cpu.quota=50000; cpu.period=200000", null, "cpu.max = 50000 200000")]
    [InlineData("cpu.quota=-1; cpu.period=200000", null, "cpu.max = max 200000")]
    [InlineData("cpu.quota=0", null, "")]
    [InlineData("cpu.quota=0; cpu.period=200000", null, "cpu.max = 200000 (keeps the first word)")]
    [InlineData("cpu.burst=7; cpu.period=200000", null,
        "cpu.max.burst = 7 (again after the next); cpu.max = 200000 (keeps the first word)")]
    [InlineData("cpu.burst=7", null, "cpu.max.burst = 7")]
    // The group may be idle.
    [InlineData("cpu.shares=1024", null, "cpu.weight = 100 (may be missing) (unless idle)")]
    [InlineData("cpu.shares=1024; cpu.idle=0", null, "cpu.idle = 0; cpu.weight = 100 (may be missing)")]
    [InlineData("cpu.shares=1024; cpu.idle=1", null, "cpu.idle = 1")]
    // Swap without a limit goes by the limit that holds.
    [InlineData("memory.swap=3000", 1000L, "memory.swap.max = 2000")]
    [InlineData("memory.swap=1000", 1000L, "memory.swap.max = 0 (may be missing)")]
    [InlineData("memory.swap=3000", -1L, "memory.swap.max = 3000")]
    [InlineData("memory.swap=-1", 1000L, "memory.swap.max = max (may be missing)")]
    [InlineData("memory.swap=0", 1000L, "")]
    [InlineData("memory.limit=2000; memory.swap=3000", 9000L, "memory.swap.max = 1000; memory.max = 2000")]
    [InlineData("memory.limit=2000", 1000L, "memory.max = 2000")]
    [InlineData("memory.limit=-1", 1000L, "memory.swap.max = max (may be missing); memory.max = max")]
    [InlineData("memory.limit=-1; memory.swap=3000", 1000L, "memory.swap.max = 3000; memory.max = max")]
    [InlineData("memory.reservation=-1", 1000L, "memory.low = max")]
    [InlineData("pids.limit=-1", null, "pids.max = max")]
    [InlineData("blockIO.weight=500", null, "io.bfq.weight = 500 or io.weight = 4950")]
    [InlineData("unified=cpu.max:max", null, "cpu.max = max")]
    public void An_update_writes_only_what_is_given(string resources, long? memoryLimit, string expected) =>
        Assert.Equal(expected, ResourceText.Text(ResourcePlanner.Plan(ResourceText.Parse(resources), update: true, memoryLimit)));

    [Theory]
    [InlineData("memory.limit=-2", "memory.limit: -2 is not a number of bytes: expected 0 or more, or -1 for no limit")]
    [InlineData("memory.reservation=-2", "memory.reservation: -2 is not a number of bytes: expected 0 or more, or -1 for no limit")]
    [InlineData("memory.limit=5; memory.swap=-2", "memory.swap: -2 is not a number of bytes: expected 0 or more, or -1 for no limit")]
    [InlineData("memory.swap=1000", "memory.swap: unable to set swap limit without memory limit")]
    [InlineData("memory.limit=0; memory.swap=1000", "memory.swap: unable to set swap limit without memory limit")]
    [InlineData("memory.limit=2000; memory.swap=1000", "memory.swap: memory+swap limit should be >= memory limit (1000 < 2000)")]
    [InlineData("cpu.idle=2", "cpu.idle: 2 is neither 0 nor 1")]
    [InlineData("cpu.idle=-1", "cpu.idle: -1 is neither 0 nor 1")]
    [InlineData("blockIO.weight=9", "blockIO.weight: 9 is not a weight: expected 10 to 1000")]
    [InlineData("blockIO.weight=1001", "blockIO.weight: 1001 is not a weight: expected 10 to 1000")]
    [InlineData("blockIO.weightDevice=8:0:500; blockIO.weightDevice=8:1:5",
        "blockIO.weightDevice[1].weight: 5 is not a weight: expected 10 to 1000")]
    [InlineData("blockIO.weightDevice=-1:0:500", "blockIO.weightDevice[0]: -1:0 is not a device")]
    [InlineData("blockIO.throttleWriteIOPSDevice=8:-1:500", "blockIO.throttleWriteIOPSDevice[0]: 8:-1 is not a device")]
    [InlineData("hugepage=2MB:1; hugepage=2M:1",
        "hugepageLimits[1].pageSize: \"2M\" is not a page size: expected a number and KB, MB or GB, such as 2MB")]
    [InlineData("hugepage=:1", "hugepageLimits[0].pageSize: is missing")]
    [InlineData("hugepage=MB:1", "hugepageLimits[0].pageSize: \"MB\" is not a page size: expected a number and KB, MB or GB, such as 2MB")]
    [InlineData("hugepage=02MB:1",
        "hugepageLimits[0].pageSize: \"02MB\" is not a page size: expected a number and KB, MB or GB, such as 2MB")]
    [InlineData("hugepage=2TB:1",
        "hugepageLimits[0].pageSize: \"2TB\" is not a page size: expected a number and KB, MB or GB, such as 2MB")]
    [InlineData("hugepage=2/../MB:1",
        "hugepageLimits[0].pageSize: \"2/../MB\" is not a page size: expected a number and KB, MB or GB, such as 2MB")]
    [InlineData("rdma=mlx5_1::", "rdma[\"mlx5_1\"]: neither hcaHandles nor hcaObjects is given")]
    [InlineData("rdma=a b:1:", "rdma[\"a b\"]: \"a b\" is not the name of an RDMA device")]
    [InlineData("rdma=:1:", "rdma[\"\"]: \"\" is not the name of an RDMA device")]
    [InlineData("unified=../memory.max:1", "unified[\"../memory.max\"]: must be a file name (no slashes)")]
    [InlineData("unified=memory:1", "unified[\"memory\"]: must be in the form CONTROLLER.PARAMETER")]
    [InlineData("unified=cgroup.procs:1",
        "unified[\"cgroup.procs\"]: is no limit: it would move, freeze or end processes, or change what the cgroup is")]
    [InlineData("unified=cgroup.kill:1",
        "unified[\"cgroup.kill\"]: is no limit: it would move, freeze or end processes, or change what the cgroup is")]
    [InlineData("unified=cgroup.freeze:1",
        "unified[\"cgroup.freeze\"]: is no limit: it would move, freeze or end processes, or change what the cgroup is")]
    [InlineData("unified=..:1", "unified[\"..\"]: must be in the form CONTROLLER.PARAMETER")]
    [InlineData("unified=.max:1", "unified[\".max\"]: must be in the form CONTROLLER.PARAMETER")]
    [InlineData("unified=memory.:1", "unified[\"memory.\"]: must be in the form CONTROLLER.PARAMETER")]
    public void A_wrong_value_is_refused_with_its_place(string resources, string expected)
    {
        Resources parsed = ResourceText.Parse(resources);
        Assert.Equal(
            "linux.resources." + expected, Assert.Throws<SpecException>(() => ResourcePlanner.Plan(parsed, update: false)).Message);
        Assert.Equal(expected, Assert.Throws<SpecException>(() => ResourcePlanner.Plan(parsed, update: true, root: string.Empty)).Message);
    }

    [Fact]
    public void Swap_below_the_limit_that_holds_is_refused()
    {
        SpecException refusal = Assert.Throws<SpecException>(() => ResourcePlanner.Plan(ResourceText.Parse("memory.swap=1000"),
            update: true, memoryLimit: 2000));
        Assert.Equal("linux.resources.memory.swap: memory+swap limit should be >= memory limit (1000 < 2000)", refusal.Message);
    }

    [Theory]
    [InlineData("memory.limit=5; memory.swap=6; cpu.shares=7; pids.limit=8", "")]
    [InlineData("memory.kernel=1", "linux.resources.memory.kernel: cgroup v2 counts kernel memory as memory, ignored")]
    [InlineData("memory.kernel=-1", "linux.resources.memory.kernel: cgroup v2 counts kernel memory as memory, ignored")]
    [InlineData("memory.kernelTCP=1", "linux.resources.memory.kernelTCP: cgroup v2 counts TCP buffers as memory, ignored")]
    [InlineData("memory.kernel=0; memory.kernelTCP=0", "")]
    [InlineData("memory.swappiness=0", "linux.resources.memory.swappiness: cgroup v2 has no swappiness, ignored")]
    [InlineData("memory.disableOOMKiller=true",
        "linux.resources.memory.disableOOMKiller: the OOM killer of a cgroup v2 cannot be disabled, ignored")]
    [InlineData("memory.disableOOMKiller=false", "")]
    [InlineData("memory.useHierarchy=true", "")]
    [InlineData("memory.useHierarchy=false", "linux.resources.memory.useHierarchy: cgroup v2 is always hierarchical, ignored")]
    [InlineData("cpu.realtimeRuntime=1", "linux.resources.cpu.realtimeRuntime: cgroup v2 has no realtime limits, ignored")]
    [InlineData("cpu.realtimePeriod=1", "linux.resources.cpu.realtimePeriod: cgroup v2 has no realtime limits, ignored")]
    [InlineData("cpu.realtimeRuntime=0; cpu.realtimePeriod=0", "")]
    [InlineData("cpu.idle=1; cpu.shares=5", "linux.resources.cpu.shares: an idle group has no weight, ignored")]
    [InlineData("blockIO.leafWeight=500", "linux.resources.blockIO.leafWeight: cgroup v2 has no leaf weights, ignored")]
    [InlineData("blockIO.weightDevice=8:0:10:20",
        "linux.resources.blockIO.weightDevice[0].leafWeight: cgroup v2 has no leaf weights, ignored")]
    [InlineData("network.classID=0", "linux.resources.network: cgroup v2 has no network classes and priorities, ignored")]
    [InlineData("network.priorities=1", "linux.resources.network: cgroup v2 has no network classes and priorities, ignored")]
    [InlineData("network.priorities=0", "")]
    public void What_cgroup_v2_does_not_have_is_a_warning(string resources, string expected) =>
        Assert.Equal(expected, string.Join("; ", ResourcePlanner.Plan(ResourceText.Parse(resources), update: false).Warnings));

    [Theory]
    [InlineData("memory.checkBeforeUpdate=true; memory.limit=5", "memory limit 5 (linux.resources.memory.limit)")]
    [InlineData("memory.checkBeforeUpdate=true; memory.limit=5; memory.swap=7",
        "memory+swap limit 7 (linux.resources.memory.swap), memory limit 5 (linux.resources.memory.limit)")]
    [InlineData("memory.checkBeforeUpdate=true; memory.limit=-1; memory.swap=-1", "")]
    [InlineData("memory.checkBeforeUpdate=true; memory.reservation=5", "")]
    [InlineData("memory.checkBeforeUpdate=false; memory.limit=5", "")]
    [InlineData("memory.limit=5", "")]
    public void Usage_is_checked_where_it_is_asked_for(string resources, string expected)
    {
        IReadOnlyList<UsageCheck> checks = ResourcePlanner.Plan(ResourceText.Parse(resources), update: true).UsageChecks;
        Assert.Equal(expected, string.Join(", ", checks.Select(static check => $"{check.What} {check.Limit} ({check.Place})")));
    }

    [Theory]
    [InlineData("memory.limit=-1", "memory", "linux.resources.memory.limit")]
    [InlineData("memory.reservation=1", "memory", "linux.resources.memory.reservation")]
    [InlineData("memory.swap=-1", "memory", "linux.resources.memory.swap")]
    [InlineData("cpu.shares=5", "cpu", "linux.resources.cpu.shares")]
    [InlineData("cpu.idle=1", "cpu", "linux.resources.cpu.idle")]
    [InlineData("cpu.burst=1", "cpu", "linux.resources.cpu.burst")]
    [InlineData("cpu.quota=5", "cpu", "linux.resources.cpu.quota")]
    [InlineData("cpu.period=5", "cpu", "linux.resources.cpu.period")]
    [InlineData("cpu.cpus=5", "cpuset", "linux.resources.cpu.cpus")]
    [InlineData("cpu.mems=5", "cpuset", "linux.resources.cpu.mems")]
    [InlineData("pids.limit=5", "pids", "linux.resources.pids.limit")]
    [InlineData("blockIO.weight=50", "io", "linux.resources.blockIO.weight")]
    [InlineData("blockIO.weightDevice=8:0:50", "io", "linux.resources.blockIO.weightDevice[0].weight")]
    [InlineData("blockIO.throttleReadIOPSDevice=8:0:50", "io", "linux.resources.blockIO.throttleReadIOPSDevice[0]")]
    [InlineData("hugepage=2MB:50", "hugetlb", "linux.resources.hugepageLimits[0].limit")]
    [InlineData("rdma=a:1:", "rdma", "linux.resources.rdma[\"a\"]")]
    [InlineData("unified=misc.max:a 1", "misc", "linux.resources.unified[\"misc.max\"]")]
    [InlineData("unified=cgroup.max.depth:1", "", "linux.resources.unified[\"cgroup.max.depth\"]")]
    [InlineData("unified=cpu.pressure:some 1 2", "", "linux.resources.unified[\"cpu.pressure\"]")]
    [InlineData("unified=nonsense.max:1", "nonsense", "linux.resources.unified[\"nonsense.max\"]")]
    public void A_write_knows_its_controller_and_its_place(string resources, string controller, string place)
    {
        IReadOnlyList<CgroupWrite> writes = ResourcePlanner.Plan(ResourceText.Parse(resources), update: false).Writes;
        Assert.NotEmpty(writes);
        Assert.All(writes, write => Assert.Equal((controller, place), (write.Controller, write.Place)));
        Assert.All(writes.Where(static write => write.Fallback is not null),
            write => Assert.Equal((controller, place), (write.Fallback!.Controller, write.Fallback.Place)));
    }

    [Fact]
    public void Weights_grow_with_shares_over_the_whole_scale()
    {
        ulong last = 0;
        for (ulong shares = 1; shares <= 262_200; shares++)
        {
            string value = Assert.Single(ResourcePlanner.Plan(new Resources { Cpu = new CpuResources { Shares = shares } },
                update: false).Writes).Value;
            ulong weight = ulong.Parse(value);
            Assert.True(weight >= last && weight is >= 1 and <= 10_000, $"{shares} shares are weight {weight}, after {last}");
            last = weight;
        }
    }

    [Fact]
    public void Absent_resources_plan_nothing()
    {
        ResourcePlan plan = ResourcePlanner.Plan(null, update: false);
        Assert.Empty(plan.Writes);
        Assert.Empty(plan.UsageChecks);
        Assert.Empty(plan.Warnings);
    }
}
