using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// overlayfs.rst: the container's root as a stack of layers; and lower layers of a mount whose names do not fit into one parameter.
/// </summary>
internal static class OverlayPlanner
{
    /// <summary>Where the layers are stacked: root.path, or a directory in the state directory where there is nothing at that.</summary>
    public static string MountPoint(Config config, string bundle, LayerRequest request) => request.Root == RootContent.Missing
        ? request.StateDirectory + "/rootfs"
        : PathText.Join(bundle, config.Root!.Path!);

    /// <summary>Plans a root of layers.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="root">root.path, absolute.</param>
    /// <param name="bundle">Where relative paths start.</param>
    /// <param name="isReadOnly">root.readonly.</param>
    /// <param name="hasUser">Whether the container has a user namespace.</param>
    /// <param name="facts">The host.</param>
    /// <exception cref="SpecException">The request contradicts itself.</exception>
    public static OverlayPlan Plan(LayerRequest request, string root, string bundle, bool isReadOnly, bool hasUser, HostFacts facts)
    {
        if (request.Upper is not null && request.TmpfsSize is not null)
        {
            throw new SpecException(request.TmpfsPlace, "changes go to one place: " + request.Upper.Place + " is given too");
        }

        if (request.TmpfsSize <= 0)
        {
            throw new SpecException(request.TmpfsPlace, "a tmpfs needs at least 1 byte");
        }

        ImmutableArray<LayerStep> layers = Layers(request, root, bundle);
        bool isOwn = request.Upper is null && request.TmpfsSize is null && !isReadOnly;
        bool isKept = request.Upper is not null;
        return new OverlayPlan
        {
            Layers = layers,
            Upper = isOwn ? CString.Of(request.StateDirectory + "/upper") : isKept ? Path(request.Upper!, bundle) : default,
            UpperPlace = request.Upper?.Place ?? "",
            TmpfsSize = request.TmpfsSize is long size
                ? CString.Of(size.ToString(System.Globalization.CultureInfo.InvariantCulture)) : default,
            OwnsUpper = isOwn,
            MapsIds = hasUser && facts.EffectiveUser == 0,
            UserXattr = hasUser,
            Options = Options(hasUser, isLost: isOwn || request.TmpfsSize is not null),
        };
    }

    /// <summary>
    /// One <c>lowerdir+</c> (Linux 6.5) a layer for a list of layers that is too long for <c>lowerdir</c>; null where the list is
    /// short enough, which every kernel takes, or where it cannot be divided.
    /// </summary>
    /// <param name="value">What stands after <c>lowerdir=</c>.</param>
    /// <param name="place">Its place.</param>
    /// <exception cref="SpecException">One layer alone is too long.</exception>
    public static List<MountParameter>? Divide(string value, string place)
    {
        // A backslash quotes a colon for lowerdir, but is a letter for lowerdir+; two colons stand before layers of data only.
        if (JsonPath.Text(value, place).Text.Length <= MountParameter.LongestValue
            || value.Contains('\\', StringComparison.Ordinal) || value.Contains("::", StringComparison.Ordinal))
        {
            return null;
        }

        List<MountParameter> layers = [];
        foreach (string layer in value.Split(':'))
        {
            layers.Add(MountParameter.Of("lowerdir+", layer, place));
        }

        return layers;
    }

    private static ImmutableArray<LayerStep> Layers(LayerRequest request, string root, string bundle)
    {
        bool hasRoot = request.Root == RootContent.Filled;
        int count = request.Layers.Length + (hasRoot ? 1 : 0);
        if (count == 0)
        {
            throw new SpecException("root.path", "there is nothing in it, and no layer is given");
        }

        if (count > OverlayPlan.MostLayers)
        {
            throw new SpecException(
                request.Layers[^1].Place,
                count.ToString() + (hasRoot ? " layers with root.path" : " layers") + ", and the kernel stacks at most "
                    + OverlayPlan.MostLayers.ToString());
        }

        ImmutableArray<LayerStep>.Builder steps = ImmutableArray.CreateBuilder<LayerStep>(count);
        if (hasRoot)
        {
            steps.Add(new LayerStep(JsonPath.Text(root, "root.path"), "root.path"));
        }

        foreach (RequestedPath layer in request.Layers)
        {
            steps.Add(new LayerStep(Path(layer, bundle), layer.Place));
        }

        return steps.MoveToImmutable();
    }

    // ".." stays: behind a symbolic link it means another directory than the letters say.
    private static CString Path(RequestedPath requested, string bundle) => requested.Path.Length == 0
        ? throw new SpecException(requested.Place, "is empty: expected the path of a directory")
        : JsonPath.Text(requested.Path.StartsWith('/') ? requested.Path : bundle + "/" + requested.Path, requested.Place);

    // What a module parameter of the host could turn on would change what is in the upper directory, and what may become a layer.
    private static ImmutableArray<MountParameter> Options(bool userXattr, bool isLost)
    {
        ImmutableArray<MountParameter>.Builder options = ImmutableArray.CreateBuilder<MountParameter>();
        options.Add(new MountParameter(CString.Of("index"), CString.Of("off")));
        if (userXattr)
        {
            // Implies the other two.
            options.Add(new MountParameter(CString.Of("userxattr"), default));
        }
        else
        {
            options.Add(new MountParameter(CString.Of("metacopy"), CString.Of("off")));
            options.Add(new MountParameter(CString.Of("redirect_dir"), CString.Of("off")));
        }

        if (isLost)
        {
            // Nobody waits for the disk on behalf of what goes with the container.
            options.Add(new MountParameter(CString.Of("volatile"), default));
        }

        return options.ToImmutable();
    }
}
