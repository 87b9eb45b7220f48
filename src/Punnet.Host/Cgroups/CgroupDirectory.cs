using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Cgroups;

/// <summary>A container's cgroup: a directory, used through its descriptor.</summary>
public sealed class CgroupDirectory : IDisposable
{
    private const string Empty = "populated 0";

    private Descriptor _directory;
    private int _firstMade = -1; // the length of the shortest part of the path that was made
    private bool _isNew;

    private CgroupDirectory(string mount, string path, Descriptor directory)
    {
        Path = mount + path;
        BelowMount = path;
        _directory = directory;
    }

    /// <summary>Its path on the host, the mount point included.</summary>
    public string Path { get; }

    /// <summary>Its path below the mount point.</summary>
    public string BelowMount { get; }

    /// <summary>Its descriptor, for clone3(2).</summary>
    public int Number => _directory.Number;

    /// <summary>Opens a container's cgroup, or null when it is gone.</summary>
    /// <exception cref="SysException">The kernel does not tell.</exception>
    public static CgroupDirectory? TryOpen(string path)
    {
        string mount = CgroupMount.Find();
        Errno errno = Sys.Openat(
            Sys.WorkingDirectory, CString.Of(mount + path).WithNul, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out int directory);
        if (errno.IsMissing())
        {
            return null;
        }

        errno.OrThrow("open the cgroup", mount + path);
        return new CgroupDirectory(mount, path, new Descriptor(directory));
    }

    /// <summary>Makes a container's cgroup and the missing ones above it. After an error nothing of it is left.</summary>
    /// <param name="path">Its path below the mount.</param>
    /// <param name="isUsed">Whether it may already exist, with processes in it or below.</param>
    /// <exception cref="SysException">It cannot be made.</exception>
    /// <exception cref="PunnetException">It is there, and in use or frozen.</exception>
    public static CgroupDirectory Make(string path, bool isUsed = false)
    {
        CgroupDirectory cgroup = new(CgroupMount.Find(), path, new Descriptor(-1));
        try
        {
            cgroup.MakePath();
            cgroup._directory = Descriptor.Open(cgroup.Path, OpenFlags.ReadOnly | OpenFlags.Directory);
            if (!cgroup._isNew && !isUsed)
            {
                cgroup.CheckUnused();
            }

            return cgroup;
        }
        catch
        {
            cgroup.Unmake();
            cgroup.Dispose();
            throw;
        }
    }

    /// <summary>Removes what <see cref="Make"/> has made, also above it, unless other cgroups are in it now.</summary>
    public void Unmake()
    {
        int mount = Path.Length - BelowMount.Length;
        for (int end = BelowMount.Length; _firstMade > 0 && end >= _firstMade; end = BelowMount.LastIndexOf('/', end - 1))
        {
            Sys.Unlinkat(Sys.WorkingDirectory, CString.Of(Path[..(mount + end)]).WithNul, isDirectory: true);
        }
    }

    /// <summary>Loads a device program and puts it on the cgroup; before any process is in it.</summary>
    /// <param name="instructions">The program.</param>
    /// <returns>False without the permission to load one: punnet lacks CAP_BPF on the host.</returns>
    /// <exception cref="SysException">The kernel refuses it for another reason.</exception>
    public bool RestrictDevices(ImmutableArray<EbpfInstruction> instructions)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(instructions.AsSpan());
        Errno errno = Sys.BpfProgLoad(bytes, out int program);
        if (errno == Errno.EPERM)
        {
            return false;
        }

