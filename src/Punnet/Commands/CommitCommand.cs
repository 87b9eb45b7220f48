using Punnet.Abi;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.Layers;
using Punnet.Host.State;
using Punnet.Kernel;

namespace Punnet.Commands;

/// <summary><c>commit</c>: what a container changed becomes a layer, as a directory or as an OCI layer tar.</summary>
internal static class CommitCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "commit",
        Arguments = "ID DEST, or --tar FILE ID",
        Summary = "make a layer of a container's changes",
        Examples = "punnet commit web /srv/layers/web\npunnet commit --tar - --gzip web >web.tar.gz",
        Takes = Command.Any,
        Options =
        [
            new("tar", "", "FILE", "write an OCI layer tar instead of a directory; - is standard output"),
            new("gzip", "", "", "compress the tar"),
            new("no-pause", "", "", "do not pause a running container"),
        ],
        MinArguments = 1,
        MaxArguments = 2,
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        string? tar = line.Value("tar");
        int wanted = tar is null ? 2 : 1;
        if (line.Positionals.Count != wanted)
        {
            throw new UsageException(tar is null
                ? "\"commit\" requires a container and a destination"
                : "\"commit --tar\" requires a container and nothing more");
        }

        if (line.Has("gzip") && tar is null)
        {
            throw new UsageException("--gzip is for --tar");
        }

        if (tar == "-" && Sys.GetWindowSize(1, out _) == Errno.None)
        {
            throw new UsageException("a tar is not for a terminal: send standard output elsewhere");
        }

        using Container container = Container.Find(globals.Store(), line.Positionals[0]);
        ContainerLayers layers = ContainerLayers.Of(container);
        string upper = layers.Upper
            ?? throw new PunnetException(
                "container " + container.Directory.Id + " has no top layer: its root is read-only, and there is nothing to commit");
        LayerCommit commit = new(container, layers, upper, isPaused: !line.Has("no-pause"), globals.Log);
        if (tar is null)
        {
            commit.ToDirectory(line.Positionals[1]);
        }
        else
        {
            commit.ToTar(tar, line.Has("gzip"));
        }

        return 0;
    }
}
