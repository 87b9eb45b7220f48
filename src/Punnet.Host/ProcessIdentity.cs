using System;
using System.Buffers.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>A unique process: a pid is used again, a pid with its start time is not.</summary>
/// <param name="Pid">Its pid in punnet's pid namespace.</param>
/// <param name="StartTime">Clock ticks since boot, field 22 of proc_pid_stat(5).</param>
public readonly record struct ProcessIdentity(int Pid, ulong StartTime)
{
    private const int Longest = 1200; // The name has 16 bytes, and none of the 52 numbers more than 20 digits.
    private const int StartTimeField = 22;
    private const int LongestPath = 28; // /proc/, 11 characters of a number, /ns/user and a NUL

    /// <summary>Reads "PID STARTTIME"; null when it is something else.</summary>
    public static ProcessIdentity? Parse(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out int pid, out int digits) && digits < text.Length && text[digits] == (byte)' '
            && TryParse(text[(digits + 1)..], out ulong time)
            ? new ProcessIdentity(pid, time)
            : null;

    /// <summary>Looks at a process; null when it does not exist, or is a zombie.</summary>
    /// <exception cref="SysException">The kernel does not tell.</exception>
    /// <exception cref="PunnetException">It exists, but cannot be read further.</exception>
    public static ProcessIdentity? TryRead(int pid)
    {
        Span<byte> buffer = stackalloc byte[Longest];
        ReadOnlySpan<byte> rest = Read(pid, buffer);
        const int StateField = 3;
        ReadOnlySpan<byte> state = Field(rest, StateField - 2);
        bool isAlive = state is not ([] or [(byte)'Z'] or [(byte)'X'] or [(byte)'x']);
        return isAlive && TryParse(Field(rest, StartTimeField - 2), out ulong time) ? new ProcessIdentity(pid, time) : null;
    }

    /// <summary>
    /// Whether a process that has ended, and was not waited for yet, has not executed one instruction: it has touched no memory.
    /// </summary>
    public static bool HasNeverRun(int pid)
    {
        const int FaultField = 10;
        Span<byte> buffer = stackalloc byte[Longest];
        return Field(Read(pid, buffer), FaultField - 2) is [(byte)'0'];
    }

    /// <summary>
    /// Whether it has ended, or is in do_exit: the first process of a pid namespace has left everything else when it still waits there for
    /// the others (pid_namespaces(7)).
    /// </summary>
    public bool IsExiting()
    {
        const int FlagsField = 9;
        const ulong Exiting = 0x4; // PF_EXITING, which a zombie has too
        Span<byte> buffer = stackalloc byte[Longest];
        ReadOnlySpan<byte> rest = Read(Pid, buffer);
        return !TryParse(Field(rest, FlagsField - 2), out ulong flags) || (flags & Exiting) != 0
            || !TryParse(Field(rest, StartTimeField - 2), out ulong time) || time != StartTime;
    }

    /// <summary>
    /// How a process ended that nobody has waited for: proc_pid_stat(5), exit_code; 0 to 255 as exited, 128 + signal when killed.
    /// </summary>
    /// <returns>Null when it was waited for, when another thread of it still runs, and where this user may not know.</returns>
    public int? TryReadExitStatus()
    {
        const int StateField = 3, ThreadsField = 20, ExitField = 52, SignalBits = 0x7F, CodeShift = 8;
        Span<byte> path = stackalloc byte[LongestPath];
        Span<byte> target = stackalloc byte[1];
        WritePath(Pid, "/ns/user\0"u8, path);

        // Who may not trace it (PTRACE_MODE_READ_FSCREDS) finds a 0 in the field, and cannot read this link either.
        if (Sys.Readlinkat(Sys.WorkingDirectory, path, target, out _) != Errno.None)
        {
            return null;
        }

        Span<byte> buffer = stackalloc byte[Longest];
        ReadOnlySpan<byte> rest = Read(Pid, buffer);
        return Field(rest, StateField - 2) is [(byte)'Z'] && Field(rest, ThreadsField - 2) is [(byte)'1']
            && TryParse(Field(rest, StartTimeField - 2), out ulong time) && time == StartTime
            && Utf8Parser.TryParse(Field(rest, ExitField - 2), out int wait, out _)
                ? (wait & SignalBits) == 0 ? wait >> CodeShift : 128 + (wait & SignalBits)
                : null;
    }

    // /proc/PID/stat from the third field on, with a blank before it; empty without such a process.
    private static ReadOnlySpan<byte> Read(int pid, Span<byte> buffer)
    {
        Span<byte> path = stackalloc byte[LongestPath];
        WritePath(pid, "/stat\0"u8, path);
        Errno errno = HostFile.ReadStart(Sys.WorkingDirectory, path, buffer, out int count);
        if (errno.IsMissing())
        {
            // Another file system than proc there, or one with hidepid, shows no process that lives.
            return pid <= 0 || Sys.ProbeProcess(pid) != Errno.None ? default
                : throw new PunnetException("cannot look at process " + pid.ToString() + ": it is there, but /proc does not show it");
        }

        if (errno != Errno.None)
        {
            throw new SysException(errno, "look at process " + pid.ToString());
        }

        // The name in the second field may hold anything, also a parenthesis.
        ReadOnlySpan<byte> stat = buffer[..count];
        int end = stat.LastIndexOf((byte)')');
        return end < 0 ? default : stat[(end + 1)..];
    }

    private static void WritePath(int pid, ReadOnlySpan<byte> file, Span<byte> path)
    {
        "/proc/"u8.CopyTo(path);
        Utf8Formatter.TryFormat(pid, path["/proc/".Length..], out int digits);
        file.CopyTo(path[("/proc/".Length + digits)..]);
    }

    private static bool TryParse(ReadOnlySpan<byte> text, out ulong number) =>
        Utf8Parser.TryParse(text, out number, out int digits) && digits == text.Length;

    // The field after so many blanks; empty when there are fewer.
    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> text, int blanks)
    {
        for (int i = 0; i < blanks; i++)
        {
            int blank = text.IndexOf((byte)' ');
            if (blank < 0)
            {
                return [];
            }

            text = text[(blank + 1)..];
        }

        int end = text.IndexOf((byte)' ');
        return end < 0 ? text : text[..end];
    }

    /// <summary>Whether it is still this process.</summary>
    public bool IsAlive() => TryRead(Pid) == this;

    /// <summary>A pidfd of it, or null when it has ended: checked again after opening, so it is not that of another process.</summary>
    /// <exception cref="SysException">The kernel does not tell.</exception>
    public Descriptor? TryOpen()
    {
        Descriptor? opened = TryOpen(Pid);
        if (opened is null || IsAlive())
        {
            return opened;
        }

        opened.Dispose();
        return null;
    }

    /// <summary>A pidfd of whatever process has a number now, or null when none has it.</summary>
    /// <exception cref="SysException">The kernel does not tell.</exception>
    public static Descriptor? TryOpen(int pid)
    {
        // EINVAL, ENOENT: the number now belongs to a thread.
        Errno errno = Sys.PidfdOpen(pid, out int pidfd);
        if (errno == Errno.EINVAL || errno.IsMissing())
        {
            return null;
        }

        errno.OrThrow("open the container's first process");
        return new Descriptor(pidfd);
    }
}
