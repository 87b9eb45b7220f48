using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Host.Resctrl;

/// <summary>
/// linux.intelRdt on the host: a directory of the resctrl file system is a class of service, its file <c>schemata</c> says what the class
/// gets, its file <c>tasks</c> who is in it (Documentation/filesystems/resctrl.rst).
/// </summary>
public sealed class ResctrlGroup
{
    private readonly IntelRdtPlan _plan;
    private bool _hasMade;
    private bool _hasMadeMonitor;

    private ResctrlGroup(IntelRdtPlan plan, ResctrlRecord record)
    {
        _plan = plan;
        Record = record;
    }

    /// <summary>What the state keeps of it.</summary>
    public ResctrlRecord Record { get; }

    /// <summary>Finds its place and checks that it can be used. Makes nothing.</summary>
    /// <param name="mount">Where resctrl is mounted.</param>
    /// <param name="plan">The request.</param>
    /// <exception cref="PunnetException">A group exists that must not, or does not exist and must.</exception>
    public static ResctrlGroup Prepare(string mount, IntelRdtPlan plan)
    {
        string directory = plan.Group.Length == 0 ? mount : mount + "/" + plan.Group;
        string? monitor = plan.Monitor is null ? null : directory + "/mon_groups/" + plan.Monitor;
        bool exists = Exists(directory);
        if (exists && !plan.IsShared)
        {
            throw new PunnetException("cannot make the class of service " + directory + " (linux.intelRdt): it exists already");
        }

        if (!exists && plan.IsShared && plan.Lines.IsEmpty)
        {
            throw new PunnetException(
                "cannot use the class of service " + directory
                    + " (linux.intelRdt.closID): it does not exist, and config.json does not say what it would be");
        }

        return new ResctrlGroup(plan, new ResctrlRecord(directory, monitor, !plan.IsShared));
    }

    /// <summary>Makes and configures it.</summary>
    /// <exception cref="PunnetException">It cannot be made or configured.</exception>
    public void Establish()
    {
        Make();
        Configure();
    }

    /// <summary>Makes the directories that are missing.</summary>
    /// <exception cref="PunnetException">The kernel has no more classes, or refuses.</exception>
    public void Make()
    {
        Errno errno = _plan.Group.Length == 0 ? Errno.EEXIST : MakeDirectory(Record.Directory);
        _hasMade = errno == Errno.None;
        if (!_hasMade && (errno != Errno.EEXIST || !_plan.IsShared))
        {
            throw new PunnetException(
                "cannot make the class of service " + Record.Directory + " (linux.intelRdt): " + errno.Words(),
                errno == Errno.ENOSPC ? "the processor has no more classes: info/*/num_closids says how many there are" : null);
        }
    }

    /// <summary>Writes its schemata; one that existed must have them already, or others would get what they did not ask for.</summary>
    /// <exception cref="PunnetException">It has others, or the kernel refuses a line.</exception>
    public void Configure()
    {
        if (_hasMade)
        {
            Write(Record.Directory, _plan.Lines);
        }
        else
        {
            string schemata = Read(Record.Directory);
            foreach (string line in _plan.Lines)
            {
                if (!SchemataText.Has(schemata, line))
                {
                    throw new PunnetException(
                        "cannot share the class of service " + Record.Directory + " (linux.intelRdt.closID): its schemata are not \""
                            + line + "\"");
                }
            }
        }

        if (Record.Monitor is string monitor)
        {
            Errno errno = MakeDirectory(monitor);
            _hasMadeMonitor = errno == Errno.None;
            if (errno != Errno.None)
            {
                throw new PunnetException(
                    "cannot make the monitoring group " + monitor + " (linux.intelRdt.enableMonitoring): " + errno.Words(),
                    errno == Errno.ENOENT ? "this processor or kernel cannot monitor caches and memory bandwidth" : null);
            }
        }
    }

    /// <summary>Takes away what this create has made.</summary>
    /// <exception cref="SysException">A directory cannot be removed.</exception>
    public void Undo()
    {
        if (_hasMadeMonitor)
        {
            RemoveDirectory(Record.Monitor!);
        }

        if (_hasMade)
        {
            RemoveDirectory(Record.Directory);
        }
    }

