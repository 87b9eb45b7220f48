using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Kernel;

namespace Punnet.Lifecycle;

/// <summary>
/// Runs the same command again in a sealed copy of punnet, which has no file of the host to leave: <see cref="RuntimeBinary"/>.
/// </summary>
internal static class Restart
{
    /// <summary>
    /// For an ordinary user, or root of a user namespace only, on a kernel without CONFIG_CHECKPOINT_RESTORE: there leaving would
    /// fail. The first thing that create, run and exec do.
    /// </summary>
    /// <exception cref="SysException">The copy can be neither made nor executed.</exception>
    public static void IfNeeded()
    {
        if (!Sys.KnowsMemoryMap() && (Sys.Geteuid() != 0 || HostProbe.IsInUserNamespace()) && !RuntimeBinary.IsSealedCopy())
        {
            Now().OrThrow("execute a copy of punnet");
        }
    }

    /// <summary>Leaves punnet's own file. After a failure the command is to start again.</summary>
    /// <exception cref="PunnetException">Neither its own mount nor a copy can be made, or it cannot be mapped again.</exception>
    public static RuntimeBinary LeaveFile(bool isInitAlone)
    {
        Errno errno = RuntimeBinary.Leave(isInitAlone, out RuntimeBinary? binary);
        if (errno == Errno.None)
        {
            return binary!;
        }

        binary?.Dispose();
        throw new PunnetException("cannot leave punnet's own file: " + errno.Words()) { NeedsCopy = true };
    }

    /// <summary>
    /// Starts again after a failure to leave the file, when everything is undone. Returns if there is no copy to execute.
    /// </summary>
    /// <param name="origin">The directory that punnet was called in, if a relative path depends on it.</param>
    public static void AfterFailure(string? origin)
    {
        if (!RuntimeBinary.IsSealedCopy()
            && (origin is null || Sys.Chdir(CString.Of(origin).WithNul) == Errno.None))
        {
            Now();
        }
    }

    private static Errno Now()
    {
        List<CString> args = [];
        foreach (string arg in Environment.GetCommandLineArgs())
        {
            args.Add(CString.Of(arg));
        }

        return RuntimeBinary.Restart(ArgumentBlock.Of(args), ProcessEnvironment.Own());
    }
}
