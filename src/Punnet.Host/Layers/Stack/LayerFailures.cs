using Punnet.Abi;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Layers;

/// <summary>Errors of a root of layers.</summary>
public static class LayerFailures
{
    /// <summary>A failure of the new process.</summary>
    public static PunnetException Of(OverlayPlan plan, InitStep step, int item, Errno errno) => step switch
    {
        InitStep.Layer => Layer(plan.Layers[item], errno),
        InitStep.LayerUpper => Upper(plan, errno),
        InitStep.LayerMarks => Marks(plan, errno),
        _ => Stack(plan, errno),
    };

    /// <summary>A layer that cannot be used.</summary>
    public static PunnetException Layer(LayerStep layer, Errno errno) => new(
        Name(layer) + ": " + errno.Words(),
        errno == Errno.EINVAL
            ? "its mount may be unbindable, or belong to another mount namespace"
            : PathCause.Of(layer.Path.ToString(), errno));

    /// <summary>A layer whose files cannot get other owners.</summary>
    public static PunnetException Mapping(LayerStep layer, Errno errno) => new(
        Name(layer) + ": the ids of its file system, " + MountInfo.TypeAt(layer.Path) + ", cannot be mapped: " + errno.Words(),
        errno == Errno.EPERM ? "mapping the ids of a mount needs CAP_SYS_ADMIN on the host" : null);

    /// <summary>An upper directory that cannot be used.</summary>
    public static PunnetException Upper(OverlayPlan plan, Errno errno) => Upper(
        plan, errno.Words(), plan.Upper.IsNull ? null : PathCause.Of(plan.Upper.ToString(), errno));

    /// <summary>An upper directory that cannot be used.</summary>
    public static PunnetException Upper(OverlayPlan plan, string why, string? hint = null) => plan.Upper.IsNull
        ? new PunnetException("cannot make a tmpfs of " + plan.TmpfsSize + " bytes for the changes of the container: " + why, hint)
        : new PunnetException("cannot use the upper directory " + plan.Upper + Place(plan) + ": " + why, hint);

    /// <summary>An upper directory whose files cannot get other owners.</summary>
    public static PunnetException UpperMapping(OverlayPlan plan, Errno errno) => Upper(
        plan,
        "the ids of its file system, " + MountInfo.TypeAt(plan.Upper) + ", cannot be mapped: " + errno.Words(),
        errno == Errno.EPERM ? "mapping the ids of a mount needs CAP_SYS_ADMIN on the host"
            : plan.OwnsUpper ? "give --upper DIR on another file system, --upper-tmpfs SIZE, or another --root" : null);

    // overlayfs.rst: in a user namespace its marks are attributes "user.overlay.…".
    private static PunnetException Marks(OverlayPlan plan, Errno errno)
    {
        string type = plan.Upper.IsNull ? "tmpfs" : MountInfo.TypeAt(plan.Upper);
        return Upper(
            plan,
            "in a user namespace its file system, " + type + ", must keep extended attributes of users: " + errno.Words(),
            type == "tmpfs"
                ? "a tmpfs does so from Linux 6.6 on; give --upper DIR on another file system"
                : "give --upper DIR on another file system, such as ext4, xfs or btrfs");
    }

    private static PunnetException Stack(OverlayPlan plan, Errno errno)
    {
        if (errno == Errno.ENODEV)
        {
            return new PunnetException("cannot stack the layers of the root: this kernel has no overlay file system: " + errno.Words());
        }

        if (errno is Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENXIO && !plan.Upper.IsNull)
        {
            return Upper(
                plan,
                "its file system, " + MountInfo.TypeAt(plan.Upper) + ", cannot take the changes of an overlay: " + errno.Words(),
                plan.OwnsUpper
                    ? "give --upper DIR on another file system, --upper-tmpfs SIZE, or another --root"
                    : "ext4, xfs, btrfs and tmpfs can; or give --upper-tmpfs SIZE");
        }

        string count = plan.Layers.Length == 1 ? "the layer" : plan.Layers.Length.ToString() + " layers";
        return new PunnetException(
            "cannot stack " + count + " of the root: " + errno.Words(),
            errno == Errno.ELOOP ? "one directory lies within another, or is the same by another mount"
                : errno == Errno.EINVAL && plan.MapsIds ? "layers with mapped ids need Linux 5.19"
                : null);
    }

    private static string Name(LayerStep layer) => "cannot use the layer " + layer.Path + " (" + layer.Place + ")";

    private static string Place(OverlayPlan plan) => plan.UpperPlace.Length == 0 ? "" : " (" + plan.UpperPlace + ")";
}
