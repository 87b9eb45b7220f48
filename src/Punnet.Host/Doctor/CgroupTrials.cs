using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Host.Cgroups;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Host.Doctor;

/// <summary>Cgroups: how they are mounted, and what a container's would have.</summary>
internal static class CgroupTrials
{
    private const string OnlyVersion2 = "the kernel parameters systemd.unified_cgroup_hierarchy=1 cgroup_no_v1=all";

    /// <summary>Tries them.</summary>
    public static void Run(Findings findings)
    {
        findings.Begin("cgroups");
        string mount, own;
        try
        {
            mount = CgroupMount.Find();
            own = CgroupMount.OwnPath();
        }
        catch (PunnetException none)
        {
            bool hasOld = false;
            foreach (MountInfo mounted in MountInfo.Read())
            {
                hasOld |= mounted.Type == "cgroup";
            }

            findings.Missing("layout", (hasOld ? "version 1: " : "none: ") + none.Message, hasOld
                ? OnlyVersion2
                : "mount -t cgroup2 cgroup2 /sys/fs/cgroup");
            return;
        }

        string old = OldControllers();
        if (old.Length > 0)
        {
            findings.Limited("layout", "hybrid: version 2 at " + mount + ", and version 1 has " + old, OnlyVersion2);
        }
        else
        {
            findings.Ok("layout", "version 2 at " + mount);
        }

        Controllers(findings, mount, old);
        Delegation(findings, mount, own);
    }

    private static string OldControllers()
    {
        List<string> old = [];
        foreach (string line in (CallerTrials.Text("/proc/cgroups\0"u8) ?? "").Split('\n'))
        {
            string[] fields = line.Split('\t');
            if (fields.Length > 3 && fields[0][0] != '#' && fields[1] != "0" && fields[3] == "1")
            {
                old.Add(fields[0]);
            }
        }

        return string.Join(' ', old);
    }

    private static void Controllers(Findings findings, string mount, string old)
    {
        string[] offered = Words(mount + "/cgroup.controllers");
        List<string> lacking = [];
        foreach (string controller in (ReadOnlySpan<string>)["cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc"])
        {
            if (Array.IndexOf(offered, controller) < 0)
            {
                lacking.Add(controller);
            }
        }

        string have = offered.Length > 0 ? string.Join(' ', offered) : "none";
        if (lacking.Count == 0)
        {
            findings.Ok("controllers", have);
        }
        else
        {
            findings.Of(
                "controllers", offered.Length > 0 ? FindingLevel.Limited : FindingLevel.Missing,
                have + "; without " + string.Join(' ', lacking), old.Length > 0 ? OnlyVersion2 : "the kernel's options CONFIG_CGROUP_*");
        }
    }

    // Where a container without linux.cgroupsPath would be. The cgroup is made, used and removed; no controller is enabled above it.
    private static void Delegation(Findings findings, string mount, string own)
    {
        string path;
        try
        {
            path = CgroupPlanner.Plan(null, "punnet-doctor-" + Sys.Getpid().ToString(), own, systemd: false, rootless: false).Path;
        }
        catch (SpecException refusal)
        {
            findings.Missing("a container's cgroup", refusal.Message, "linux.cgroupsPath");
            return;
        }

        string parent = mount + path[..path.LastIndexOf('/')];
        CgroupDirectory? cgroup = null;
        try
        {
            cgroup = CgroupDirectory.Make(path);
            findings.Ok("a container's cgroup", "made in " + (parent == mount ? mount : parent));
            Use(findings, cgroup, parent);
        }
        catch (Exception refused) when (refused is PunnetException or SysException)
        {
            string hint = Sys.Geteuid() == 0
                ? "whatever started punnet has to leave it the cgroups: --cgroupns and a writable /sys/fs/cgroup"
                : "Delegate=yes of the service, or --systemd-cgroup in a login session";
            if (cgroup is null)
            {
                findings.Of(
                    "a container's cgroup", Sys.Geteuid() == 0 ? FindingLevel.Missing : FindingLevel.Limited, refused.Message, hint);
            }
            else
            {
                findings.Limited("a container's cgroup", refused.Message, hint);
            }
        }
        finally
        {
            cgroup?.Unmake();
            cgroup?.Dispose();
        }
    }

    private static void Use(Findings findings, CgroupDirectory cgroup, string parent)
    {
        string[] enabled = Words(cgroup.Path + "/cgroup.controllers"), offered = Words(parent + "/cgroup.controllers");
        string could = offered.Length > enabled.Length ? "; punnet can enable " + string.Join(' ', Without(offered, enabled)) : "";
        findings.Of(
            "its controllers", enabled.Length + offered.Length > 0 ? FindingLevel.Ok : FindingLevel.Missing,
            (enabled.Length > 0 ? string.Join(' ', enabled) : "none enabled") + could,
            enabled.Length + offered.Length > 0 ? null : "the cgroups above have to give them: cgroup.subtree_control, or Delegate=yes");
        findings.Tried(
            "clone into it", Trial.Run(CloneFlags.None, TrialStep.None, cgroup: cgroup.Number), "done",
            "a cgroup whose common ancestor with punnet's is punnet's user's", "a container stays in its caller's cgroup");
        File(findings, cgroup, "cgroup.freeze", "pause and resume need Linux 5.2");
        File(findings, cgroup, "cgroup.kill", "Linux 5.14; processes are killed one by one");
        bool hasPressure = CgroupFile.Text(cgroup, "cpu.pressure").Length > 0;
        findings.Of(
            "pressure (PSI)", hasPressure ? FindingLevel.Ok : FindingLevel.Missing, hasPressure ? "counted" : "not counted",
            hasPressure ? null : "the kernel parameter psi=1, or a kernel with CONFIG_PSI");
    }

    private static void File(Findings findings, CgroupDirectory cgroup, string name, string remedy)
    {
        Errno errno = Sys.Faccessat(cgroup.Number, CString.Of(name).WithNul, AccessMode.Exists);
        findings.Tried(name, new TrialAnswer((int)errno), "there", remedy);
    }

    private static List<string> Without(string[] all, string[] some)
    {
        List<string> left = [.. all];
        left.RemoveAll(word => Array.IndexOf(some, word) >= 0);
        return left;
    }

    private static string[] Words(string file) =>
        CallerTrials.Text(CString.Of(file).WithNul)?.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries) ?? [];
}
