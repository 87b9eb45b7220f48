using Punnet.Abi;
using Punnet.Spec;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>process.scheduler, process.ioPriority and process.execCPUAffinity: what is planned and what is refused.</summary>
public sealed class SchedulerPlannerTests
{
    [Theory]
    [InlineData("SCHED_OTHER", SchedulerPolicy.Other)]
    [InlineData("SCHED_BATCH", SchedulerPolicy.Batch)]
    [InlineData("SCHED_IDLE", SchedulerPolicy.Idle)]
    public void A_policy_with_a_nice_value_is_planned(string written, SchedulerPolicy expected)
    {
        SchedulerAttributes planned = Plan(new Scheduler { Policy = written, Nice = -7 });
        Assert.Equal((expected, -7), (planned.Policy, planned.Nice));
    }

    [Theory]
    [InlineData("SCHED_FIFO", SchedulerPolicy.Fifo, 1)]
    [InlineData("SCHED_RR", SchedulerPolicy.RoundRobin, 99)]
    public void A_realtime_policy_is_planned_with_its_priority(string written, SchedulerPolicy expected, int priority)
    {
        SchedulerAttributes planned = Plan(new Scheduler { Policy = written, Priority = priority });
        Assert.Equal((expected, (uint)priority), (planned.Policy, planned.Priority));
    }

    [Fact]
    public void A_deadline_is_planned_with_its_three_times()
    {
        SchedulerAttributes planned = Plan(new Scheduler { Policy = "SCHED_DEADLINE", Runtime = 1, Deadline = 2, Period = 3 });
        Assert.Equal((SchedulerPolicy.Deadline, 1UL, 2UL, 3UL), (planned.Policy, planned.Runtime, planned.Deadline, planned.Period));
    }

    [Theory]
    [InlineData("SCHED_FLAG_RESET_ON_FORK", 0x01)]
    [InlineData("SCHED_FLAG_RECLAIM", 0x02)]
    [InlineData("SCHED_FLAG_DL_OVERRUN", 0x04)]
    [InlineData("SCHED_FLAG_KEEP_POLICY", 0x08)]
    [InlineData("SCHED_FLAG_KEEP_PARAMS", 0x10)]
    [InlineData("SCHED_FLAG_UTIL_CLAMP_MIN", 0x20)]
    [InlineData("SCHED_FLAG_UTIL_CLAMP_MAX", 0x40)]
    public void Every_flag_of_the_specification_is_known(string flag, ulong expected) =>
        Assert.Equal(expected, (ulong)Plan(new Scheduler { Policy = "SCHED_OTHER", Flags = [flag] }).Flags);

