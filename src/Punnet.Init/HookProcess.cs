using System;
using System.Runtime.InteropServices;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>How a hook went.</summary>
/// <param name="Run">Why it could not be run at all, or none.</param>
/// <param name="HasTimedOut">Whether it ran too long, and was killed.</param>
/// <param name="Status">Exit status, 128 + signal when killed.</param>
public readonly record struct HookOutcome(Errno Run, bool HasTimedOut, int Status);

/// <summary>config.md#posix-platform-hooks: one hook, as a child of whoever calls. Allocates nothing: init calls it too.</summary>
public static class HookProcess
{
    /// <summary>Runs a hook to its end.</summary>
    /// <param name="hook">The hook.</param>
    /// <param name="state">Memory file with the container's state: its standard input.</param>
    /// <param name="output">File for what it prints.</param>
    /// <param name="errors">File for what it prints to standard error; may be the same.</param>
    /// <param name="directory">Its working directory, or -1 for the caller's.</param>
    public static HookOutcome Run(HookMaterial hook, int state, int output, int errors, int directory)
    {
        Errno errno = Sys.Pipe(out int result, out int report);
        if (errno != Errno.None)
        {
            return new HookOutcome(errno, false, 0);
        }

        errno = Sys.Clone(CloneFlags.None, cgroup: -1, out int pid, out int pidfd);
        if (errno == Errno.None && pid == 0)
        {
            errno = Become(hook, state, output, errors, directory);
            Sys.WriteAll(report, MemoryMarshal.AsBytes(new ReadOnlySpan<Errno>(in errno)));
            Sys.Exit(1);
        }

        Sys.Close(report);
        HookOutcome outcome = errno == Errno.None ? Watch(hook, pidfd, result) : new HookOutcome(errno, false, 0);
        Sys.Close(result);
        if (pidfd >= 0)
        {
            Sys.Close(pidfd);
        }

        return outcome;
    }

    private static HookOutcome Watch(HookMaterial hook, int pidfd, int result)
    {
        bool hasEnded = true;
        Errno errno = Errno.None;
        if (hook.TimeoutSeconds > 0)
        {
            errno = Sys.WaitReadable(pidfd, hook.TimeoutSeconds * 1000, out hasEnded);
        }

        if (!hasEnded)
        {
            Sys.SendSignal(pidfd, (int)Signal.Kill);
        }

        Errno wait = Sys.WaitForExit(pidfd, out int status);
        Errno run = Errno.None;
        Sys.Read(result, MemoryMarshal.AsBytes(new Span<Errno>(ref run)), out _);
        errno = run != Errno.None ? run : errno != Errno.None ? errno : wait;
        return new HookOutcome(errno, !hasEnded, status);
    }

    private static Errno Become(HookMaterial hook, int state, int output, int errors, int directory)
    {
        // A hook ends with who waits for it.
        Sys.Control(ProcessControl.SetParentDeathSignal, (int)Signal.Kill);
        Errno errno = Sys.Rewind(state);
        if (errno == Errno.None)
        {
            errno = Sys.Duplicate(state, 0);
        }

        if (errno == Errno.None)
        {
            errno = Sys.Duplicate(output, 1);
        }

        if (errno == Errno.None)
        {
            errno = Sys.Duplicate(errors, 2);
        }

        if (errno == Errno.None && directory >= 0)
        {
            errno = Sys.ChangeDirectory(directory);
        }

        if (errno != Errno.None)
        {
            return errno;
        }

        Sys.CloseRange(3, uint.MaxValue, onlyAtExec: true);
        Sys.ResetSignals();
        Sys.UnblockSignals();
        return Sys.Execute(hook.Path.WithNul, hook.Args, hook.Env);
    }
}
