using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Doctor;

/// <summary>Who punnet is here, and what is around it.</summary>
internal static class CallerTrials
{
    private const ulong Unlimited = ulong.MaxValue;

    /// <summary>Tries them.</summary>
    public static void Run(Findings findings)
    {
        findings.Begin("caller");
        findings.Ok("kernel", Text("/proc/sys/kernel/osrelease\0"u8) ?? "of unknown release");
        bool isNested = HostProbe.IsInUserNamespace();
        uint user = Sys.Geteuid();
        if (user == 0)
        {
            findings.Ok("user", isNested ? "root of a user namespace" : "root");
        }
        else
        {
            findings.Limited(
                "user", UserNames.Find(user) + ": each container has a user namespace, and no device rules, checkpoints or limits that are "
                + "not delegated", "run punnet as root");
        }

        Capabilities(findings, user);
        NoNewPrivileges(findings);
        Filter(findings);
        SecurityModule(findings);
        Limits(findings);
        Keys(findings, user);
    }

    /// <summary>A small file of the kernel without the line end, or null.</summary>
    public static string? Text(ReadOnlySpan<byte> path) => HostFile.TryReadText(Sys.WorkingDirectory, path)?.Trim('\n', '\0', ' ');

    private static void Capabilities(Findings findings, uint user)
    {
        Sys.CapgetPermitted(out ulong held).OrThrow("read the capabilities of punnet itself");
        List<string> lacking = [];
        for (int i = 0; i <= HostProbe.LastCapability() && i < Capability.Names.Length; i++)
        {
            if ((held & (1UL << i)) == 0)
            {
                lacking.Add(Capability.Names[i]);
            }
        }

        if (lacking.Count == 0)
        {
            findings.Ok("capabilities", "all");
        }
        else if (user != 0)
        {
            findings.Limited("capabilities", held == 0 ? "none outside of a container" : "without " + string.Join(' ', lacking), null);
        }
        else
        {
            findings.Limited(
                "capabilities", "without " + string.Join(' ', lacking), "whatever started punnet has to leave them: --cap-add, or "
                + "CapabilityBoundingSet= of the service");
        }
    }

    private static void NoNewPrivileges(Findings findings)
    {
        Sys.Prctl(ProcessControl.ReadNoNewPrivileges, 0, out int isSet).OrThrow("read no_new_privs");
        if (isSet == 0)
        {
            findings.Ok("no_new_privs", "not set");
        }
        else
        {
            findings.Limited(
                "no_new_privs", "set: programs that punnet runs gain no privilege, such as newuidmap",
                "NoNewPrivileges=no of the service, or no --security-opt no-new-privileges");
        }
    }

    private static void Filter(Findings findings)
    {
        const int Filtered = 2; // SECCOMP_MODE_FILTER
        Errno errno = Sys.Prctl(ProcessControl.ReadSeccompMode, 0, out int mode);
        if (errno != Errno.None)
        {
            findings.Missing("seccomp around punnet", errno.Words(), "a kernel with CONFIG_SECCOMP_FILTER");
        }
        else if (mode == Filtered)
        {
            findings.Limited(
                "seccomp around punnet", "a filter is around punnet; what it refuses is below, among the system calls",
                "SystemCallFilter= of the service, or --security-opt seccomp=unconfined");
        }
        else
        {
            findings.Ok("seccomp around punnet", "none");
        }
    }