    /// <summary>Moves a process into it. Its later children are in it too.</summary>
    /// <exception cref="SysException">The kernel refuses it.</exception>
    public static void Enter(ResctrlRecord record, int pid)
    {
        byte[] text = CString.Of(pid.ToString()).Text.ToArray();
        WriteFile(record.Directory + "/tasks", text).OrThrow("write", record.Directory + "/tasks");
        if (record.Monitor is not null)
        {
            WriteFile(record.Monitor + "/tasks", text).OrThrow("write", record.Monitor + "/tasks");
        }
    }

    /// <summary>Changes the schemata of a running container's group.</summary>
    /// <param name="record">The group.</param>
    /// <param name="lines">The lines.</param>
    /// <returns>The lines that restore the old ones.</returns>
    /// <exception cref="PunnetException">The kernel refuses a line; the old ones are restored.</exception>
    public static string[] Change(ResctrlRecord record, IReadOnlyList<string> lines)
    {
        string[] old = Read(record.Directory).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        try
        {
            Write(record.Directory, lines);
            return old;
        }
        catch (PunnetException)
        {
            Restore(record, old);
            throw;
        }
    }

    /// <summary>Writes what <see cref="Change"/> returned; a failure has been told already.</summary>
    public static void Restore(ResctrlRecord record, IReadOnlyList<string> lines)
    {
        foreach (string line in lines)
        {
            WriteFile(record.Directory + "/schemata", CString.Of(line + "\n").Text);
        }
    }

    /// <summary>The end of the container: its own group goes, a shared one stays.</summary>
    /// <exception cref="SysException">A directory cannot be removed.</exception>
    public static void Remove(ResctrlRecord record)
    {
        if (record.Monitor is not null)
        {
            RemoveDirectory(record.Monitor);
        }

        if (record.IsOwn)
        {
            RemoveDirectory(record.Directory);
        }
    }

    // One write for each line: the kernel then says which one it refuses.
    private static void Write(string directory, IReadOnlyList<string> lines)
    {
        foreach (string line in lines)
        {
            Errno errno = WriteFile(directory + "/schemata", CString.Of(line + "\n").Text);
            if (errno != Errno.None)
            {
                throw new PunnetException(
                    "cannot set \"" + line + "\" in " + directory + "/schemata (linux.intelRdt): " + errno.Words(),
                    LastStatus(directory, errno));
            }
        }
    }

    // resctrl explains an errno in a file of its top directory.
    private static string? LastStatus(string directory, Errno errno)
    {
        if (errno != Errno.EINVAL)
        {
            return null;
        }

        string? said = null;
        for (string top = directory; said is null && top.Length > 1; top = top[..int.Max(top.LastIndexOf('/'), 0)])
        {
            said = HostFile.TryReadText(Sys.WorkingDirectory, CString.Of(top + "/info/last_cmd_status").WithNul)?.Trim();
        }

        return string.IsNullOrEmpty(said) ? null : "resctrl says: " + said;
    }

    private static string Read(string directory) =>
        HostFile.TryReadText(Sys.WorkingDirectory, CString.Of(directory + "/schemata").WithNul)
            ?? throw new PunnetException("cannot read " + directory + "/schemata (linux.intelRdt)");

    private static bool Exists(string path) => Sys.Statx(Sys.WorkingDirectory, CString.Of(path).WithNul, out _) == Errno.None;

    private static Errno MakeDirectory(string path) => Sys.Mkdirat(Sys.WorkingDirectory, CString.Of(path).WithNul, Permissions.Mode0755);

    private static void RemoveDirectory(string path)
    {
        Errno errno = Sys.Unlinkat(Sys.WorkingDirectory, CString.Of(path).WithNul, isDirectory: true);
        if (errno != Errno.ENOENT)
        {
            errno.OrThrow("remove", path);
        }
    }

    private static Errno WriteFile(string path, ReadOnlySpan<byte> text)
    {
        Errno errno = Sys.Openat(Sys.WorkingDirectory, CString.Of(path).WithNul, OpenFlags.WriteOnly, 0, out int file);
        if (errno == Errno.None)
        {
            using Descriptor owned = new(file);
            errno = Sys.WriteAll(file, text);
        }

        return errno;
    }
}