    public static TheoryData<Scheduler, string> Broken { get; } = new()
    {
        { new Scheduler(), "process.scheduler.policy: is missing" },
        { new Scheduler { Policy = "FIFO" },
            "process.scheduler.policy: \"FIFO\" is not a policy (SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, "
            + "SCHED_IDLE or SCHED_DEADLINE)" },
        { new Scheduler { Policy = "SCHED_ISO" }, "process.scheduler.policy: Linux has no SCHED_ISO" },
        { new Scheduler { Policy = "SCHED_OTHER", Nice = -21 }, "process.scheduler.nice: -21 is not from -20 to 19" },
        { new Scheduler { Policy = "SCHED_OTHER", Nice = 20 }, "process.scheduler.nice: 20 is not from -20 to 19" },
        { new Scheduler { Policy = "SCHED_FIFO" }, "process.scheduler.priority: 0 is not from 1 to 99" },
        { new Scheduler { Policy = "SCHED_RR", Priority = 100 }, "process.scheduler.priority: 100 is not from 1 to 99" },
        { new Scheduler { Policy = "SCHED_BATCH", Priority = 1 },
            "process.scheduler.priority: only SCHED_FIFO and SCHED_RR have a priority, and SCHED_BATCH has not" },
        { new Scheduler { Policy = "SCHED_OTHER", Runtime = 1 },
            "process.scheduler.runtime: only SCHED_DEADLINE has a runtime, and SCHED_OTHER has not" },
        { new Scheduler { Policy = "SCHED_IDLE", Deadline = 1 },
            "process.scheduler.deadline: only SCHED_DEADLINE has a deadline, and SCHED_IDLE has not" },
        { new Scheduler { Policy = "SCHED_OTHER", Period = 1 },
            "process.scheduler.period: only SCHED_DEADLINE has a period, and SCHED_OTHER has not" },
        { new Scheduler { Policy = "SCHED_DEADLINE", Deadline = 2 }, "process.scheduler.runtime: is missing: SCHED_DEADLINE needs it" },
        { new Scheduler { Policy = "SCHED_DEADLINE", Runtime = 2 }, "process.scheduler.deadline: is missing: SCHED_DEADLINE needs it" },
        { new Scheduler { Policy = "SCHED_DEADLINE", Runtime = 3, Deadline = 2 },
            "process.scheduler.runtime: 3 is more than the deadline, 2" },
        { new Scheduler { Policy = "SCHED_DEADLINE", Runtime = 1, Deadline = 3, Period = 2 },
            "process.scheduler.deadline: 3 is more than the period, 2" },
        { new Scheduler { Policy = "SCHED_OTHER", Flags = ["SCHED_FLAG_RECLAIM", "RECLAIM"] },
            "process.scheduler.flags[1]: \"RECLAIM\" is not a flag of a scheduler (SCHED_FLAG_*)" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void An_invalid_scheduler_is_refused(Scheduler written, string expected) =>
        Assert.Equal(expected, Planning.Refusal(() => Plan(written)));

    [Theory]
    [InlineData("IOPRIO_CLASS_RT", 0, 0x2000)]
    [InlineData("IOPRIO_CLASS_RT", 7, 0x2007)]
    [InlineData("IOPRIO_CLASS_BE", 4, 0x4004)]
    [InlineData("IOPRIO_CLASS_IDLE", 3, 0x6000)]
    public void An_io_priority_is_one_number(string kind, int priority, int expected) =>
        Assert.Equal(expected, Planning.Plan(Planning.Process with { IoPriority = new IoPriority(kind, priority) }).IoPriority);

    [Theory]
    [InlineData("IOPRIO_CLASS_BE", 8, "process.ioPriority.priority: 8 is not from 0 (highest) to 7")]
    [InlineData("IOPRIO_CLASS_BE", -1, "process.ioPriority.priority: -1 is not from 0 (highest) to 7")]
    [InlineData(null, 0, "process.ioPriority.class: is missing")]
    [InlineData("IOPRIO_CLASS_NONE", 0,
        "process.ioPriority.class: \"IOPRIO_CLASS_NONE\" is not a class (IOPRIO_CLASS_RT, IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE)")]
    public void An_invalid_io_priority_is_refused(string? kind, int priority, string expected) =>
        Assert.Equal(
            expected, Planning.Refusal(() => Planning.Plan(Planning.Process with { IoPriority = new IoPriority(kind, priority) })));

    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-2,5", new[] { 0, 1, 2, 5 })]
    [InlineData("3,1", new[] { 1, 3 })]
    [InlineData("63-64", new[] { 63, 64 })]
    [InlineData("1, 2", new[] { 1, 2 })]
    public void A_list_of_cpus_is_a_mask(string list, int[] expected)
    {
        AffinityPlan planned = Planning.Plan(Planning.Process with { ExecCpuAffinity = new ExecCpuAffinity(list, null) }).Affinity;
        Assert.Equal(expected, Planning.Numbers(planned.Initial));
        Assert.Empty(planned.Final);
    }

    [Theory]
    [InlineData("a", "\"a\" is not a list of numbers and ranges such as \"0-3,7\"")]
    [InlineData("0,", "\"0,\" is not a list of numbers and ranges such as \"0-3,7\"")]
    [InlineData("-1", "\"-1\" is not a list of numbers and ranges such as \"0-3,7\"")]
    [InlineData("1-", "\"1-\" is not a list of numbers and ranges such as \"0-3,7\"")]
    [InlineData("3-1", "\"3-1\" ends before it begins")]
    [InlineData("8192", "8192 is more than 8191, the largest that any kernel has")]
    public void An_invalid_list_of_cpus_is_refused(string list, string expected) =>
        Assert.Equal(
            "process.execCPUAffinity.final: " + expected,
            Planning.Refusal(() => Planning.Plan(Planning.Process with { ExecCpuAffinity = new ExecCpuAffinity(null, list) })));

    private static SchedulerAttributes Plan(Scheduler scheduler) =>
        Planning.Plan(Planning.Process with { Scheduler = scheduler }).Scheduler!.Value;
}
