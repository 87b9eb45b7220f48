using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet;

/// <summary>A process for good: pids come again, a pid with its start time does not.</summary>
/// <param name="Pid">Its pid in punnet's pid namespace.</param>
/// <param name="StartTime">Clock ticks since boot, field 22 of proc_pid_stat(5).</param>
internal readonly record struct ProcessIdentity(int Pid, ulong StartTime)
{
    /// <summary>Looks at a process; null when there is none, or only its zombie.</summary>
    public static ProcessIdentity? TryRead(int pid)
    {
        string? stat = HostFile.TryReadText(Sys.WorkingDirectory, CString.Of("/proc/" + pid.ToString() + "/stat").WithNul);

        // The name in the second field may hold anything, also a parenthesis.
        int end = stat?.LastIndexOf(')') ?? -1;
        if (end < 0)
        {
            return null;
        }

        ReadOnlySpan<char> rest = stat.AsSpan(end + 1);
        const int StateField = 3, StartTimeField = 22;
        ReadOnlySpan<char> state = Field(rest, StateField - 2);
        bool isAlive = state is not ("" or "Z" or "X" or "x");
        return isAlive && ulong.TryParse(Field(rest, StartTimeField - 2), out ulong time) ? new ProcessIdentity(pid, time) : null;
    }

    // The field after so many blanks; empty when there are fewer.
    private static ReadOnlySpan<char> Field(ReadOnlySpan<char> text, int blanks)
    {
        for (int i = 0; i < blanks; i++)
        {
            int blank = text.IndexOf(' ');
            if (blank < 0)
            {
                return [];
            }

            text = text[(blank + 1)..];
        }

        int end = text.IndexOf(' ');
        return end < 0 ? text : text[..end];
    }

    /// <summary>Whether it is still this process.</summary>
    public bool IsAlive() => TryRead(Pid) == this;

    /// <summary>A pidfd of it, or null when it has ended: asked again after opening, so that it is not another one's.</summary>
    public Descriptor? TryOpen()
    {
        if (Sys.OpenProcess(Pid, out int pidfd) != Errno.None)
        {
            return null;
        }

        Descriptor opened = new(pidfd);
        if (IsAlive())
        {
            return opened;
        }

        opened.Dispose();
        return null;
    }
}