    private static void SecurityModule(Findings findings)
    {
        string? profile = Text("/proc/self/attr/apparmor/current\0"u8) ?? Text("/proc/self/attr/current\0"u8);
        bool hasApparmor = Text("/sys/module/apparmor/parameters/enabled\0"u8) == "Y";
        using Descriptor? selinux = HostProbe.TryOpenFileSystem("/sys/fs/selinux", FileSystemMagic.Selinux, "look at");
        if (hasApparmor)
        {
            bool isConfined = profile is not (null or "unconfined");
            (FindingLevel level, string? remedy) = isConfined
                ? (FindingLevel.Limited, "aa-complain, or --security-opt apparmor=unconfined")
                : (FindingLevel.Ok, (string?)null);
            findings.Of("apparmor", level, "enabled; punnet itself is " + (profile ?? "unconfined"), remedy);
        }
        else
        {
            findings.Missing(
                "apparmor", "not enabled: process.apparmorProfile is refused", "the kernel parameter apparmor=1 security=apparmor");
        }

        if (selinux is not null)
        {
            string mode = HostFile.TryReadText(selinux.Number, "enforce\0"u8)?.Trim() == "1" ? "enforcing" : "permissive";
            findings.Ok("selinux", mode + "; punnet itself is " + (profile ?? "without a label"));
        }
        else
        {
            findings.Missing(
                "selinux", "not enabled: process.selinuxLabel and linux.mountLabel are refused",
                "the kernel parameter selinux=1, and a policy");
        }
    }

    // Those that end punnet or its container, or that the default config.json raises.
    private static void Limits(Findings findings)
    {
        const ulong FewFiles = 1024, FewProcesses = 64;
        Check(ResourceLimit.OpenFiles, "RLIMIT_NOFILE", FewFiles, "ulimit -Hn 1048576, or LimitNOFILE= of the service");
        Check(ResourceLimit.Processes, "RLIMIT_NPROC", FewProcesses, "ulimit -Hu, or LimitNPROC= of the service");
        Check(ResourceLimit.AddressSpace, "RLIMIT_AS", Unlimited, "ulimit -v unlimited");
        Check(ResourceLimit.Data, "RLIMIT_DATA", Unlimited, "ulimit -d unlimited");
        Check(ResourceLimit.FileSize, "RLIMIT_FSIZE", Unlimited, "ulimit -f unlimited");

        void Check(ResourceLimit limit, string name, ulong least, string remedy)
        {
            Sys.GetRlimit(limit, out ulong soft, out ulong hard).OrThrow("read", name);
            string values = soft == hard ? Number(soft) : Number(soft) + ", at most " + Number(hard);
            findings.Of(name, hard < least ? FindingLevel.Limited : FindingLevel.Ok, values, hard < least ? remedy : null);
        }
    }

    private static string Number(ulong limit) => limit == Unlimited ? "unlimited" : limit.ToString();

    // keyrings(7): each container has a session keyring, which counts against its user's quota. proc_key_users: UID: usage nkeys/nikeys
    // qnkeys/maxkeys qnbytes/maxbytes.
    private static void Keys(Findings findings, uint user)
    {
        TrialAnswer answer = Trial.Run(CloneFlags.None, TrialStep.JoinKeyring);
        string quota = "";
        bool isNearlyFull = false;
        foreach (string line in (Text("/proc/key-users\0"u8) ?? "").Split('\n'))
        {
            string[] fields = line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 3 && fields[0] == user.ToString() && fields[3].Split('/') is [string used, string most]
                && int.TryParse(used, out int count) && int.TryParse(most, out int limit))
            {
                quota = used + " of " + most + " keys are used";
                isNearlyFull = count > limit - (limit / 10);
            }
        }

        string sysctl = user == 0 ? "sysctl kernel.keys.root_maxkeys" : "sysctl kernel.keys.maxkeys";
        if (answer.IsOk)
        {
            findings.Of(
                "keyring", isNearlyFull ? FindingLevel.Limited : FindingLevel.Ok,
                quota.Length > 0 ? quota : "a session keyring can be made",
                isNearlyFull ? sysctl : null);
        }
        else if (answer.Errno == Errno.EDQUOT)
        {
            findings.Missing("keyring", answer.Words + ": " + quota, sysctl + ", or --no-new-keyring");
        }
        else
        {
            findings.Limited("keyring", answer.Words + ": a container has no session keyring, and no access to the caller's", null);
        }
    }
}
