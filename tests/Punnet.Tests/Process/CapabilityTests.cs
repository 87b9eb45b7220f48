using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>The five capability sets, read from /proc/PID/status.</summary>
public sealed class CapabilityTests : ContainerTest
{
    private const ulong Chown = 1ul << 0;
    private const ulong Kill = 1ul << 5;
    private const ulong NetBindService = 1ul << 10;
    private const ulong AuditWrite = 1ul << 29;

    [Fact]
    public void The_default_config_has_three_capabilities()
    {
        Container container = Running(NewContainer());
        Check(container, Kill | NetBindService | AuditWrite, Kill | NetBindService | AuditWrite, Kill | NetBindService | AuditWrite, 0, 0);
    }

    [Fact]
    public void Each_set_is_its_own()
    {
        Container container = NewContainer();
        container.Bundle.Set("process.capabilities", """
            { "bounding": [ "CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE" ], "permitted": [ "CAP_CHOWN", "CAP_KILL" ],
              "effective": [ "CAP_CHOWN", "CAP_KILL" ], "inheritable": [ "CAP_KILL" ], "ambient": [ "CAP_KILL" ] }
            """);
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1000}""");
        // Not root: exec keeps the ambient set only.
        Check(Running(container), Chown | Kill | NetBindService, Kill, Kill, Kill, Kill);
    }

    [Fact]
    public void Without_the_object_every_capability_is_dropped()
    {
        Container container = NewContainer();
        container.Bundle.Remove("process.capabilities");
        Check(Running(container), 0, 0, 0, 0, 0);
    }

    [Fact]
    public void Empty_sets_drop_every_capability()
    {
        Container container = NewContainer();
        container.Bundle.Set("process.capabilities", """{"bounding":[],"effective":[],"permitted":[],"inheritable":[],"ambient":[]}""");
        Check(Running(container), 0, 0, 0, 0, 0);
    }

    [Fact]
    public void Another_user_has_none_without_the_ambient_set()
    {
        Container container = NewContainer();
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1000}""");
        Check(Running(container), Kill | NetBindService | AuditWrite, 0, 0, 0, 0);
    }

    [Fact]
    public void An_unknown_capability_is_ignored_with_a_warning()
    {
        Container container = NewContainer();
        container.Bundle.Capabilities("CAP_KILL", "CAP_NO_SUCH_THING");
        Check(Running(container), Kill, Kill, Kill, 0, 0);
    }

    [Fact]
    public void Every_capability_of_the_test_can_be_given()
    {
        Container container = NewContainer();
        container.Bundle.Capabilities(
            "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
            "CAP_SETPCAP",
            "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK",
            "CAP_IPC_OWNER",
            "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT",
            "CAP_SYS_NICE",
            "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
            "CAP_SETFCAP",
            "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON",
            "CAP_BPF",
            "CAP_CHECKPOINT_RESTORE");
        Running(container);
        ulong own = ProcFile.CapabilitySet(System.Environment.ProcessId, "CapBnd");
        Assert.Equal(own, ProcFile.CapabilitySet(container.Pid, "CapBnd"));
        Assert.Equal(own, ProcFile.CapabilitySet(container.Pid, "CapEff"));
    }

    private static Container Running(Container container)
    {
        container.Sleeps().CreateAndStart();
        Eventually.True(() => ProcFile.CommandLine(container.Pid) is ["sleep", "1000"], "the program runs");
        return container;
    }

    private static void Check(Container container, ulong bounding, ulong effective, ulong permitted, ulong inheritable, ulong ambient)
    {
        int pid = container.Pid;
        Assert.Equal((bounding, effective, permitted, inheritable, ambient), (
            ProcFile.CapabilitySet(pid, "CapBnd"),
            ProcFile.CapabilitySet(pid, "CapEff"),
            ProcFile.CapabilitySet(pid, "CapPrm"),
            ProcFile.CapabilitySet(pid, "CapInh"),
            ProcFile.CapabilitySet(pid, "CapAmb")));
    }
}
