using System;
using Punnet.Abi;

namespace Punnet.Kernel;

/// <summary>A system call that failed on the host side: <c>cannot open /x: permission denied (EACCES)</c>.</summary>
public sealed class SysException : Exception
{
    /// <summary>Builds the message.</summary>
    /// <param name="errno">Why.</param>
    /// <param name="what">What was being done, as in "cannot …".</param>
    public SysException(Errno errno, string what)
        : base("cannot " + what + ": " + errno.Words()) => Errno = errno;

    /// <summary>Why.</summary>
    public Errno Errno { get; }
}
