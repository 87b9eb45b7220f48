using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Host.Errors;
using Punnet.Host.Namespaces;
using Punnet.Kernel;

namespace Punnet.Host.Doctor;

/// <summary>Namespaces, and the ids that a user namespace may have.</summary>
internal static class NamespaceTrials
{
    /// <summary>Tries them.</summary>
    public static void Run(Findings findings)
    {
        findings.Begin("namespaces");
        User(findings);
        foreach ((CloneFlags kind, string name) in (ReadOnlySpan<(CloneFlags, string)>)
            [(CloneFlags.NewMount, "mount"), (CloneFlags.NewPid, "pid"), (CloneFlags.NewUts, "uts"), (CloneFlags.NewIpc, "ipc"),
                (CloneFlags.NewNetwork, "network"), (CloneFlags.NewCgroup, "cgroup"), (CloneFlags.NewTime, "time")])
        {
            // time_namespaces(7): clone3(2) takes CLONE_NEWTIME only since 5.6, and without offsets.
            TrialAnswer answer = kind == CloneFlags.NewTime
                ? Trial.Run(Trial.Rights, TrialStep.UnshareTime)
                : Trial.Run(Trial.Rights | kind, TrialStep.None);
            string kernelName = name switch { "network" => "net", "mount" => "mnt", _ => name };
            findings.Tried(name + " namespace", answer, "made", Remedy(answer.Errno, kernelName));
        }

        Ids(findings, SubordinateIds.Users);
        Ids(findings, SubordinateIds.Groups);
    }

    private static void User(Findings findings)
    {
        TrialAnswer answer = Trial.Run(CloneFlags.NewUser | CloneFlags.NewMount, TrialStep.LeaveMounts);
        string? policy = HostPolicy.OfUserNamespaces();
        string most = CallerTrials.Text("/proc/sys/user/max_user_namespaces\0"u8) ?? "?";
        if (!answer.IsOk)
        {
            findings.Missing("user namespace", answer.Words, policy ?? Remedy(answer.Errno, "user"));
        }
        else if (policy is not null)
        {
            findings.Limited("user namespace", "made by this caller", policy);
        }
        else
        {
            findings.Ok("user namespace", "made, with all rights inside; at most " + most + " (sysctl user.max_user_namespaces)");
        }
    }

    private static string? Remedy(Errno errno, string kind) => errno switch
    {
        Errno.ENOSPC => CloneCause.Limit("max_" + kind + "_namespaces"),
        Errno.EINVAL => "a kernel with CONFIG_" + kind.ToUpperInvariant() + "_NS",
        Errno.EPERM when Trial.Rights == CloneFlags.None => "punnet needs CAP_SYS_ADMIN, and no outer seccomp filter that refuses it",
        Errno.EPERM => HostPolicy.OfUserNamespaces() ?? "an outer seccomp filter, or a security module, forbids user namespaces",
        _ => null,
    };

    private static void Ids(Findings findings, SubordinateIds kind)
    {
        uint user = Sys.Geteuid();
        bool isOfUsers = kind.Grants == "/etc/subuid";
        string name = isOfUsers ? "user ids" : "group ids";
        try
        {
            if (user == 0)
            {
                using Descriptor all = Trial.OpenUserNamespace((proc, pid) => IdMapWriter.Write(
                    proc, pid, isOfUsers ? "uid_map" : "gid_map", CString.Of("0 0 65536\n"), name));
                findings.Ok(name, "any can be mapped");
                return;
            }

            List<(uint First, uint Size)> granted = kind.Granted(user);
            if (granted.Count == 0)
            {
                findings.Limited(
                    name, kind.Grants + " has no entry for " + UserNames.Find(user) + ": a container has one",
                    "a line such as NAME:100000:65536 in " + kind.Grants + ", and the package uidmap or shadow-utils");
                return;
            }

            StringBuilder map = new();
            uint next = 0;
            foreach ((uint first, uint size) in granted)
            {
                map.Append(next).Append(' ').Append(first).Append(' ').Append(size).Append('\n');
                next += size;
            }

            using Descriptor some = Trial.OpenUserNamespace((_, pid) => SubordinateIds.Map(kind, pid, CString.Of(map.ToString()), user));
            findings.Ok(name, next.ToString() + " in " + kind.Grants + ", mapped");
        }
        catch (Exception refused) when (refused is PunnetException or SysException)
        {
            findings.Limited(name, refused.Message + ": a container has one", (refused as PunnetException)?.Hint);
        }
    }
}
