using System;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Cgroups;

/// <summary>Waits for events of a cgroup: its end, and programs killed by the OOM killer.</summary>
public sealed class CgroupWatch : IDisposable
{
    // The kernel reports the second of two changes within 10 ms later, and not at all if the cgroup has been removed meanwhile.
    private const int LongestWait = 1000; // milliseconds

    private readonly Descriptor _events;
    private readonly Descriptor _memory;
    private long _kills;

    /// <summary>Starts to watch.</summary>
    /// <exception cref="SysException">The cgroup is gone.</exception>
    public CgroupWatch(CgroupDirectory cgroup)
    {
        Sys.Openat(cgroup.Number, "cgroup.events\0"u8, OpenFlags.ReadOnly, 0, out int events)
            .OrThrow("open", cgroup.Path + "/cgroup.events");
        _events = new Descriptor(events);

        // Without the controller no process is killed for its limit. The descriptor is then -1, which poll(2) ignores.
        Sys.Openat(cgroup.Number, "memory.events\0"u8, OpenFlags.ReadOnly, 0, out int memory);
        _memory = new Descriptor(memory);
        _kills = Kills();
    }

    /// <summary>Whether no process is left, or the cgroup itself is gone.</summary>
    public bool HasEnded() => Value(_events, "populated ") is null or 0;

    /// <summary>Whether a program was killed for want of memory since the last time that this was asked.</summary>
    public bool HasOomKill()
    {
        long before = _kills;
        _kills = Math.Max(Kills(), before);
        return _kills > before;
    }

    /// <summary>Waits until an event, the end of the time, or the moment for another look.</summary>
    /// <param name="milliseconds">Longest wait.</param>
    /// <param name="output">Where the events are written: the loss of its reader is an event too.</param>
    /// <returns>False when the reader is gone.</returns>
    public bool Wait(long milliseconds, int output)
    {
        Span<PollDescriptor> ends =
        [
            new PollDescriptor { Descriptor = _events.Number, Wanted = PollEvents.Priority },
            new PollDescriptor { Descriptor = _memory.Number, Wanted = PollEvents.Priority },
            new PollDescriptor { Descriptor = output, Wanted = PollEvents.None },
        ];
        Sys.Ppoll(ends, Math.Min(milliseconds, LongestWait)).OrThrow("wait for events");
        return ends[2].Found == PollEvents.None;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _events.Dispose();
        _memory.Dispose();
    }

    private long Kills() => Value(_memory, "oom_kill ") ?? 0;

    // Reading also resets what poll(2) reports.
    private static long? Value(Descriptor file, string key)
    {
        Span<byte> buffer = stackalloc byte[1024];
        if (file.Number < 0 || Sys.Rewind(file.Number) != Errno.None || Sys.Read(file.Number, buffer, out int count) != Errno.None)
        {
            return null;
        }

        foreach (string line in Encoding.UTF8.GetString(buffer[..count]).Split('\n'))
        {
            if (line.StartsWith(key, StringComparison.Ordinal) && long.TryParse(line.AsSpan(key.Length), out long value))
            {
                return value;
            }
        }

        return null;
    }
}
