using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>process.terminal: a pseudo-terminal of the container's devpts.</summary>
internal static class Terminal
{
    /// <summary>Opens it, sends its master to the console socket, and makes it the three streams.</summary>
    /// <param name="plan">Size of the terminal.</param>
    /// <param name="context">Has the console socket.</param>
    /// <param name="root">The container's root.</param>
    /// <param name="isContainer">Whether it also becomes /dev/console: for the container, not for an exec.</param>
    /// <param name="report">Reports failures.</param>
    public static void Open(ProcessPlan plan, InitContext context, int root, bool isContainer, InitReport report)
    {
        const OpenFlags Use = OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal;
        const ResolveFlags Strict = ResolveFlags.InRoot | ResolveFlags.NoSymlinks;
        report.Check(InitStep.TerminalOpen, Sys.Openat2(root, "/dev/pts/ptmx\0"u8, Use, 0, Strict, out int master));
        report.Check(InitStep.TerminalOpen, Sys.Fstatfs(master, out long magic));
        if (magic != FileSystemMagic.Devpts)
        {
            report.Fail(InitStep.TerminalOpen, 0, Errno.ENODEV);
        }

        report.Check(InitStep.TerminalOpen, Sys.UnlockPty(master));

        // By descriptor: /dev/pts/N could be anything (CVE-2025-52565).
        report.Check(InitStep.TerminalOpen, Sys.OpenPtyPeer(master, out int terminal));
        if (plan.Rows != 0 || plan.Columns != 0)
        {
            report.Check(InitStep.TerminalOpen, Sys.SetWindowSize(terminal, new TerminalSize(plan.Rows, plan.Columns)));
        }

        if (isContainer)
        {
            MakeConsole(terminal, root, report);
        }

        Send(master, context, report);
        StandardStreams.Use(terminal, report);
        Sys.Close(terminal);
        Sys.Close(master);
    }

    /// <summary>
    /// Starts a session, with standard input as its controlling terminal, if it is one. Without a terminal, the caller's job control does
    /// not reach the program, and an engine can signal its process group.
    /// </summary>
    public static void Lead(ProcessPlan plan, InitReport report)
    {
        report.Check(InitStep.Session, Sys.Setsid());
        if (plan.Terminal)
        {
            report.Check(InitStep.Session, Sys.SetControllingTerminal(0));
        }
    }

    // A link at /dev/console would let the file be made, or the terminal be mounted, anywhere (CVE-2026-88264).
    private static void MakeConsole(int terminal, int root, InitReport report)
    {
        report.Check(InitStep.Console, RootPath.FindOrMake(root, "/dev\0"u8, isDirectory: true, out int dev));
        Errno errno = Sys.Mknodat(dev, "console\0"u8, FileMode.Regular | Permissions.Mode0620, 0, 0);
        if (errno != Errno.EEXIST)
        {
            report.Check(InitStep.Console, errno);
        }

        const ResolveFlags Strict = ResolveFlags.Beneath | ResolveFlags.NoSymlinks;
        report.Check(InitStep.Console, Sys.Openat2(dev, "console\0"u8, OpenFlags.Path, 0, Strict, out int console));
        report.Check(InitStep.Console, Sys.OpenTreeClone(terminal, "\0"u8, recursive: false, out int mount));
        report.Check(InitStep.Console, Sys.MoveMount(mount, console));
        Sys.Close(mount);
        Sys.Close(console);
        Sys.Close(dev);
    }

    private static void Send(int master, InitContext context, InitReport report)
    {
        ReadOnlySpan<byte> prefix = "/dev/pts/"u8;
        Span<byte> name = stackalloc byte[32];
        prefix.CopyTo(name);
        report.Check(InitStep.TerminalSend, Sys.GetPtyNumber(master, out int number));
        System.Buffers.Text.Utf8Formatter.TryFormat(number, name[prefix.Length..], out int digits);
        report.Check(InitStep.TerminalSend, Sys.Sendmsg(context.ConsoleSocket, name[..(prefix.Length + digits)], master));
        Sys.Close(context.ConsoleSocket);
    }
}
