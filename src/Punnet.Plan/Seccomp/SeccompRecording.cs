using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>The profiles before and after a recorded run.</summary>
public static class SeccompRecording
{
    // What a new process still calls once the filter is loaded: by run, by create and start, and by exec. With no_new_privs the filter is
    // loaded right before execve(2). The last two are made for a program: rt_sigreturn(2), restart_syscall(2).
    private static string[] Always => ["execve", "exit", "exit_group", "restart_syscall", "rt_sigreturn"];

    private static string[] WithPrivileges =>
    [
        "capset", "clone", "close", "close_range", "faccessat2", "ioctl", "ppoll", "prctl", "prlimit64", "read", "rt_sigaction",
        "rt_sigprocmask", "setgroups", "setresgid", "setresuid", "setsid", "signalfd4", "statx", "umask", "write",
    ];

    /// <summary>A profile that allows every call of the machine, for a config.json without one.</summary>
    public static Punnet.Spec.Seccomp Everything(SeccompArchitecture native) => new()
    {
        DefaultAction = "SCMP_ACT_ALLOW",
        Architectures = native switch
        {
            SeccompArchitecture.X86_64 => [Word(SeccompArchitecture.X86), Word(SeccompArchitecture.X32)],
            SeccompArchitecture.AArch64 => [Word(SeccompArchitecture.Arm)],
            _ => [],
        },
    };

    /// <summary>The profile that allows what was recorded, and what punnet needs to start the program under it.</summary>
    /// <param name="recorded">By the index of the name: what the program has called.</param>
    /// <param name="architectures">The conventions that it has used.</param>
    /// <param name="noNewPrivileges">process.noNewPrivileges.</param>
    public static Punnet.Spec.Seccomp Profile(
        bool[] recorded, IReadOnlyList<SeccompArchitecture> architectures, bool noNewPrivileges)
    {
        foreach (string own in noNewPrivileges ? Always : [.. Always, .. WithPrivileges])
        {
            recorded[SyscallTable.IndexOf(own)] = true;
        }

        List<string> names = [], words = [];
        for (int i = 0; i < recorded.Length; i++)
        {
            if (recorded[i])
            {
                names.Add(Encoding.ASCII.GetString(SyscallTable.NameAt(i)));
            }
        }

        foreach (SeccompArchitecture architecture in architectures)
        {
            words.Add(Word(architecture));
        }

        return new Punnet.Spec.Seccomp
        {
            DefaultAction = "SCMP_ACT_ERRNO",
            Architectures = words,
            Syscalls = [new SeccompRule { Names = names, Action = "SCMP_ACT_ALLOW" }],
        };
    }

    private static string Word(SeccompArchitecture architecture) => "SCMP_ARCH_" + architecture.ToString().ToUpperInvariant();
}
