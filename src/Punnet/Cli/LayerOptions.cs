using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Text;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Text;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Cli;

/// <summary>A root of layers as it is asked for: by options, or by annotations of config.json.</summary>
internal static class LayerOptions
{
    /// <summary>Options of create and run.</summary>
    public static Option[] Options =>
    [
        new("layer", "", "DIR", "stack DIR on the root file system; repeated, the lowest first"),
        new("upper", "", "DIR", "directory that keeps the container's changes"),
        new("upper-tmpfs", "", "SIZE", "keep the container's changes in memory, at most SIZE"),
    ];

    private const string Prefix = "org.punnet.rootfs.";

    /// <summary>What the command line asks for; paths are those of the working directory at this moment.</summary>
    /// <returns>Null when it asks for no layers.</returns>
    /// <exception cref="UsageException">A size is invalid.</exception>
    public static LayerRequest? Of(CommandLine line)
    {
        List<string> layers = line.Values("layer");
        string? upper = line.Value("upper");
        string? size = line.Value("upper-tmpfs");
        if (layers.Count == 0 && upper is null && size is null)
        {
            return null;
        }

        ImmutableArray<RequestedPath>.Builder paths = ImmutableArray.CreateBuilder<RequestedPath>(layers.Count);
        foreach (string layer in layers)
        {
            paths.Add(Path(layer, "--layer"));
        }

        return new LayerRequest
        {
            Layers = paths.MoveToImmutable(),
            Upper = upper is null ? null : Path(upper, "--upper"),
            TmpfsSize = size is null
                ? null
                : Size(size)
                    ?? throw new UsageException("invalid value \"" + size + "\" for flag -upper-tmpfs: a size such as 64M is expected"),
            TmpfsPlace = "--upper-tmpfs",
        };
    }

    /// <summary>Enters the bundle, as <see cref="BundleFile.Enter"/> does; who brings only layers is told what else is needed.</summary>
    /// <exception cref="PunnetException">There is no config.json, or it is not one.</exception>
    /// <exception cref="SysException">The bundle cannot be entered.</exception>
    public static Config Enter(string? bundle, string? file, Log log, out string path)
    {
        string place = HostPath.Absolute(bundle ?? ".");
        if (file is null && Sys.Faccessat(Sys.WorkingDirectory, CString.Of(place).WithNul, AccessMode.Exists) == Errno.None
            && Sys.Faccessat(Sys.WorkingDirectory, CString.Of(place + "/config.json").WithNul, AccessMode.Exists) == Errno.ENOENT)
        {
            throw new PunnetException(
                "cannot open " + place + "/config.json: " + Errno.ENOENT.Words(),
                "layers are the files of a container; \"punnet spec --bundle " + place
                    + "\" makes a config.json that says what runs in it");
        }

        return BundleFile.Enter(bundle, file, log, out path);
    }

    /// <summary>Adds what the annotations ask for.</summary>
    /// <param name="request">Of the command line, or null.</param>
    /// <param name="annotations">config.json's.</param>
    /// <returns>Null without layers.</returns>
    /// <exception cref="SpecException">An annotation is invalid, or conflicts with an option.</exception>
    public static LayerRequest? Add(LayerRequest? request, IReadOnlyDictionary<string, string> annotations)
    {
        foreach ((string key, string value) in annotations)
        {
            if (key.StartsWith(Prefix, StringComparison.Ordinal))
            {
                request = Add(request ?? new LayerRequest { Layers = [] }, key[Prefix.Length..], value, "annotations[\"" + key + "\"]");
            }
        }

        return request;
    }

    /// <summary>Looks at root.path: whether it is a layer, and where the layers go.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="root">root.path of config.json; null without one.</param>
    /// <param name="stateDirectory">The container's state directory, absolute.</param>
    public static LayerRequest Resolve(LayerRequest request, string? root, string stateDirectory) =>
        request with { Root = string.IsNullOrEmpty(root) ? RootContent.Missing : Look(root), StateDirectory = stateDirectory };

    // Relative to the bundle, the working directory by now. If it is not a directory, it is refused as a layer, with the kernel's words.
    private static RootContent Look(string root)
    {
        Errno errno =
            Sys.Openat(Sys.WorkingDirectory, CString.Of(root).WithNul, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out int directory);
        if (errno != Errno.None)
        {
            return errno == Errno.ENOENT ? RootContent.Missing : RootContent.Filled;
        }

        using Descriptor owned = new(directory);
        return DirectoryListing.All(directory).Count == 0 ? RootContent.Empty : RootContent.Filled;
    }

    private static LayerRequest Add(LayerRequest request, string name, string value, string place)
    {
        switch (name)
        {
            case "layers":
                return request.Layers.IsEmpty ? request with { Layers = Paths(value, place) } : throw Conflict(place, "--layer");
            case "upper":
                return request.Upper is null ? request with { Upper = new RequestedPath(value, place) } : throw Conflict(place, "--upper");
            case "upper-tmpfs":
                if (request.TmpfsSize is not null)
                {
                    throw Conflict(place, "--upper-tmpfs");
                }

                long size = Size(value) ?? throw new SpecException(place, "\"" + value + "\" is not a size such as 64M");
                return request with { TmpfsSize = size, TmpfsPlace = place };
            default:
                throw new SpecException(place, "is not known: expected layers, upper or upper-tmpfs after " + Prefix);
        }
    }

    private static SpecException Conflict(string place, string option) =>
        new(place, "conflicts with " + option + ": give only one of them");

    private static ImmutableArray<RequestedPath> Paths(string json, string place)
    {
        try
        {
            IReadOnlyList<string> written = ConfigReader.ReadStrings(Encoding.UTF8.GetBytes(json));
            ImmutableArray<RequestedPath>.Builder paths = ImmutableArray.CreateBuilder<RequestedPath>(written.Count);
            for (int i = 0; i < written.Count; i++)
            {
                paths.Add(new RequestedPath(written[i], place + "[" + i.ToString() + "]"));
            }

            return paths.MoveToImmutable();
        }
        catch (SpecException refusal)
        {
            throw new SpecException(place, "expected a JSON list of paths: " + refusal.Message);
        }
    }

    // An empty path stays empty: it is refused as such, and does not become the working directory.
    private static RequestedPath Path(string written, string place) =>
        new(written.Length == 0 ? written : HostPath.Absolute(written), place);

    private static long? Size(string text) => ByteSize.TryParse(text, out long bytes) && bytes > 0 ? bytes : null;
}
