using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;

namespace Punnet.Host.Cgroups;

/// <summary>What the files of a cgroup held before an update wrote them: a failed update restores it.</summary>
public sealed class CgroupSnapshot
{
    private readonly CgroupDirectory _cgroup;
    private readonly List<CgroupFileContent> _files = [];

    /// <summary>Starts empty.</summary>
    public CgroupSnapshot(CgroupDirectory cgroup) => _cgroup = cgroup;

    /// <summary>Remembers a file; called before each write.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="value">The new value: in a file with a line for each device, it says which line.</param>
    public void Remember(string file, string value)
    {
        if (file == "cpu.idle")
        {
            // A group that is no longer idle has the default weight.
            Remember("cpu.weight", string.Empty);
        }

        string device = DeviceOf(value);
        CgroupFileContent? known = _files.Find(content => content.File == file);
        if (known is not null)
        {
            known.Devices.Add(device);
        }
        else if (HostFile.TryReadText(_cgroup.Number, CString.Of(file).WithNul) is string text)
        {
            _files.Add(new CgroupFileContent(file, text.Split('\n', StringSplitOptions.RemoveEmptyEntries), [device]));
        }
    }

    /// <summary>Writes the old values back, the last file first.</summary>
    /// <returns>Files that did not take their old value.</returns>
    public List<string> Restore()
    {
        List<(string File, string Value)> writes = [];
        for (int i = _files.Count - 1; i >= 0; i--)
        {
            foreach (string value in OldValues(_files[i]))
            {
                writes.Add((_files[i].File, value));
            }
        }

        // cpu.max and cpu.max.burst bound each other: a value that is refused at first may be accepted after the others.
        List<(string File, string Value)> refused = writes.FindAll(Fails);
        return refused.FindAll(Fails).ConvertAll<string>(new(FileOf));
    }

    private bool Fails((string File, string Value) write) =>
        _cgroup.TryWrite(write.File, Encoding.UTF8.GetBytes(write.Value)) != Errno.None;

    private static List<string> OldValues(CgroupFileContent content)
    {
        List<string> values = [.. content.Lines];
        if (content.File == "cpu.weight" && values is ["0"])
        {
            return []; // An idle group shows this, and takes no weight.
        }

        foreach (string device in content.Devices)
        {
            if (device.Length > 0 && !values.Exists(line => line.StartsWith(device + " ", StringComparison.Ordinal)))
            {
                values.Add(device + (content.File == "io.max" ? " rbps=max wbps=max riops=max wiops=max" : " default"));
            }
        }

        // The empty value is valid (cpuset.cpus), but a write of no bytes does not reach the kernel's file.
        return values.Count == 0 ? ["\n"] : values;
    }

    // "8:0 rbps=1" is of the device 8:0.
    private static string DeviceOf(string value)
    {
        int blank = value.IndexOf(' ', StringComparison.Ordinal);
        int colon = value.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && blank > colon && char.IsAsciiDigit(value[0]) ? value[..blank] : string.Empty;
    }

    private static string FileOf((string File, string Value) write) => write.File;
}

/// <summary>One file of a cgroup.</summary>
/// <param name="File">Its name.</param>
/// <param name="Lines">What it held.</param>
/// <param name="Devices">Devices whose lines were written since; empty text for a file without such lines.</param>
public sealed record CgroupFileContent(string File, string[] Lines, HashSet<string> Devices);
