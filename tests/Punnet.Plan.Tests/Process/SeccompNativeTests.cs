using System;
using Punnet.Abi;
using Punnet.Spec;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>A filter is made for the machine that it will be loaded on.</summary>
public sealed class SeccompNativeTests
{
    [Theory]
    [InlineData(SeccompArchitecture.X86_64, AuditArchitecture.X86_64)]
    [InlineData(SeccompArchitecture.AArch64, AuditArchitecture.AArch64)]
    [InlineData(SeccompArchitecture.RiscV64, AuditArchitecture.RiscV64)]
    [InlineData(SeccompArchitecture.S390X, AuditArchitecture.S390X)]
    public void The_hosts_calling_convention_is_covered_without_being_named(SeccompArchitecture native, AuditArchitecture audit)
    {
        Linux linux = new()
        {
            Seccomp = new Spec.Seccomp
            {
                DefaultAction = "SCMP_ACT_ALLOW",
                Syscalls = [new SeccompRule { Names = ["sync"], Action = "SCMP_ACT_ERRNO" }],
            },
        };
        SeccompPlan plan = Planner.PlanExec(new Config { Linux = linux }, Planning.Process, "process",
            Plans.Host with { Architecture = native }, ownsUser: false).Seccomp!;
        foreach (AuditArchitecture one in new[] { AuditArchitecture.X86_64, AuditArchitecture.AArch64, AuditArchitecture.RiscV64,
            AuditArchitecture.S390X })
        {
            Assert.Equal(one == audit,
                Array.Exists(plan.Program, instruction => instruction.Code == BpfCode.JumpIfEqual && instruction.K == (uint)one));
        }
    }
}
