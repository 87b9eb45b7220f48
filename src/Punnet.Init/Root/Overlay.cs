using System;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>
/// The root as a stack of layers: overlayfs.rst. overlayfs takes directories by name only, and only from mounts in its mount namespace. So
/// each layer, a detached mount, is mounted on the last, all of them on a stage over the mount point of the root, and named by
/// /proc/self/fd/N, which needs no quoting. They are unmounted with the stage once the file system exists.
/// </summary>
internal static class Overlay
{
    /// <summary>Makes the root.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="fds">The directories.</param>
    /// <param name="place">The mount point of the root, O_PATH, on a mount without propagation.</param>
    /// <param name="report">Reports failures.</param>
    /// <returns>A detached mount.</returns>
    public static int Make(OverlayPlan plan, LayerFds fds, int place, InitReport report)
    {
        Span<int> layers = stackalloc int[plan.Layers.Length];
        for (int i = 0; i < layers.Length; i++)
        {
            layers[i] = fds.Mounts[i] >= 0 ? fds.Mounts[i] : OpenLayer(plan.Layers[i], i, report);
        }

        if (plan.IsBind)
        {
            MountAttributeChange readOnly = new() { Set = MountAttributes.ReadOnly };
            report.Check(InitStep.Layer, Sys.MountSetattr(layers[0], readOnly, recursive: false));
            return layers[0];
        }

        int stage = MakeStage(place, out int top, report);
        for (int i = 0; i < layers.Length; i++)
        {
            report.Check(InitStep.Layer, i, Sys.MoveMount(layers[i], top));
            top = layers[i];
        }

        (int upper, int work) = OpenUpper(plan, fds, layers[^1], ref top, report);
        if (plan.UserXattr && work >= 0)
        {
            // late: overlayfs would go on without extended attributes, and removing a directory would fail (EIO).
            report.Check(InitStep.LayerMarks, Sys.ProbeUserXattr(work));
        }

        Errno errno = Make(plan, layers, upper, work, out int root);
        if (errno == Errno.EINVAL)
        {
            // late: before Linux 6.5 all layers must be in one parameter.
            errno = OverlayText.Make(plan, layers, upper, work, stage, out root);
        }

        report.Check(InitStep.LayerStack, errno);

        // umount(2) takes the topmost mount of a path. The stage's root has no mount on it; a layer has the next one.
        report.Check(InitStep.LayerStack, Sys.UmountDetach(stage));
        return root;
    }

    private static int MakeStage(int place, out int first, InitReport report)
    {
        report.Check(InitStep.LayerStack, NewFileSystem.Open("tmpfs\0"u8, out NewFileSystem tmpfs));
        report.Check(InitStep.LayerStack, tmpfs.Finish(MountAttributes.None, out int stage));
        report.Check(InitStep.LayerStack, Sys.Mkdirat(stage, "layers\0"u8, Permissions.Mode0700));
        report.Check(InitStep.LayerStack, Sys.MoveMount(stage, place));
        report.Check(InitStep.LayerStack, Sys.Openat(stage, "layers\0"u8, OpenFlags.Path | OpenFlags.Directory, 0, out first));
        return stage;
    }

    private static int OpenLayer(LayerStep layer, int item, InitReport report)
    {
        report.Check(InitStep.Layer, item, ClonePrivate(layer.Path, out int mount));
        return mount;
    }

    private static Errno ClonePrivate(CString path, out int mount) =>
        PrivateMount.Clone(Sys.WorkingDirectory, path.WithNul, user: -1, out mount, out _);

