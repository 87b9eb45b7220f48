using System;
using System.Runtime.InteropServices;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>The outcome of a hook.</summary>
/// <param name="Run">Why it could not be run, or None.</param>
/// <param name="HasTimedOut">Whether it was killed after its timeout.</param>
/// <param name="Status">The exit status, or 128 + signal when killed by one.</param>
public readonly record struct HookOutcome(Errno Run, bool HasTimedOut, int Status)
{
    /// <summary>Whether it was killed because its runner was interrupted.</summary>
    public bool IsInterrupted { get; init; }
}

/// <summary>config.md#posix-platform-hooks: one hook, as a child of the caller. Allocates nothing: init calls it too.</summary>
public static class HookProcess
{
    /// <summary>Runs a hook to its end.</summary>
    /// <param name="hook">The hook.</param>
    /// <param name="state">memfd with the container's state: its standard input.</param>
    /// <param name="output">Its standard output.</param>
    /// <param name="errors">Its standard error; may be the same file.</param>
    /// <param name="directory">Its working directory, or -1 for the caller's.</param>
    /// <param name="interruption">When this becomes readable, the hook is killed; or -1.</param>
    public static HookOutcome Run(PreparedHook hook, int state, int output, int errors, int directory, int interruption = -1)
    {
        Errno errno = Sys.Pipe2(out int result, out int report);
        if (errno != Errno.None)
        {
            return new HookOutcome(errno, false, 0);
        }

        errno = Sys.Clone3(CloneFlags.None, cgroup: -1, out int pid, out int pidfd);
        if (errno == Errno.None && pid == 0)
        {
            errno = Become(hook, state, output, errors, directory);
            Sys.WriteAll(report, MemoryMarshal.AsBytes(new ReadOnlySpan<Errno>(in errno)));
            Sys.ExitGroup(1);
        }

        Sys.Close(report);
        HookOutcome outcome = errno == Errno.None ? Watch(hook, pidfd, pid, result, interruption) : new HookOutcome(errno, false, 0);
        Sys.Close(result);
        if (pidfd >= 0)
        {
            Sys.Close(pidfd);
        }

        return outcome;
    }

    private static HookOutcome Watch(PreparedHook hook, int pidfd, int pid, int result, int interruption)
    {
        bool hasEnded = true, isInterrupted = false;
        Errno errno = Errno.None;
        if (hook.TimeoutSeconds > 0 || interruption >= 0)
        {
            Span<PollDescriptor> ends =
            [
                new PollDescriptor { Descriptor = pidfd, Wanted = PollEvents.In },
                new PollDescriptor { Descriptor = interruption, Wanted = PollEvents.In },
            ];
            errno = Sys.Ppoll(ends, hook.TimeoutSeconds > 0 ? hook.TimeoutSeconds * 1000 : -1);
            hasEnded = ends[0].Found != PollEvents.None;
            isInterrupted = !hasEnded && ends[1].Found != PollEvents.None;
        }

        if (!hasEnded)
        {
            Sys.PidfdSendSignal(pidfd, pid, (int)Signal.Kill);
        }

        Errno wait = Sys.Waitid(pidfd, out int status);
        Errno run = Errno.None;
        Sys.Read(result, MemoryMarshal.AsBytes(new Span<Errno>(ref run)), out _);
        errno = run != Errno.None ? run : errno != Errno.None ? errno : wait;
        return new HookOutcome(errno, !hasEnded && !isInterrupted, status) { IsInterrupted = isInterrupted };
    }

    private static Errno Become(PreparedHook hook, int state, int output, int errors, int directory)
    {
        // A hook is killed when its caller exits.
        Sys.Prctl(ProcessControl.SetParentDeathSignal, (int)Signal.Kill);
        Errno errno = Sys.Rewind(state);
        if (errno == Errno.None)
        {
            errno = Sys.Dup3(state, 0);
        }

        if (errno == Errno.None)
        {
            errno = Sys.Dup3(output, 1);
        }

        if (errno == Errno.None)
        {
            errno = Sys.Dup3(errors, 2);
        }

        if (errno == Errno.None && directory >= 0)
        {
            errno = Sys.Chdir(directory);
        }

        if (errno != Errno.None)
        {
            return errno;
        }

        KeepFromHook();
        Sys.ResetSignals(hook.IgnoredSignals);
        Sys.UnblockSignals();
        return Sys.Execve(hook.Path.WithNul, hook.Args, hook.Env);
    }

    // A hook gets its three streams only. punnet's descriptors are close-on-exec; this closes those that its caller left open.
    private static void KeepFromHook()
    {
        const int LastInherited = 0xffff;
        if (Sys.CloseRange(3, uint.MaxValue, onlyAtExec: true).IsOfFilter())
        {
            for (int descriptor = 3; descriptor <= LastInherited; descriptor++)
            {
                Sys.SetCloexec(descriptor);
            }
        }
    }
}
