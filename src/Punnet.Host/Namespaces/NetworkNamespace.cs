using Punnet.Abi;
using Punnet.Host.Errors;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Namespaces;

/// <summary>
/// The container's network namespace, made by punnet itself while the new process mounts: the kernel needs longer for it than for
/// all other namespaces together (0.4 of 3.8 ms of a run), and there are two processors.
/// </summary>
public static class NetworkNamespace
{
    /// <summary>
    /// Makes it, sends it and brings its loopback device up, where the plan leaves it to the host; or leaves it to the new process.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="channel">To the new process.</param>
    /// <param name="proc">The host's /proc.</param>
    /// <exception cref="PunnetException">The kernel makes none.</exception>
    /// <exception cref="SysException">It cannot be set up, or punnet cannot leave it.</exception>
    public static void Send(ContainerPlan plan, Descriptor channel, Descriptor proc)
    {
        if (plan.NetworkBeforeMount < 0)
        {
            return;
        }

        using Descriptor own = Open(proc, "self");

        // Into where punnet is, setns(2): refused where that belongs to another user namespace, as for an ordinary user's Podman, which has
        // made one. Then there would be no way back.
        if (Sys.Setns(own.Number, CloneFlags.NewNetwork) != Errno.None)
        {
            Check(Channel.Send(channel.Number, Message.Network));
            return;
        }

        Errno errno = Sys.Unshare(CloneFlags.NewNetwork);
        if (errno != Errno.None)
        {
            throw ErrorMessages.OfNamespaces(plan.Namespaces, errno);
        }

        // Init waits for it. Only programs could miss the loopback device, and before the host is done here none runs but hooks: these
        // get it last.
        using Descriptor made = Open(proc, "self");
        bool hasHooks = plan.Hooks.HasInContainer;
        if (!hasHooks)
        {
            Give(channel, made);
        }

        errno = Sys.RaiseLoopback();

        // Back before anything else: hooks and agents belong to the host's network.
        Sys.Setns(own.Number, CloneFlags.NewNetwork).OrThrow("leave the container's network namespace");
        if (errno != Errno.None)
        {
            throw ErrorMessages.Of(plan, InitStep.Loopback, 0, errno);
        }

        if (hasHooks)
        {
            Give(channel, made);
        }
    }

    private static void Give(Descriptor channel, Descriptor made) =>
        Check(Channel.SendWithFd(channel.Number, Message.Network, made.Number));

    // If init has failed meanwhile, its message comes first. Otherwise it would wait forever. ECONNREFUSED is what a send at the
    // very moment of its exit gets before Linux 6.0, unix_dgram_sendmsg in net/unix/af_unix.c.
    private static void Check(Errno errno)
    {
        if (errno is not (Errno.EPIPE or Errno.ECONNRESET or Errno.ECONNREFUSED))
        {
            errno.OrThrow("hand the network namespace to the new process");
        }
    }

    /// <summary>Opens the namespace that a process is in.</summary>
    /// <param name="proc">The host's /proc.</param>
    /// <param name="process">A pid, or "self": the calling thread is the first of punnet's.</param>
    /// <exception cref="SysException">It does not exist, or may not be opened.</exception>
    public static Descriptor Open(Descriptor proc, string process)
    {
        string path = process + "/ns/net";
        Sys.Openat(proc.Number, CString.Of(path).WithNul, OpenFlags.ReadOnly, 0, out int file).OrThrow("open the network namespace", path);
        return new Descriptor(file);
    }
}
