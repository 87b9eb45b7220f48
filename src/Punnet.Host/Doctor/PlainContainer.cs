using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet.Host.Doctor;

/// <summary>
/// The proof: punnet itself runs a container of the config that <c>spec</c> writes. Its root has one program, and lies, with the
/// container's state, in a directory that is removed afterwards.
/// </summary>
internal static class PlainContainer
{
    private const int Proof = 42; // the program's exit status

    private const OpenFlags Fresh = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive;

#if ARM64
    private const byte Machine = 183; // EM_AARCH64
#else
    private const byte Machine = 62; // EM_X86_64
#endif

    // elf(5): a header, one segment that is the whole file, and exit(42).
    private static ReadOnlySpan<byte> Program =>
    [
        0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        2, 0, Machine, 0, 1, 0, 0, 0, 0x78, 0, 0x40, 0, 0, 0, 0, 0,
        64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 0, 0, 0, 0, 0, 0,
        1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0,
        0x84, 0, 0, 0, 0, 0, 0, 0, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0,
#if ARM64
        (Proof & 7) << 5, Proof >> 3, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0, 0, 0xd4, // mov x0, #42; mov x8, #SYS_exit; svc #0
#else
        0xbf, Proof, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05, // mov edi, 42; mov eax, SYS_exit; syscall
#endif
    ];

    /// <summary>Runs it.</summary>
    public static void Run(Findings findings)
    {
        findings.Begin("container");
        Sys.ClockGettime(Clock.Monotonic, out long seconds, out long nanoseconds);
        string name = "punnet-doctor-" + Sys.Getpid().ToString() + "-" + (seconds + nanoseconds).ToString();
        if (!TryMake(name, out string top, out Descriptor parent))
        {
            findings.Missing("a plain container", "no directory to make its root in", "TMPDIR, on a file system without noexec");
            return;
        }

        using Descriptor owned = parent;
        try
        {
            Prepare(top);
            string printed = Execute(top, ["run", "--bundle", top, name], out bool isProven);
            findings.CanRun = isProven && findings.HasState;
            if (isProven)
            {
                string config = "run, with the config.json of punnet spec" + (Sys.Geteuid() == 0 ? "" : " --rootless");
                findings.Of(
                    "a plain container", findings.HasState ? FindingLevel.Ok : FindingLevel.Limited,
                    config + (findings.HasState ? "" : "; but the state directory cannot be written"), null);
                return;
            }

            string[] lines = printed.Trim().Replace("punnet: run: ", "", StringComparison.Ordinal).Split("\nhint: ");
            findings.Missing("a plain container", lines[0], lines.Length > 1 ? lines[1] : null);
            Execute(top, ["delete", "--force", name], out _);
        }
        finally
        {
            TreeRemoval.Remove(parent.Number, CString.Of(name), top);
        }
    }

    private static bool TryMake(string name, out string top, out Descriptor parent)
    {
        foreach (string? directory in (ReadOnlySpan<string?>)
            [Environment.GetEnvironmentVariable("TMPDIR"), "/tmp", "/var/tmp", Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"),
                "/run"])
        {
            const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.Directory;
            if (string.IsNullOrEmpty(directory)
                || Sys.Openat(Sys.WorkingDirectory, CString.Of(directory).WithNul, Flags, 0, out int number) != Errno.None)
            {
                continue;
            }

            parent = new Descriptor(number);
            if (Sys.FstatfsFlags(number, out MountAttributes attributes) == Errno.None
                && (attributes & MountAttributes.NoExec) == MountAttributes.None
                && Sys.Mkdirat(number, CString.Of(name).WithNul, Permissions.Mode0755) == Errno.None)
            {
                top = HostPath.Absolute(directory) + "/" + name;
                return true;
            }

            parent.Dispose();
        }

        (top, parent) = ("", new Descriptor(-1));
        return false;
    }

    private static void Prepare(string top)
    {
        uint user = Sys.Geteuid();
        Config config = user == 0 ? SpecTemplate.Default() : SpecTemplate.Rootless(user, Sys.Getegid());
        config = config with { Process = config.Process! with { Terminal = false, Args = ["/program"], Rlimits = [] } };
        using Descriptor bundle = Descriptor.Open(top, OpenFlags.Path | OpenFlags.Directory);
        Sys.Mkdirat(bundle.Number, "rootfs\0"u8, Permissions.Mode0755).OrThrow("make", top + "/rootfs");
        Write("config.json\0"u8, ConfigWriter.Write(config), Permissions.Mode0644);
        Write("rootfs/program\0"u8, Program, Permissions.Mode0755);

        void Write(ReadOnlySpan<byte> name, ReadOnlySpan<byte> content, uint mode)
        {
            Sys.Openat(bundle.Number, name, Fresh, mode, out int file).OrThrow("make a file in", top);
            using Descriptor made = new(file);
            Sys.WriteAll(file, content).OrThrow("write a file in", top);
        }
    }

    // What the caller's environment says of a service manager is not for this container.
    private static string Execute(string top, List<string> command, out bool isProven)
    {
        List<CString> args = [], env = [];
        foreach (string argument in (List<string>)["punnet", "--root", top + "/state", .. command])
        {
            args.Add(CString.Of(argument));
        }

        foreach (string variable in (ReadOnlySpan<string>)["PATH", "HOME", "USER", "XDG_RUNTIME_DIR"])
        {
            if (Environment.GetEnvironmentVariable(variable) is string value)
            {
                env.Add(CString.Of(variable + "=" + value));
            }
        }

        HookOutcome outcome = HostProgram.Execute("/proc/self/exe", ArgumentBlock.Of(args), ArgumentBlock.Of(env), out string printed);
        isProven = outcome is { Run: Errno.None, HasTimedOut: false, Status: Proof };
        return outcome.Run != Errno.None ? outcome.Run.Words()
            : outcome.HasTimedOut ? "it did not end within 30 seconds"
            : printed.Length > 0 ? printed
            : "its program ended with status " + outcome.Status.ToString();
    }
}
