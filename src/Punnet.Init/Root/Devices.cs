using System;
using System.Buffers.Text;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>Device nodes and links below the container's /dev; the umask is 0 here, which keeps modes exact.</summary>
internal static class Devices
{
    /// <summary>Makes all of them, if the plan has any.</summary>
    public static void Make(ContainerPlan plan, InitContext context, int root, InitReport report)
    {
        if (!plan.MakesDevices)
        {
            return;
        }

        // Found inside the root, even through a link (CVE-2026-41579), and from here on only used as a descriptor.
        report.Check(InitStep.DeviceDirectory, RootPath.FindOrMake(root, "/dev\0"u8, isDirectory: true, out int dev));
        if (context.Devices >= 0)
        {
            // Over the root, where no path leads: a mount must be attached to be cloned.
            report.Check(InitStep.DeviceDirectory, Sys.MoveMount(context.Devices, root));
        }

        ImmutableArray<DeviceStep> devices = plan.Devices;
        for (int i = 0; i < devices.Length; i++)
        {
            Make(plan, devices[i], i, context, root, dev, report);
        }

        if (context.Devices >= 0)
        {
            report.Check(InitStep.DeviceDirectory, Sys.UmountDetach(context.Devices));
        }

        ImmutableArray<LinkStep> links = plan.Links;
        for (int i = 0; i < links.Length; i++)
        {
            MakeLink(links[i].Target.WithNul, dev, links[i].Name.WithNul, i, report);
        }

        // late: not every kernel has this device.
        if (RootPath.Find(root, "/proc/kcore\0"u8, OpenFlags.ReadOnly, out int kcore) == Errno.None)
        {
            Sys.Close(kcore);
            MakeLink("/proc/kcore\0"u8, dev, "core\0"u8, links.Length, report);
        }

        Sys.Close(dev);
    }

    private static void Make(ContainerPlan plan, DeviceStep device, int item, InitContext context, int root, int dev, InitReport report)
    {
        ReadOnlySpan<byte> path = device.Path.WithNul;
        int slash = path.LastIndexOf((byte)'/');
        ReadOnlySpan<byte> name = path[(slash + 1)..];
        int parent = dev;
        if (!path[..slash].SequenceEqual("/dev"u8))
        {
            report.Check(InitStep.Device, item, Parent(root, path, slash, out parent));
        }

        Errno errno = Sys.Mknodat(parent, name, device.Mode, device.Major, device.Minor);
        if (errno == Errno.None)
        {
            if (device.Uid != 0 || device.Gid != 0)
            {
                Give(device, item, parent, name, report);
            }
        }
        else if (errno == Errno.EEXIST)
        {
            report.Check(InitStep.Device, item, Sys.StatxNoFollow(parent, name, out FileStatus status));
            CheckIdentity(device, item, status, errno, report);
        }
        else if (errno == Errno.EPERM)
        {
            // late: a user namespace cannot make devices; the host's device is bind mounted instead.
            BindFromHost(plan, device, item, context, parent, name, report);
        }
        else
        {
            report.Fail(InitStep.Device, item, errno);
        }

        if (parent != dev)
        {
            Sys.Close(parent);
        }
    }

    private static Errno Parent(int root, ReadOnlySpan<byte> path, int slash, out int parent)
    {
        Span<byte> directory = stackalloc byte[slash + 2];
        path[..slash].CopyTo(directory);
        directory[slash] = (byte)(slash == 0 ? '/' : 0);
        directory[slash + 1] = 0;
        return RootPath.FindOrMake(root, directory[..(slash == 0 ? 2 : slash + 1)], isDirectory: true, out parent);
    }

    // By descriptor: another container that shares the directory may have put a hard link to any file in the place of the new node.
    private static void Give(DeviceStep device, int item, int parent, ReadOnlySpan<byte> name, InitReport report)
    {
        report.Check(InitStep.Device, item, Sys.Openat(parent, name, OpenFlags.Path | OpenFlags.NoFollow, 0, out int node));
        report.Check(InitStep.Device, item, Sys.Statx(node, out FileStatus status));
        CheckIdentity(device, item, status, Errno.EEXIST, report);
        report.Check(InitStep.Device, item, Sys.Fchownat(node, "\0"u8, device.Uid, device.Gid));
        Sys.Close(node);
    }

    private static void CheckIdentity(DeviceStep device, int item, FileStatus status, Errno otherwise, InitReport report)
    {
        bool isFifo = status.Is(FileMode.Fifo);
        if (!status.Is(device.Mode & FileMode.TypeMask)
            || (!isFifo && (status.DeviceMajor != device.Major || status.DeviceMinor != device.Minor)))
        {
            report.Fail(InitStep.DeviceMismatch, item, otherwise);
        }
    }

    private static void BindFromHost(
        ContainerPlan plan, DeviceStep device, int item, InitContext context, int parent, ReadOnlySpan<byte> name, InitReport report)
    {
        Errno errno = Sys.OpenTreeClone(Sys.WorkingDirectory, device.Path.WithNul, recursive: false, out int mount);
        if (errno == Errno.ENOENT && context.Devices >= 0)
        {
            Span<byte> number = stackalloc byte[16];
            Utf8Formatter.TryFormat(item, number, out int digits);
            number[digits] = 0;
            errno = Sys.OpenTreeClone(context.Devices, number[..(digits + 1)], recursive: false, out mount);
        }

        // Without a user namespace, the error of mknod(2) is the one to report.
        report.Check(InitStep.Device, item, errno == Errno.ENOENT && !plan.Namespaces.HasUser ? Errno.EPERM : errno);
        report.Check(InitStep.Device, item, Sys.Statx(mount, out FileStatus status));
        CheckIdentity(device, item, status, Errno.EPERM, report);

        errno = Sys.Mknodat(parent, name, FileMode.Regular, 0, 0);
        if (errno != Errno.EEXIST)
        {
            report.Check(InitStep.Device, item, errno);
        }

        report.Check(InitStep.Device, item, Sys.Openat(parent, name, OpenFlags.Path | OpenFlags.NoFollow, 0, out int target));
        report.Check(InitStep.Device, item, Sys.MoveMount(mount, target));
        Sys.Close(target);
        Sys.Close(mount);
    }

    private static void MakeLink(ReadOnlySpan<byte> target, int dev, ReadOnlySpan<byte> name, int item, InitReport report)
    {
        Errno errno = Sys.Symlinkat(target, dev, name);
        if (errno == Errno.EEXIST)
        {
            // A link of the image stays, as with other runtimes; a ptmx device would belong to the host's devpts.
            errno = Errno.None;
            if (name.SequenceEqual("ptmx\0"u8) && Sys.StatxNoFollow(dev, name, out FileStatus status) == Errno.None
                && status.Is(FileMode.CharacterDevice))
            {
                Sys.Unlinkat(dev, name, isDirectory: false);
                errno = Sys.Symlinkat(target, dev, name);
            }
        }

        report.Check(InitStep.Link, item, errno);
    }
}
