using System;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>createContainer and startContainer hooks: run by the container's own process, as it is at that moment.</summary>
internal static class ContainerHooks
{
    /// <summary>Runs hooks one after the other; the first failure ends the container.</summary>
    public static void Run(
        ImmutableArray<HookMaterial> hooks, InitMaterial material, int root, InitReport report, InitStep run, InitStep status, InitStep timeout)
    {
        for (int i = 0; i < hooks.Length; i++)
        {
            HookMaterial hook = hooks[i];
            report.Check(run, i, Sys.Clone(CloneFlags.None, cgroup: -1, out int pid, out int pidfd));
            if (pid == 0)
            {
                report.Check(run, i, Become(hook, material, root));
            }

            bool hasEnded = true;
            if (hook.TimeoutSeconds > 0)
            {
                report.Check(run, i, Sys.WaitReadable(pidfd, hook.TimeoutSeconds * 1000, out hasEnded));
            }

            if (!hasEnded)
            {
                Sys.SendSignal(pidfd, (int)Signal.Kill);
            }

            report.Check(run, i, Sys.WaitForExit(pidfd, out int result));
            if (!hasEnded)
            {
                report.Fail(timeout, i, Errno.ETIMEDOUT);
            }

            report.Check(status, i, (Errno)result);
            Sys.Close(pidfd);
        }
    }

    private static Errno Become(HookMaterial hook, InitMaterial material, int root)
    {
        Errno errno = Sys.Rewind(material.HookState);
        if (errno == Errno.None)
        {
            errno = Sys.Duplicate(material.HookState, 0);
        }

        for (int stream = 1; stream <= 2 && errno == Errno.None; stream++)
        {
            errno = Sys.Duplicate(material.HookOutput, stream);
        }

        if (errno != Errno.None)
        {
            return errno;
        }

        Sys.ChangeDirectory(root);
        Sys.CloseRange(3, uint.MaxValue, onlyAtExec: true);
        Sys.ResetSignals();
        Sys.UnblockSignals();
        return Sys.Execute(hook.Path.WithNul, hook.Args, hook.Env);
    }
}
