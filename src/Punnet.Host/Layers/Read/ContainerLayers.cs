using System.Collections.Generic;
using Punnet.Host.State;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet.Host.Layers;

/// <summary>The layers that a container runs on, as <c>diff</c> and <c>commit</c> use them.</summary>
public sealed class ContainerLayers
{
    private readonly Container _container;
    private readonly OverlayRecord _overlay;

    private ContainerLayers(Container container, OverlayRecord overlay)
    {
        _container = container;
        _overlay = overlay;
        Marks = new OverlayXattrs(overlay.UserXattr);
    }

    /// <summary>Which attributes are overlayfs's.</summary>
    public OverlayXattrs Marks { get; }

    /// <summary>Whether the container's overlay is mounted with <c>userxattr</c>.</summary>
    public bool UsesUserXattr => _overlay.UserXattr;

    /// <summary>The layers below, the lowest first.</summary>
    public IReadOnlyList<string> Lower => _overlay.Layers;

    /// <summary>The top layer; null when the container cannot change its root.</summary>
    public string? Upper => _overlay.Upper;

    /// <summary>Finds them.</summary>
    /// <exception cref="PunnetException">The container does not run on layers, or its top layer cannot be reached.</exception>
    public static ContainerLayers Of(Container container)
    {
        if (container.Status == ContainerStatus.Creating)
        {
            throw new PunnetException("container " + container.Directory.Id + " is being created");
        }

        OverlayRecord overlay = container.Record?.Overlay ?? throw new PunnetException(
            "container " + container.Directory.Id
                + " does not run on layers (run --layer): its changes are in its root, and nothing says which they are");
        if (overlay.UpperTmpfs is not null)
        {
            throw new PunnetException(
                "the top layer of container " + container.Directory.Id + " is a tmpfs that only the container reaches (--upper-tmpfs)");
        }

        Sys.RaiseRlimit(Abi.ResourceLimit.OpenFiles);
        return new ContainerLayers(container, overlay);
    }

    /// <summary>Translates the ids in the top layer to the container's.</summary>
    /// <exception cref="PunnetException">The bundle no longer tells them.</exception>
    public IdTranslation FindIds()
    {
        if (!_overlay.UserXattr || _container.Record!.Owner == 0)
        {
            return IdTranslation.None;
        }

        Linux? linux = ReadConfig().Linux;
        return new IdTranslation(linux?.UidMappings ?? [], linux?.GidMappings ?? []);
    }

    /// <summary>Mount points that punnet has made in the top layer, as far as the bundle still tells them.</summary>
    /// <param name="lower">The layers below.</param>
    /// <param name="log">Gets a warning when the bundle does not tell.</param>
    public MountPoints FindMountPoints(LowerLayers lower, Log log)
    {
        List<string> destinations = [];
        try
        {
            foreach (Mount mount in ReadConfig().Mounts)
            {
                if (mount.Destination is string destination)
                {
                    destinations.Add(destination);
                }
            }
        }
        catch (System.Exception failure)
            when (failure is SpecException or PunnetException || (failure is SysException call && !call.Errno.IsShortage()))
        {
            log.Debug("mount points count as changes, since the bundle does not tell them: " + failure.Message);
            return MountPoints.None;
        }

        return MountPoints.Find(Upper!, lower, destinations);
    }

    private Config ReadConfig() =>
        BundleFile.Refusing(() => ConfigReader.ReadConfig(HostFile.ReadWithinLimit(_container.Record!.ConfigPath)));
}
