using System;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>linux.readonlyPaths and linux.maskedPaths; paths that do not exist are skipped.</summary>
internal static class Masks
{
    /// <summary>Makes paths read-only: each becomes a read-only bind mount of itself.</summary>
    public static void MakeReadOnly(ContainerPlan plan, InitContext context, int root, InitReport report)
    {
        MountAttributeChange readOnly = new() { Set = MountAttributes.ReadOnly };
        ImmutableArray<CString> paths = plan.ReadOnlyPaths;
        for (int i = 0; i < paths.Length; i++)
        {
            if (!Find(context, root, paths[i], InitStep.ReadOnlyPath, i, report, out int target))
            {
                continue;
            }

            report.Check(InitStep.ReadOnlyPath, i, Sys.OpenTreeClone(target, "\0"u8, recursive: true, out int mount));
            report.Check(InitStep.ReadOnlyPath, i, Sys.MountSetattr(mount, readOnly, recursive: false));
            report.Check(InitStep.ReadOnlyPath, i, Sys.MoveMount(mount, target));
            Sys.Close(mount);
            Sys.Close(target);
        }
    }

    /// <summary>Masks paths: files with the null device, directories with one empty read-only tmpfs.</summary>
    public static void Hide(ContainerPlan plan, InitContext context, int root, InitReport report)
    {
        ImmutableArray<CString> paths = plan.MaskedPaths;
        if (paths.IsEmpty)
        {
            return;
        }

        int nothing = OpenNull(root, report);
        int empty = -1;
        for (int i = 0; i < paths.Length; i++)
        {
            if (!Find(context, root, paths[i], InitStep.MaskedPath, i, report, out int target))
            {
                continue;
            }

            report.Check(InitStep.MaskedPath, i, Sys.Statx(target, out FileStatus status));
            if (!status.Is(FileMode.Directory))
            {
                Cover(nothing, target, i, report);
            }
            else if (empty < 0)
            {
                empty = MakeEmpty(plan.MountLabel, i, report);
                report.Check(InitStep.MaskedPath, i, Sys.MoveMount(empty, target));
            }
            else
            {
                Cover(empty, target, i, report);
            }

            Sys.Close(target);
        }

        Sys.Close(nothing);
        if (empty >= 0)
        {
            Sys.Close(empty);
        }
    }

    /// <summary>
    /// The container's null device, O_PATH: opened once, checked, and only then used (CVE-2025-31133: a link in its place made other
    /// runtimes bind mount the host's files).
    /// </summary>
    public static int OpenNull(int root, InitReport report)
    {
        report.Check(InitStep.NullDevice, RootPath.FindWithoutLinks(root, "/dev/null\0"u8, out int nothing));
        report.Check(InitStep.NullDevice, Sys.Statx(nothing, out FileStatus status));
        if (!status.IsCharacterDevice(1, 3))
        {
            report.Fail(InitStep.NullDevice, 0, Errno.ENODEV);
        }

        return nothing;
    }

    private static bool Find(
        InitContext context, int root, CString path, InitStep step, int item, InitReport report, out int target)
    {
        ReadOnlySpan<byte> text = path.WithNul, proc = "/proc"u8;
        if (context.ProcMount >= 0 && text.StartsWith("/proc/"u8) && text.IndexOf("/.."u8) < 0)
        {
            root = context.ProcMount;
            text = text[proc.Length..];
        }

        Errno errno = RootPath.Find(root, text, OpenFlags.ReadOnly, out target);
        if (errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return false;
        }

        report.Check(step, item, errno);
        return true;
    }

    private static void Cover(int source, int target, int item, InitReport report)
    {
        report.Check(InitStep.MaskedPath, item, Sys.OpenTreeClone(source, "\0"u8, recursive: false, out int mount));
        report.Check(InitStep.MaskedPath, item, Sys.MoveMount(mount, target));
        Sys.Close(mount);
    }

    private static int MakeEmpty(CString label, int item, InitReport report)
    {
        report.Check(InitStep.MaskedPath, item, NewFileSystem.Open("tmpfs\0"u8, out NewFileSystem tmpfs));
        report.Check(InitStep.MaskedPath, item, tmpfs.Set("source\0"u8, "tmpfs\0"u8));
        report.Check(InitStep.MaskedPath, item, tmpfs.Set("nr_blocks\0"u8, "1\0"u8));
        report.Check(InitStep.MaskedPath, item, tmpfs.Set("nr_inodes\0"u8, "1\0"u8));
        if (!label.IsNull)
        {
            report.Check(InitStep.MaskedPath, item, tmpfs.Set("context\0"u8, label.WithNul));
        }

        report.Check(InitStep.MaskedPath, item, tmpfs.Finish(MountAttributes.ReadOnly, out int mount));
        return mount;
    }
}
