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

        string[] fields = stat![(end + 2)..].Split(' ');
        const int State = 0, StartTimeField = 22 - 3;
        bool isAlive = fields.Length > StartTimeField && fields[State] is not ("Z" or "X" or "x");
        return isAlive && ulong.TryParse(fields[StartTimeField], out ulong time) ? new ProcessIdentity(pid, time) : null;
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
