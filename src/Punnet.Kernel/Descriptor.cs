using System;
using Punnet.Abi;

namespace Punnet.Kernel;

/// <summary>A file descriptor that the host side owns: <c>using Descriptor cgroup = …</c> closes it.</summary>
public sealed class Descriptor : IDisposable
{
    /// <summary>Takes ownership of a descriptor.</summary>
    /// <param name="number">Its number, or -1 for none.</param>
    public Descriptor(int number) => Number = number;

    /// <summary>Its number, or -1.</summary>
    public int Number { get; private set; }

    /// <summary>Opens a path; a relative one is relative to the working directory.</summary>
    /// <exception cref="SysException">The path cannot be opened.</exception>
    public static Descriptor Open(string path, OpenFlags flags)
    {
        Sys.Openat(Sys.WorkingDirectory, CString.Of(path).WithNul, flags, 0, out int number).OrThrow("open", path);
        return new Descriptor(number);
    }

    /// <summary>Closes it now; a second call does nothing.</summary>
    public void Dispose()
    {
        if (Number >= 0)
        {
            Sys.Close(Number);
            Number = -1;
        }
    }
}
