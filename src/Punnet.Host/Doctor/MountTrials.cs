using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Host.Namespaces;
using Punnet.Kernel;

namespace Punnet.Host.Doctor;

/// <summary>Mounts: of the host's root, of the directories that the caller names, and overlays.</summary>
internal static class MountTrials
{
    /// <summary>Tries them.</summary>
    /// <param name="findings">What was found.</param>
    /// <param name="state">The directory of all containers' states.</param>
    /// <param name="paths">Directories to look at.</param>
    public static void Run(Findings findings, string state, IReadOnlyList<string> paths)
    {
        findings.Begin("mounts");
        Root(findings);
        if (Trial.Rights == CloneFlags.None)
        {
            findings.Tried(
                "overlay", Trial.Run(CloneFlags.NewMount, TrialStep.Overlay), "mounted and written",
                Remedy("overlay", "CONFIG_OVERLAY_FS"));
        }

        findings.Tried(
            "overlay in a user namespace", Trial.Run(CloneFlags.NewUser | CloneFlags.NewMount, TrialStep.Overlay), "mounted and written",
            "Linux 5.11, and a user namespace");
        string existing = state;
        while (Sys.Statx(Sys.WorkingDirectory, CString.Of(existing).WithNul, out _) != Errno.None && existing.LastIndexOf('/') > 0)
        {
            existing = existing[..existing.LastIndexOf('/')];
        }

        Place(findings, state + " (state)", existing, holdsState: true);
        foreach (string path in paths)
        {
            Place(findings, path, path, holdsState: false);
        }
    }

    private static string Remedy(string module, string option) => "modprobe " + module + ", or a kernel with " + option;

    // proc_pid_mountinfo(5): the optional fields begin behind the sixth. The last mount at / is the one that is seen.
    private static void Root(Findings findings)
    {
        string? propagation = null, type = null;
        foreach (string line in Encoding.UTF8.GetString(HostFile.Read("/proc/self/mountinfo")).Split('\n'))
        {
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (dash > 5 && fields[4] == "/")
            {
                propagation = dash > 6 ? string.Join(' ', fields[6..dash]) : "private";
                type = fields[dash + 1];
            }
        }

        if (type is "rootfs" or "ramfs")
        {
            findings.Limited("root of the host", type + ", which pivot_root cannot leave", "--no-pivot");
        }
        else
        {
            findings.Ok(
                "root of the host", (type ?? "unknown") + ", " + (propagation ?? "unknown") + "; a container's mounts do not reach it");
        }
    }

    private static void Place(Findings findings, string name, string path, bool holdsState)
    {
        CString text = CString.Of(path);
        Errno errno = Sys.Openat(Sys.WorkingDirectory, text.WithNul, OpenFlags.Path | OpenFlags.Directory, 0, out int number);
        using Descriptor directory = new(number);
        if (errno != Errno.None)
        {
            findings.Missing(name, errno.Words(), null);
            return;
        }

        Sys.FstatfsFlags(number, out MountAttributes attributes).OrThrow("look at", path);
        string words = MountInfo.TypeAt(text) + Word(MountAttributes.ReadOnly, ",ro") + Word(MountAttributes.NoSuid, ",nosuid")
            + Word(MountAttributes.NoDev, ",nodev") + Word(MountAttributes.NoExec, ",noexec");
        if (holdsState && Sys.Faccessat(Sys.WorkingDirectory, text.WithNul, AccessMode.Write) is not Errno.None and Errno closed)
        {
            findings.HasState = false;
            findings.Missing(
                name, words + ", " + path + ": " + closed.Words(), "--root, or XDG_RUNTIME_DIR, on a directory that can be written");
        }
        else if ((attributes & MountAttributes.NoExec) != MountAttributes.None)
        {
            findings.Limited(name, words + ": no program can be executed from a root here", "mount -o remount,exec, or roots elsewhere");
        }
        else
        {
            findings.Ok(name, words);
        }

        IdMap(findings, name + ", id-mapped", text);

        string Word(MountAttributes attribute, string word) => (attributes & attribute) != MountAttributes.None ? word : "";
    }

    // A detached copy gets the map, and is closed again.
    private static void IdMap(Findings findings, string name, CString path)
    {
        const string Rights = "CAP_SYS_ADMIN on the host: not for an ordinary user";
        bool hasRights = Trial.Rights == CloneFlags.None;
        try
        {
            using Descriptor ids = Trial.OpenUserNamespace((proc, pid) =>
            {
                if (hasRights)
                {
                    IdMapWriter.Write(proc, pid, "uid_map", CString.Of("0 1 1000\n"), "a map");
                    IdMapWriter.Write(proc, pid, "gid_map", CString.Of("0 1 1000\n"), "a map");
                }
            });
            Errno errno = Sys.OpenTreeClone(Sys.WorkingDirectory, path.WithNul, recursive: false, out int number);
            using Descriptor mount = new(number);
            MountAttributeChange change = new() { Set = MountAttributes.IdMap, UserNamespace = (ulong)ids.Number };
            errno = errno == Errno.None ? Sys.MountSetattr(number, change, recursive: false) : errno;
            findings.Tried(name, new TrialAnswer((int)errno), "mounted", errno == Errno.EPERM
                ? Rights
                : "another file system: ext4, xfs, btrfs, or tmpfs since Linux 6.3");
        }
        catch (Exception refused) when (refused is PunnetException or SysException)
        {
            findings.Missing(name, refused.Message, Rights);
        }
    }
}