    private static (int Upper, int Work) OpenUpper(OverlayPlan plan, LayerFds fds, int model, ref int top, InitReport report)
    {
        if (!plan.HasUpper)
        {
            return (-1, -1);
        }

        int parent = fds.UpperParent;
        if (!plan.TmpfsSize.IsNull)
        {
            parent = MakeMemory(plan.TmpfsSize, model, report);
        }
        else if (parent < 0)
        {
            report.Check(InitStep.LayerUpper, ClonePrivate(fds.UpperParentPath, out parent));
        }

        report.Check(InitStep.LayerUpper, Sys.MoveMount(parent, top));
        top = parent;
        if (fds.Upper >= 0)
        {
            return (fds.Upper, fds.Work);
        }

        const OpenFlags Directory = OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow;
        ReadOnlySpan<byte> upperName = plan.TmpfsSize.IsNull ? fds.UpperName.WithNul : "upper\0"u8;
        ReadOnlySpan<byte> workName = plan.TmpfsSize.IsNull ? fds.WorkName.WithNul : "work\0"u8;
        report.Check(InitStep.LayerUpper, Sys.Openat(parent, upperName, Directory, 0, out int upper));
        report.Check(InitStep.LayerUpper, Sys.Openat(parent, workName, Directory, 0, out int work));
        return (upper, work);
    }

    // The merged root has the owner and mode of the upper directory, which copies those of the topmost layer.
    private static int MakeMemory(CString size, int model, InitReport report)
    {
        report.Check(InitStep.LayerUpper, Sys.Statx(model, out FileStatus status));
        report.Check(InitStep.LayerUpper, NewFileSystem.Open("tmpfs\0"u8, out NewFileSystem tmpfs));
        report.Check(InitStep.LayerUpper, tmpfs.Set("source\0"u8, "tmpfs\0"u8));
        report.Check(InitStep.LayerUpper, tmpfs.Set("size\0"u8, size.WithNul));
        report.Check(InitStep.LayerUpper, tmpfs.Finish(MountAttributes.None, out int mount));
        report.Check(InitStep.LayerUpper, Sys.Mkdirat(mount, "upper\0"u8, status.Mode & Permissions.Mask));
        report.Check(InitStep.LayerUpper, Sys.Mkdirat(mount, "work\0"u8, Permissions.Mode0700));
        if (status.Uid != 0 || status.Gid != 0)
        {
            // EINVAL: the owner is not mapped in the user namespace.
            Errno errno = Sys.Fchownat(mount, "upper\0"u8, status.Uid, status.Gid);
            report.Check(InitStep.LayerUpper, errno == Errno.EINVAL ? Errno.None : errno);
        }

        return mount;
    }

    private static Errno Make(OverlayPlan plan, ReadOnlySpan<int> layers, int upper, int work, out int mount)
    {
        mount = -1;
        Errno errno = NewFileSystem.Open("overlay\0"u8, out NewFileSystem overlay);
        if (errno != Errno.None)
        {
            return errno;
        }

        errno = overlay.Set("source\0"u8, "overlay\0"u8);
        for (int i = layers.Length - 1; i >= 0 && errno == Errno.None; i--)
        {
            errno = Name(overlay, "lowerdir+\0"u8, layers[i]);
        }

        if (errno == Errno.None && upper >= 0)
        {
            errno = Name(overlay, "upperdir\0"u8, upper);
            errno = errno == Errno.None ? Name(overlay, "workdir\0"u8, work) : errno;
        }

        ImmutableArray<MountParameter> options = plan.Options;
        for (int i = 0; i < options.Length && errno == Errno.None; i++)
        {
            errno = overlay.Set(options[i].Key.WithNul, options[i].Value.WithNul);
        }

        if (errno == Errno.None && !plan.LabelKey.IsNull)
        {
            errno = overlay.Set(plan.LabelKey.WithNul, plan.Label.WithNul);
        }

        errno = errno == Errno.None ? overlay.Create(MountAttributes.None, out mount) : errno;
        overlay.Close();
        return errno;
    }

    private static Errno Name(NewFileSystem overlay, ReadOnlySpan<byte> key, int directory)
    {
        Span<byte> buffer = stackalloc byte[Sys.DescriptorPathSize];
        return overlay.Set(key, Sys.DescriptorPath(directory, buffer));
    }
}
