using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Plan;
using Punnet.Spec;
using Xunit;

namespace Punnet.Seccomp.Tests;

public sealed class SeccompCompilerTests
{
    private const string Allow = "SCMP_ACT_ALLOW";
    private const string Errno = "SCMP_ACT_ERRNO";
    private const string Notify = "SCMP_ACT_NOTIFY";

    public static TheoryData<string, Punnet.Spec.Seccomp> Refusals => new()
    {
        { "linux.seccomp.defaultAction: is missing", new Punnet.Spec.Seccomp() },
        { "linux.seccomp.defaultAction: \"ALLOW\" is not an action (SCMP_ACT_*)", Profiles.Of("ALLOW") },
        { "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be the default action", Profiles.Of(Notify) },
        {
            "linux.seccomp.defaultErrnoRet: SCMP_ACT_ALLOW has no errno, only SCMP_ACT_ERRNO and SCMP_ACT_TRACE have",
            Profiles.Of(Allow) with { DefaultErrnoRet = 1 }
        },
        { "linux.seccomp.defaultErrnoRet: 65536 does not fit into 16 bits", Profiles.Of(Errno) with { DefaultErrnoRet = 65536 } },
        {
            "linux.seccomp.architectures[1]: \"SCMP_ARCH_Z80\" is not an architecture (SCMP_ARCH_*)",
            Profiles.Of(Allow) with { Architectures = ["SCMP_ARCH_X86", "SCMP_ARCH_Z80"] }
        },
        {
            "linux.seccomp.architectures[0]: SCMP_ARCH_S390X has another byte order than this machine",
            Profiles.Of(Allow) with { Architectures = ["SCMP_ARCH_S390X"] }
        },
        { "linux.seccomp.flags[0]: \"SECCOMP_FLAG\" is not a flag (SECCOMP_FILTER_FLAG_*)",
            Profiles.Of(Allow) with { Flags = ["SECCOMP_FLAG"] } },
        {
            "linux.seccomp.flags[0]: this kernel does not know SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
            Profiles.Of(Allow) with { Flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"] }
        },
        { "linux.seccomp.syscalls[1].action: is missing", Profiles.Of(Allow, Profiles.Rule(Errno, "read"), new() { Names = ["x"] }) },
        { "linux.seccomp.syscalls[0].action: \"X\" is not an action (SCMP_ACT_*)", Profiles.Of(Allow, Profiles.Rule("X", "read")) },
        {
            "linux.seccomp.syscalls[0].errnoRet: SCMP_ACT_KILL has no errno, only SCMP_ACT_ERRNO and SCMP_ACT_TRACE have",
            Profiles.Of(Allow, Profiles.Rule("SCMP_ACT_KILL", "read") with { ErrnoRet = 1 })
        },
        { "linux.seccomp.syscalls[0].names: is missing: a rule needs at least one system call",
            Profiles.Of(Allow, new SeccompRule { Action = Errno }) },
        { "linux.seccomp.syscalls[0].names[0]: is empty: expected the name of a system call",
            Profiles.Of(Allow, Profiles.Rule(Errno, "")) },
        {
            "linux.seccomp.syscalls[0].args[1].op: \"SCMP_CMP_XX\" is not a comparison (SCMP_CMP_*)",
            Profiles.Of(Allow, Profiles.Rule(Errno, "read", Argument(0), new SeccompArgument(1, 0, 0, "SCMP_CMP_XX")))
        },
        {
            "linux.seccomp.syscalls[0].args[0].op: is missing",
            Profiles.Of(Allow, Profiles.Rule(Errno, "read", new SeccompArgument(1, 0, 0, null)))
        },
        {
            "linux.seccomp.syscalls[0].args[0].index: 6 is not an argument of a system call: expected 0 to 5",
            Profiles.Of(Allow, Profiles.Rule(Errno, "read", Argument(6)))
        },
        {
            "linux.seccomp.syscalls[0].names[0]: SCMP_ACT_NOTIFY cannot be used for the write syscall",
            Profiles.Of(Allow, Profiles.Rule(Notify, "write")) with { ListenerPath = "/agent" }
        },
        { "linux.seccomp.listenerPath: is missing: SCMP_ACT_NOTIFY needs the socket of an agent",
            Profiles.Of(Allow, Profiles.Rule(Notify, "mkdir")) },
    };

    [Fact]
    public void Every_name_that_features_lists_is_taken()
    {
        foreach (string action in SeccompNames.Actions)
        {
            SeccompCompiler.Compile(Profiles.Of(Allow, Profiles.Rule(action, "read")) with { ListenerPath = "/agent" }, Profiles.X86);
        }

        foreach (string comparison in SeccompNames.Operators)
        {
            SeccompCompiler.Compile(
                Profiles.Of(Allow, Profiles.Rule(Errno, "read", new SeccompArgument(1, 0, 0, comparison))), Profiles.X86);
        }

        foreach (string architecture in SeccompNames.Architectures)
        {
            SeccompFacts facts = Profiles.Facts(Profiles.Architecture(architecture));
            SeccompCompiler.Compile(Profiles.Of(Errno) with { Architectures = [architecture] }, facts);
        }

        Assert.Equal(Enum.GetValues<SeccompArchitecture>().Length - 1, SeccompNames.Architectures.Count);
        SeccompFacts newest = Profiles.X86 with { SupportedFlags = (SeccompFilterFlags)uint.MaxValue };
        Punnet.Spec.Seccomp asking = Profiles.Of(Allow, Profiles.Rule(Notify, "read")) with { ListenerPath = "/agent" };
        foreach (string flag in SeccompNames.Flags)
        {
            SeccompCompiler.Compile(asking with { Flags = [flag] }, newest);
        }
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_profile_that_means_nothing_is_refused_with_its_place(string message, Punnet.Spec.Seccomp profile)
    {
        SpecException refusal = Assert.Throws<SpecException>(() => SeccompCompiler.Compile(profile, Profiles.X86));
        Assert.Equal(message, refusal.Message);
    }

    [Fact]
    public void A_filter_longer_than_the_kernel_takes_is_refused()
    {
        List<SeccompRule> rules = [];
        for (ulong i = 0; i < 3000; i++)
        {
            rules.Add(Profiles.Rule(Errno, "ioctl", new SeccompArgument(1, i << 32, 0, "SCMP_CMP_EQ")));
        }

        SpecException refusal = Assert.Throws<SpecException>(() => SeccompCompiler.Compile(Profiles.Of(Allow, [.. rules]), Profiles.X86));
        Assert.Equal("linux.seccomp.syscalls: the filter needs more than the 4096 instructions that the kernel takes", refusal.Message);
    }

    [Fact]
    public void A_long_filter_jumps_over_more_than_255_instructions()
    {
        List<SeccompRule> rules = [];
        for (ulong i = 0; i < 900; i++)
        {
            rules.Add(Profiles.Rule(Errno, i % 2 == 0 ? "ioctl" : "prctl", new SeccompArgument(1, i << 31, 0, "SCMP_CMP_EQ")));
        }

        BpfInstruction[] program = SeccompCompiler.Compile(Profiles.Of(Allow, [.. rules]), Profiles.X86).Program;
        BpfMachine machine = new();
        Assert.Null(BpfVerifier.Problem(program));
        for (ulong i = 0; i < 900; i++)
        {
            Call call = new(i % 2 == 0 ? 16u : 157u, AuditArchitecture.X86_64, [0, i << 31, 0, 0, 0, 0]);
            Assert.Equal(0x50001u, machine.Run(program, call));
            Assert.Equal(0x7fff0000u, machine.Run(program, call with { Arguments = [0, (i << 31) + 1, 0, 0, 0, 0] }));
        }
    }

    public static TheoryData<string[]?, bool, SeccompFilterFlags> FlagTable => new()
    {
        { null, false, SeccompFilterFlags.SpeculationAllow },
        { [], false, SeccompFilterFlags.None },
        { ["SECCOMP_FILTER_FLAG_LOG"], false, SeccompFilterFlags.Log },
        { ["SECCOMP_FILTER_FLAG_TSYNC"], false, SeccompFilterFlags.ThreadSync },
        { ["SECCOMP_FILTER_FLAG_TSYNC"], true, SeccompFilterFlags.NewListener },
        {
            ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "SECCOMP_FILTER_FLAG_LOG"], true,
            SeccompFilterFlags.NewListener | SeccompFilterFlags.WaitKillableReceive | SeccompFilterFlags.Log
        },
        { null, true, SeccompFilterFlags.NewListener | SeccompFilterFlags.SpeculationAllow },
    };

    [Theory]
    [MemberData(nameof(FlagTable))]
    public void Flags_are_what_the_profile_says_and_runc_adds(string[]? flags, bool notifies, SeccompFilterFlags expected)
    {
        Punnet.Spec.Seccomp profile = Profiles.Of(Allow, Profiles.Rule(notifies ? Notify : Errno, "mkdir")) with
        {
            Flags = flags,
            ListenerPath = "/run/agent.sock",
            ListenerMetadata = "web1",
        };
        SeccompFacts facts = Profiles.X86 with
        {
            SupportedFlags = Profiles.X86.SupportedFlags | SeccompFilterFlags.WaitKillableReceive,
        };
        SeccompPlan plan = SeccompCompiler.Compile(profile, facts);
        Assert.Equal(expected, plan.Flags);
        Assert.Equal(notifies, plan.NeedsListener);
        Assert.Equal("/run/agent.sock", plan.ListenerPath);
        Assert.Equal("web1", plan.ListenerMetadata);
    }

    [Fact]
    public void Unknown_names_are_ignored_and_told()
    {
        SeccompPlan plan = SeccompCompiler.Compile(
            Profiles.Of(Allow, new SeccompRule { Names = ["read", "no_such_call"], Action = Errno }), Profiles.X86);
        Assert.Equal(["no_such_call"], plan.IgnoredNames);
        Assert.Equal(0x50001u, Answer(plan, 0));
    }

    public static TheoryData<string, uint?, uint> ActionTable => new()
    {
        { "SCMP_ACT_KILL", null, 0 },
        { "SCMP_ACT_KILL_THREAD", null, 0 },
        { "SCMP_ACT_KILL_PROCESS", null, 0x8000_0000 },
        { "SCMP_ACT_TRAP", null, 0x0003_0000 },
        { Errno, null, 0x0005_0001 },
        { Errno, 38, 0x0005_0026 },
        { "SCMP_ACT_TRACE", null, 0x7ff0_0001 },
        { "SCMP_ACT_TRACE", 7, 0x7ff0_0007 },
        { "SCMP_ACT_LOG", null, 0x7ffc_0000 },
        { Notify, null, 0x7fc0_0000 },
    };

    [Theory]
    [MemberData(nameof(ActionTable))]
    public void Every_action_is_returned_to_the_kernel(string action, uint? errno, uint expected)
    {
        Punnet.Spec.Seccomp profile = Profiles.Of(Allow, Profiles.Rule(action, "mkdir") with { ErrnoRet = errno }) with
        {
            ListenerPath = "/run/agent.sock",
        };
        SeccompPlan plan = SeccompCompiler.Compile(profile, Profiles.X86);
        Assert.Equal(expected, Answer(plan, 83));
        Assert.Equal(0x7fff_0000u, Answer(plan, 84));
    }

    [Fact]
    public void A_rule_without_conditions_ends_those_with_conditions()
    {
        SeccompRule narrow = Profiles.Rule(Errno, "read", Argument(0));
        SeccompRule wide = Profiles.Rule("SCMP_ACT_TRAP", "read");
        Assert.Equal(0x30000u, Answer(SeccompCompiler.Compile(Profiles.Of(Allow, narrow, wide), Profiles.X86), 0));
        Assert.Equal(0x30000u, Answer(SeccompCompiler.Compile(Profiles.Of(Allow, wide, narrow), Profiles.X86), 0));
    }

    [Fact]
    public void Calls_newer_than_the_profile_get_ENOSYS()
    {
        SeccompPlan strict = SeccompCompiler.Compile(Profiles.Of(Errno, Profiles.Rule(Allow, "clone3")), Profiles.X86);
        Assert.Equal(0x50026u, Answer(strict, 436));
        Assert.Equal(0x50001u, Answer(strict, 434));
        SeccompPlan open = SeccompCompiler.Compile(Profiles.Of("SCMP_ACT_LOG", Profiles.Rule(Allow, "clone3")), Profiles.X86);
        Assert.Equal(0x7ffc0000u, Answer(open, 436));
    }

    [Fact]
    public void An_architecture_outside_the_profile_is_killed()
    {
        SeccompPlan plan = SeccompCompiler.Compile(Profiles.Of(Allow, Profiles.Rule(Errno, "read")), Profiles.X86);
        BpfMachine machine = new();
        Assert.Equal(0u, machine.Run(plan.Program, new Call(4, AuditArchitecture.I386, new ulong[6])));
        Assert.Equal(0u, machine.Run(plan.Program, new Call(0x4000_0001, AuditArchitecture.X86_64, new ulong[6])));
        Assert.Equal(0x7fff0000u, machine.Run(plan.Program, new Call(uint.MaxValue, AuditArchitecture.X86_64, new ulong[6])));
    }

    [Fact]
    public void A_profile_without_rules_is_its_default_action()
    {
        SeccompPlan plan = SeccompCompiler.Compile(Profiles.Of(Allow), Profiles.X86);
        Assert.Equal(0x7fff0000u, Answer(plan, 1));
        Assert.Null(BpfVerifier.Problem(plan.Program));
    }

    private static SeccompArgument Argument(uint index) => new(index, 0, 0, "SCMP_CMP_EQ");

    private static uint Answer(SeccompPlan plan, uint number) =>
        new BpfMachine().Run(plan.Program, new Call(number, AuditArchitecture.X86_64, new ulong[6]));
}
