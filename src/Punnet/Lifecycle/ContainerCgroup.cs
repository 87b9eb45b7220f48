using System;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Cgroups;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Lifecycle;

/// <summary>
/// The cgroup of a container that is being made: made with its limits, or left out if punnet may make none and config.json asks for none.
/// The container then stays in its caller's cgroup.
/// </summary>
internal static class ContainerCgroup
{
    /// <summary>Makes it with its limits, before any process is in it.</summary>
    /// <param name="request">The container.</param>
    /// <param name="made">Gets it as soon as it exists; stays without one if the container has none.</param>
    /// <exception cref="PunnetException">It cannot be made and is needed, or a limit cannot be set.</exception>
    /// <exception cref="SysException">The kernel refuses its owner.</exception>
    public static void Make(CreateContext request, CreatedResources made)
    {
        ContainerPlan plan = request.Plan;
        if (request.WithoutCgroup)
        {
            RefuseLimits(request, "with --cgroup-manager disabled the container has no cgroup of its own", null);
            return;
        }

        try
        {
            made.Cgroup = CgroupDirectory.Make(plan.Cgroup.Path);
        }
        catch (SysException failure) when (failure.Errno is Errno.EACCES or Errno.EPERM or Errno.EROFS)
        {
            GoWithout(request, failure);
            return;
        }

        CgroupDirectory cgroup = made.Cgroup;
        if (Sys.Geteuid() != 0 && !MayEnter(cgroup))
        {
            GoWithout(request, new SysException(Errno.EACCES, "move a process from punnet's own cgroup to " + cgroup.Path));
            cgroup.Remove();
            cgroup.Unmake();
            cgroup.Dispose();
            made.Cgroup = null;
            return;
        }

        Limit(request, cgroup);
    }

    /// <summary>The error for a cgroup that takes no process.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="errno">EBUSY or EOPNOTSUPP.</param>
    public static PunnetException Refusal(CgroupDirectory cgroup, Errno errno) => new(
        "cannot clone a process into the cgroup " + cgroup.Path + " (linux.cgroupsPath): " + errno.Words(),
        errno == Errno.EBUSY
            ? "it gives controllers to cgroups below it (cgroup.subtree_control), and then takes no process itself"
            : "a cgroup above it is threaded (cgroup.type)");

    /// <summary>Sets its limits, before the first program that is not punnet runs in it.</summary>
    /// <param name="request">The container.</param>
    /// <param name="cgroup">The cgroup.</param>
    /// <exception cref="PunnetException">A limit cannot be set.</exception>
    /// <exception cref="SysException">The kernel refuses its device rules or its owner.</exception>
    public static void Limit(CreateContext request, CgroupDirectory cgroup)
    {
        CgroupLimits.Apply(cgroup, request.Plan.Resources, request.Log);
        if (request.Plan.Hooks.HasInContainer)
        {
            RestrictDevices(request, cgroup);
        }

        CgroupOwner.Set(cgroup, request.Plan.Cgroup.Owner);
    }

    /// <summary>Sets its device rules, before the first program that is not punnet runs in it.</summary>
    /// <param name="request">The container.</param>
    /// <param name="cgroup">The cgroup, or null without one.</param>
    /// <exception cref="SysException">The kernel refuses them.</exception>
    public static void RestrictDevices(CreateContext request, CgroupDirectory? cgroup)
    {
        ImmutableArray<EbpfInstruction> program = request.Plan.DeviceProgram;
        if (cgroup is null || cgroup.RestrictDevices(program) || DeviceProgram.AllowsEverything(program.AsSpan()))
        {
            return;
        }

        if (!Tolerates(request) && Sys.Geteuid() == 0)
        {
            throw new SysException(Errno.EPERM, "load the device program of the cgroup " + cgroup.Path);
        }

        // Without root's rights nothing is lost: neither the user nor the container can make a device, and both may open the same ones.
        request.Log.Debug("linux.resources.devices: ignored, since only the host's root may set device rules");
    }

    /// <summary>
    /// Moves the first process into the delegated cgroup of its program, if any. Its cgroup namespace is already made.
    /// </summary>
    /// <param name="request">The container.</param>
    /// <param name="cgroup">The cgroup, or null without one.</param>
    /// <param name="pid">The first process.</param>
    /// <exception cref="SysException">The cgroup cannot be made, or entered.</exception>
    public static void Delegate(CreateContext request, CgroupDirectory? cgroup, int pid)
    {
        if (request.Plan.Cgroup.Delegate is not string below)
        {
            return;
        }

        if (cgroup is null)
        {
            request.Log.Warn("annotations[\"run.oci.delegate-cgroup\"]: ignored, since the container has no cgroup of its own");
            return;
        }

        string[] names = below.Split('/');
        string path = cgroup.BelowMount;
        for (int i = 0; i < names.Length; i++)
        {
            path += "/" + names[i];
            using CgroupDirectory made = CgroupDirectory.Make(path, isUsed: true);
            CgroupOwner.Set(made, request.Plan.Cgroup.Owner);
            if (i == names.Length - 1)
            {
                made.Enter(pid);
            }
        }
    }

    // runc's rule: a limit, or a cgroup named in config.json, must not be missing; anything else may be.
    private static void GoWithout(CreateContext request, SysException failure)
    {
        string? hint = Sys.Geteuid() != 0 || HostProbe.IsInUserNamespace()
            ? CgroupCause.Delegation
            : HostPolicy.Lacks(failure.Errno, Capability.DacOverride);
        if (!Tolerates(request))
        {
            throw new PunnetException(failure.Message, hint);
        }

        RefuseLimits(request, failure.Message, hint);

        if (request.Plan.Excerpt.NamesCgroup)
        {
            throw new PunnetException(failure.Message + " (linux.cgroupsPath)", hint);
        }

        request.Log.Debug(failure.Message + ": the container has no cgroup of its own");
    }

    private static void RefuseLimits(CreateContext request, string reason, string? hint)
    {
        foreach (CgroupWrite write in request.Plan.Resources.Writes)
        {
            if (write.OnError != CgroupError.IgnoreMissing)
            {
                throw new PunnetException(
                    "cannot set " + write.File + " to \"" + write.Value.TrimEnd('\n') + "\" (" + write.Place + "): " + reason, hint);
            }
        }
    }

    // cgroup-v2.rst, "Delegation Containment": to move a process needs write access to cgroup.procs of the nearest common ancestor.
    private static bool MayEnter(CgroupDirectory cgroup)
    {
        string own = CgroupMount.OwnPath() + "/";
        string path = cgroup.BelowMount + "/";
        int common = 0;
        for (int i = 0; i < Math.Min(own.Length, path.Length) && own[i] == path[i]; i++)
        {
            common = own[i] == '/' ? i : common;
        }

        string procs = cgroup.Path[..^cgroup.BelowMount.Length] + path[..common] + "/cgroup.procs";
        return Sys.Faccessat(Sys.WorkingDirectory, CString.Of(procs).WithNul, AccessMode.Write) == Errno.None;
    }

    private static bool Tolerates(CreateContext request) => request.Rootless ?? (Sys.Geteuid() != 0 || HostProbe.IsInUserNamespace());
}
