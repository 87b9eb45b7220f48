using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Seccomp;

/// <summary><c>--seccomp-record</c>: the calls that a program has made, as a profile. Documented in docs/seccomp-tools.md.</summary>
internal sealed class SeccompRecord : IDisposable
{
    private readonly Dictionary<SeccompRefusal, int> _seen = [];
    private readonly Descriptor _file;
    private readonly string _path;
    private readonly Log _log;

    private SeccompRecord(Descriptor file, string path, Log log) => (_file, _path, _log) = (file, path, log);

    /// <summary>process.noNewPrivileges.</summary>
    public bool NoNewPrivileges { get; set; }

    /// <summary>Opens the file; what it holds stays until the run has ended.</summary>
    /// <exception cref="SysException">It cannot be written.</exception>
    public static SeccompRecord Open(string path, Log log)
    {
        const OpenFlags Flags = OpenFlags.WriteOnly | OpenFlags.Create;
        Sys.Openat(Sys.WorkingDirectory, CString.Of(path).WithNul, Flags, Permissions.Mode0644, out int file).OrThrow("open", path);
        return new SeccompRecord(new Descriptor(file), path, log);
    }

    /// <summary>Notes a call.</summary>
    public void Note(in SeccompRefusal call) => _seen.TryAdd(call with { Verdict = 0 }, 0);

    /// <summary>Writes the profile.</summary>
    public void Write()
    {
        bool[] recorded = new bool[SyscallTable.NameCount];
        List<SeccompArchitecture> architectures = [HostProbe.Native];
        foreach ((SeccompRefusal call, _) in _seen)
        {
            if (call.Name is not string name)
            {
                _log.Warn(_path + ": call " + call.Number.ToString() + " of the program has no name, and is left out");
                continue;
            }

            recorded[SyscallTable.IndexOf(name)] = true;
            if (!architectures.Contains(call.Architecture))
            {
                architectures.Add(call.Architecture);
            }
        }

        byte[] text = [.. ConfigWriter.WriteSeccomp(SeccompRecording.Profile(recorded, architectures, NoNewPrivileges)), (byte)'\n'];
        Errno errno = Sys.Ftruncate(_file.Number, 0);
        errno = errno is Errno.None or Errno.EINVAL ? Sys.WriteAll(_file.Number, text) : errno; // EINVAL: a pipe.
        if (errno != Errno.None)
        {
            _log.Warn("cannot write " + _path + ": " + errno.Words());
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
