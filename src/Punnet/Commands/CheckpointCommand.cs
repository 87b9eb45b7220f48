using Punnet.Abi;
using Punnet.Checkpoint;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.Checkpoint;
using Punnet.Host.State;
using Punnet.Kernel;
using Punnet.Lifecycle;
using Punnet.Plan;

namespace Punnet.Commands;

/// <summary><c>checkpoint</c>: writes the processes of a container to files, from which <c>restore</c> makes them again.</summary>
internal static class CheckpointCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "checkpoint",
        Arguments = "ID",
        Summary = "write a container's processes to files and remove it (needs criu)",
        Examples = "punnet checkpoint --image-path /srv/images web\npunnet checkpoint --leave-running --image-path /srv/images web",
        Takes = "running paused",
        Options =
        [
            .. CriuCommandLine.Options,
            new("leave-running", "", "", "leave the container running"),
            new("parent-path", "", "IMAGES", "earlier images, relative to the images: write only what has changed since"),
            new("pre-dump", "", "", "write only the memory, and leave the container running"),
            new("tcp-skip-in-flight", "", "", "skip TCP connections that are being made"),
            new("link-remap", "", "", "allow open files that were removed, by links in their place"),
            new("page-server", "", "ADDR:PORT", "send the memory to a page server"),
            new("status-fd", "", "FD", "descriptor that gets a byte when lazy pages can be served"),
        ],
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        bool preDump = line.Has("pre-dump");
        CriuFlags flags = CriuCommandLine.Of(line);
        string? parent = CriuCommandLine.Given(line, "parent-path");
        CheckParent(flags.Images, parent);
        CriuOptions options = flags.Options;
        options.LeaveRunning = line.Has("leave-running");
        options.ParentImages = parent;
        options.TrackMemory = preDump || parent is not null;
        options.TcpSkipInFlight = line.Has("tcp-skip-in-flight");
        options.LinkRemap = line.Has("link-remap");
        options.StatusDescriptor = CriuCommandLine.OpenDescriptor(line, "status-fd");
        CriuCommandLine.TakePageServer(CriuCommandLine.Given(line, "page-server"), options);
        using Container container = Container.Find(globals.Store(), line.Positionals[0]);
        if (container.Status is not (ContainerStatus.Running or ContainerStatus.Paused))
        {
            throw new PunnetException("Container cannot be checkpointed in " + container.StatusWord + " state");
        }

        ContainerCheckpoint.Run(container, flags, preDump, globals.Log);
        if (!preDump && !line.Has("leave-running"))
        {
            ContainerRemover.Remove(container, globals.Log);
        }

        return 0;
    }

    private static void CheckParent(string images, string? parent)
    {
        if (parent is null)
        {
            return;
        }

        if (parent.StartsWith('/'))
        {
            throw new UsageException("--parent-path must be relative to --image-path: " + parent);
        }

        // The directory of the images may not be there yet.
        string path = PathText.Join(images, parent) + "/";
        Errno errno = Sys.Faccessat(Sys.WorkingDirectory, CString.Of(path).WithNul, AccessMode.Exists);
        if (errno != Errno.None)
        {
            throw new UsageException("--parent-path: cannot use " + path + ": " + errno.Words());
        }
    }
}
