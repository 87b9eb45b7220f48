using System;
using System.Runtime.InteropServices;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Doctor;

/// <summary>The system calls that are newer than Linux 4.18, as docs/security.md has them: each is made.</summary>
internal static class SystemCallTrials
{
    private const string Newer = "a newer kernel, or an outer seccomp filter that allows it";

    /// <summary>Tries them.</summary>
    public static void Run(Findings findings)
    {
        findings.Begin("system calls");
        Call("openat2", SyscallNumber.Openat2, "paths in a root are walked one component at a time");
        Call("statx", SyscallNumber.Statx, "newfstatat is used");
        Call("faccessat2", SyscallNumber.Faccessat2, "faccessat is used");
        Call("clone3", SyscallNumber.Clone3, "clone is used, and the new process enters its cgroup itself");
        Call("close_range", SyscallNumber.CloseRange, "descriptors are closed one by one");
        Call("pidfd_open", SyscallNumber.PidfdOpen, null);
        Call("pidfd_send_signal", SyscallNumber.PidfdSendSignal, "kill is used");
        Call("pidfd_getfd", SyscallNumber.PidfdGetfd, null);
        Mounts(findings);
        Errno errno = Sys.KnowsMemoryMap() ? Errno.None : Errno.EINVAL;
        findings.Tried(
            "prctl PR_SET_MM_MAP", new TrialAnswer((int)errno), "punnet leaves its own file", "a kernel with CONFIG_CHECKPOINT_RESTORE",
            "punnet runs from a sealed copy of itself");
        Seccomp(findings);
        Devices(findings);
        Errno landlock = Sys.LandlockVersion(out int version);
        findings.Tried(
            "landlock", new TrialAnswer((int)landlock), "version " + version.ToString() + " (programs may use it, punnet does not)",
            "a kernel with CONFIG_SECURITY_LANDLOCK, and landlock in the parameter lsm=");

        void Call(string name, SyscallNumber number, string? fallback)
        {
            Errno answer = Sys.Answer(number);
            findings.Tried(name, new TrialAnswer(answer.IsOfFilter() ? (int)answer : 0), "answers", Newer, fallback);
        }
    }

    // The kernel checks rights before arguments, so they are asked where punnet has the rights.
    private static void Mounts(Findings findings)
    {
        const string Fallback = "mount is used: without id maps, layers and recursive attributes";
        CloneFlags flags = Trial.Rights | CloneFlags.NewMount;
        TrialAnswer isAllowed = Trial.Run(flags, TrialStep.LeaveMounts);
        if (!isAllowed.IsOk)
        {
            findings.Missing("mount calls", isAllowed.Words + ": no mount namespace to try them in", "see namespaces");
            return;
        }

        foreach ((string name, SyscallNumber number) in (ReadOnlySpan<(string, SyscallNumber)>)
            [("open_tree", SyscallNumber.OpenTree), ("move_mount", SyscallNumber.MoveMount), ("fsopen", SyscallNumber.Fsopen),
                ("fsconfig", SyscallNumber.Fsconfig), ("fsmount", SyscallNumber.Fsmount), ("fspick", SyscallNumber.Fspick),
                ("mount_setattr", SyscallNumber.MountSetattr)])
        {
            TrialAnswer answer = Trial.Run(flags, TrialStep.Ask, number);
            findings.Tried(name, answer, "answers", Newer, Fallback);
        }

        findings.Tried("a new mount", Trial.Run(flags, TrialStep.Mount), "made, changed and attached", Newer, Fallback);
    }

    private static void Seccomp(Findings findings)
    {
        findings.Tried(
            "seccomp filter", Trial.Run(CloneFlags.None, TrialStep.LoadFilter), "loaded",
            "a kernel with CONFIG_SECCOMP_FILTER");
        TrialAnswer answer = Trial.Run(CloneFlags.None, TrialStep.LoadListener);
        findings.Tried(
            "seccomp notification", answer, "SCMP_ACT_NOTIFY and --seccomp-log work",
            answer.Errno == Errno.EBUSY ? "the filter around punnet has a listener, and there can be only one" : Newer);
        bool isKillable = Sys.KnowsSeccompFlags(SeccompFilterFlags.NewListener | SeccompFilterFlags.WaitKillableReceive);
        findings.Tried(
            "seccomp WAIT_KILLABLE_RECV", new TrialAnswer(isKillable ? 0 : (int)Errno.EINVAL), "known", Newer,
            "a signal can have a call reported twice");
    }

    private static void Devices(Findings findings)
    {
        ReadOnlySpan<EbpfInstruction> allow = [new(EbpfCode.MoveConstant, 0, 0, 1), new(EbpfCode.Exit, 0, 0, 0)];
        Errno errno = Sys.BpfProgLoad(MemoryMarshal.AsBytes(allow), out int program);
        Sys.Close(program);
        findings.Tried(
            "bpf device program", new TrialAnswer((int)errno), "loaded: linux.resources.devices are enforced",
            errno == Errno.EPERM ? "punnet needs CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, on the host"
                : "a kernel with CONFIG_CGROUP_BPF",
            "linux.resources.devices are not enforced");
    }
}