        errno.OrThrow("load the device program of the cgroup", Path);
        using Descriptor owned = new(program);
        Sys.BpfProgAttach(Number, program).OrThrow("attach the device program to the cgroup", Path);
        return true;
    }

    /// <summary>Every process in it and below, by their pids in punnet's pid namespace.</summary>
    public List<int> Processes()
    {
        List<int> pids = [];
        Collect(Number, pids);
        return pids;
    }

    /// <summary>Kills every process in it and below at once; not in a threaded one, nor before Linux 5.14.</summary>
    public Errno TryKill() => TryWrite("cgroup.kill", "1"u8);

    /// <summary>Kills every process in it and below, where the kernel does not do that, one by one.</summary>
    public void Kill()
    {
        Errno errno = TryKill();
        if (errno.IsShortage())
        {
            errno.OrThrow("write", Path + "/cgroup.kill");
        }

        if (errno is Errno.EOPNOTSUPP or Errno.ENOENT)
        {
            Send(Processes(), (int)Signal.Kill);
        }
    }

    /// <summary>Sends a signal to processes.</summary>
    /// <exception cref="SysException">One cannot be opened, though it is there.</exception>
    public static void Send(List<int> pids, int signal)
    {
        foreach (int pid in pids)
        {
            Errno errno = Sys.PidfdOpen(pid, out int pidfd);
            if (!errno.IsMissing())
            {
                errno.OrThrow("open process", pid.ToString());
                using Descriptor process = new(pidfd);
                Sys.PidfdSendSignal(pidfd, pid, signal);
            }
        }
    }

    /// <summary>Makes it take processes where one above it is threaded: it is so too then, without controllers of whole domains.</summary>
    public bool TryMakeThreaded() => TryWrite("cgroup.type", "threaded"u8) == Errno.None;

    /// <summary>Moves a process of the container into it: waits for all processors, some milliseconds.</summary>
    /// <exception cref="SysException">It may not be entered.</exception>
    public void Enter(int pid) =>
        TryEnter(pid).OrThrow("move the container into the cgroup", Path);

    /// <summary>The same; EBUSY where it gives controllers to others below it.</summary>
    public Errno TryEnter(int pid)
    {
        Errno errno = TryWrite("cgroup.procs", Encoding.ASCII.GetBytes(pid.ToString()));
        return errno == Errno.EOPNOTSUPP && TryMakeThreaded() ? TryEnter(pid) : errno;
    }

    /// <summary>Whether a cgroup is there and frozen.</summary>
    /// <param name="path">Its path below the mount.</param>
    public static bool IsFrozen(string path)
    {
        CString events = CString.Of(CgroupMount.Find() + path + "/cgroup.events");
        return IsFrozen(Sys.WorkingDirectory, events.WithNul);
    }

    /// <summary>Whether a cgroup is there and frozen.</summary>
    /// <param name="directory">Where a relative path starts.</param>
    /// <param name="events">Path of its cgroup.events, with a NUL.</param>
    public static bool IsFrozen(int directory, ReadOnlySpan<byte> events)
    {
        Span<byte> buffer = stackalloc byte[128];
        return HostFile.TryRead(directory, events, buffer, out int count) && buffer[..count].IndexOf("frozen 1"u8) >= 0;
    }

    /// <summary>Freezes or thaws it, and waits for completion.</summary>
    /// <exception cref="PunnetException">The kernel does not finish it within 10 seconds.</exception>
    public void Freeze(bool freeze)
    {
        Errno errno = TryWrite("cgroup.freeze", freeze ? "1"u8 : "0"u8);
        errno.OrThrow("write", Path + "/cgroup.freeze");
        WaitFor(freeze ? "frozen 1" : "frozen 0", freeze ? "freeze" : "thaw");
    }

    /// <summary>Waits until no process is left in it and below.</summary>
    /// <exception cref="PunnetException">Processes are left after 10 seconds.</exception>
    public void WaitUntilEmpty() => WaitFor(Empty, "end");

    /// <summary>Removes it if nothing is in it and below.</summary>
    public bool TryRemove() =>
        Sys.Unlinkat(Sys.WorkingDirectory, CString.Of(Path).WithNul, isDirectory: true) is Errno.None or Errno.ENOENT;

    /// <summary>Removes it and the cgroups below. Those with processes stay.</summary>
    /// <exception cref="SysException">It cannot be removed.</exception>
    public void Remove()
    {
        for (int attempt = 0; ; attempt++)
        {
            RemoveChildren(Number);
            Errno errno = Sys.Unlinkat(Sys.WorkingDirectory, CString.Of(Path).WithNul, isDirectory: true);
            if (errno is Errno.None or Errno.ENOENT)
            {
                return;
            }

            // The last process is gone from cgroup.events a moment before it is gone from the cgroup.
            if (errno != Errno.EBUSY || attempt == 50)
            {
                errno.OrThrow("remove the cgroup", Path);
            }

            Sys.Ppoll([], 1 + attempt);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    /// <summary>Writes one of its files.</summary>
    public Errno TryWrite(string file, ReadOnlySpan<byte> value)
    {
        Errno errno = Sys.Openat(Number, CString.Of(file).WithNul, OpenFlags.WriteOnly, 0, out int descriptor);
        if (errno != Errno.None)
        {
            return errno;
        }

        using Descriptor owned = new(descriptor);
        return Sys.Write(descriptor, value, out _);
    }

    private void MakePath()
    {
        int mount = Path.Length - BelowMount.Length, attempts = 10;
        for (int slash = BelowMount.IndexOf('/', 1); ; slash = BelowMount.IndexOf('/', slash + 1))
        {
            int end = slash < 0 ? BelowMount.Length : slash;
            string part = Path[..(mount + end)];
            Errno errno = Sys.Mkdirat(Sys.WorkingDirectory, CString.Of(part).WithNul, Permissions.Mode0755);
            if (errno == Errno.ENOENT && attempts-- > 0)
            {
                slash = 0; // From the start: another create that has failed takes back what it made above.
                continue;
            }

            _isNew = errno == Errno.None;
            _firstMade = _isNew && _firstMade < 0 ? end : _firstMade;
            if (errno != Errno.EEXIST)
            {
                errno.OrThrow("make the cgroup", part);
            }

            if (slash < 0)
            {
                return;
            }
        }
    }

    // runc's words, which engines know.
    private void CheckUnused()
    {
        int count = Processes().Count;
        if (count > 0)
        {
            throw new PunnetException("container's cgroup is not empty: " + count.ToString() + " process(es) found in " + Path);
        }

        if (HostFile.TryReadText(Number, "cgroup.freeze\0"u8)?.StartsWith('1') ?? false)
        {
            throw new PunnetException("container's cgroup unexpectedly frozen: " + Path);
        }
    }

    // cgroup.events wakes poll(2) when a value changes; it reports the second of two changes within 10 ms only after them.
    private void WaitFor(string state, string what)
    {
        const long Limit = 10_000; // milliseconds
        Errno errno = Sys.Openat(Number, "cgroup.events\0"u8, OpenFlags.ReadOnly, 0, out int events);
        if (errno == Errno.ENOENT && state == Empty)
        {
            return; // systemd has removed it already, which only an empty one lets happen.
        }

        errno.OrThrow("open", Path + "/cgroup.events");
        using Descriptor owned = new(events);
        Span<byte> buffer = stackalloc byte[256];
        Sys.ClockGettime(Clock.Monotonic, out long start, out _);
        for (long patience = 1; ; patience = Math.Min(patience * 2, 1000))
        {
            Sys.Rewind(events).OrThrow("read from the beginning");
            errno = Sys.Read(events, buffer, out int count);
            if (errno == Errno.ENODEV && state == Empty)
            {
                return;
            }

            errno.OrThrow("read", Path + "/cgroup.events");
            if (Encoding.UTF8.GetString(buffer[..count]).Contains(state, StringComparison.Ordinal))
            {
                return;
            }

            Sys.ClockGettime(Clock.Monotonic, out long now, out _);
            if ((now - start) * 1000 > Limit)
            {
                throw new PunnetException("the processes of cgroup " + Path + " do not " + what + " within 10 seconds");
            }

            Span<PollDescriptor> one = [new PollDescriptor { Descriptor = events, Wanted = PollEvents.Priority }];
            Sys.Ppoll(one, patience);
        }
    }

    private static void Collect(int directory, List<int> pids)
    {
        Errno errno = Sys.Openat(directory, "cgroup.procs\0"u8, OpenFlags.ReadOnly, 0, out int file);
        if (!errno.IsMissing())
        {
            errno.OrThrow("open cgroup.procs");
            using Descriptor owned = new(file);
            // A threaded cgroup has no list of processes (EOPNOTSUPP), but one of threads: the number of the first is the process's.
            Span<byte> first = stackalloc byte[1];
            Errno read = Sys.Read(file, first, out _);
            if (read == Errno.ENODEV)
            {
                return; // It was removed meanwhile.
            }

            bool isThreaded = read == Errno.EOPNOTSUPP;
            Sys.Rewind(file).OrThrow("read from the beginning");
            string? list = isThreaded
                ? HostFile.TryReadText(directory, "cgroup.threads\0"u8)
                : Encoding.UTF8.GetString(HostFile.Read(file, "cgroup.procs"));
            foreach (string line in (list ?? "").Split('\n'))
            {
                if (int.TryParse(line, out int pid))
                {
                    pids.Add(pid);
                }
            }
        }

        foreach (string name in DirectoryListing.Directories(directory))
        {
            if (OpenChild(directory, CString.Of(name)) is Descriptor child)
            {
                using Descriptor owned = child;
                Collect(child.Number, pids);
            }
        }
    }

    private static void RemoveChildren(int directory)
    {
        foreach (string name in DirectoryListing.Directories(directory))
        {
            CString text = CString.Of(name);
            if (OpenChild(directory, text) is Descriptor child)
            {
                using Descriptor owned = child;
                RemoveChildren(child.Number);
                Sys.Unlinkat(directory, text.WithNul, isDirectory: true);
            }
        }
    }

    // Null when it is gone.
    private static Descriptor? OpenChild(int directory, CString name)
    {
        Errno errno = Sys.Openat(directory, name.WithNul, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out int child);
        if (errno.IsMissing())
        {
            return null;
        }

        errno.OrThrow("open the cgroup", name.ToString());
        return new Descriptor(child);
    }
}
