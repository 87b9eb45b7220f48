using Punnet.Abi;
using Punnet.Host.State;
using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>
/// Makes a layer: beside its place, then synced, then renamed. After a kill at any moment, there is nothing by that name or
/// the whole.
/// </summary>
public sealed class LayerCommit
{
    private readonly Container _container;
    private readonly ContainerLayers _layers;
    private readonly string _upper;
    private readonly bool _isPaused;
    private readonly Log _log;

    /// <summary>Of a container's top layer.</summary>
    /// <param name="container">The container.</param>
    /// <param name="layers">What it runs on.</param>
    /// <param name="upper">Its top layer.</param>
    /// <param name="isPaused">Whether it is paused meanwhile.</param>
    /// <param name="log">Gets the files that are left out.</param>
    public LayerCommit(Container container, ContainerLayers layers, string upper, bool isPaused, Log log)
    {
        _container = container;
        _layers = layers;
        _upper = upper;
        _isPaused = isPaused;
        _log = log;
    }

    /// <summary>As a directory that can be a layer of other containers.</summary>
    /// <exception cref="PunnetException">Something is there already, or the layer cannot be understood.</exception>
    /// <exception cref="SysException">A file cannot be read or made.</exception>
    public void ToDirectory(string destination)
    {
        PendingSignals.Begin();
        (string parentPath, string name) = Split(destination);
        using Descriptor parent = OpenParent(parentPath, name, destination);
        using TemporaryEntry layer = TemporaryEntry.MakeDirectory(parent.Number), links = TemporaryEntry.MakeDirectory(parent.Number);
        Sys.Openat(layer.Descriptor, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out int target).OrThrow("open the new layer");
        CommitProgress progress = new();
        using (LayerCopy copy = new(target, links, _layers.UsesUserXattr, progress))
        {
            // The ids stay as they are stored: see IdTranslation.
            Read(copy, IdTranslation.None);
        }

        progress.End();
        Publish(layer, parent, name, destination);
    }

    /// <summary>As an OCI layer.</summary>
    /// <param name="destination">A file that does not exist yet, or <c>-</c>.</param>
    /// <param name="isCompressed">gzip.</param>
    /// <exception cref="PunnetException">Something is there already, or the layer cannot be a tar.</exception>
    /// <exception cref="SysException">A file cannot be read, or the tar not be written.</exception>
    public void ToTar(string destination, bool isCompressed)
    {
        PendingSignals.Begin();
        if (destination == "-")
        {
            Output.Write([]); // Whether it is open at all.
            WriteTar(new TarOutput(1, "standard output", isCompressed));
            return;
        }

        (string parentPath, string name) = Split(destination);
        using Descriptor parent = OpenParent(parentPath, name, destination);
        using TemporaryEntry file = TemporaryEntry.MakeFile(parent.Number);
        WriteTar(new TarOutput(file.Descriptor, destination, isCompressed));
        Sys.Fchmod(file.Descriptor, Permissions.Mode0644).OrThrow("set the permissions of", destination);
        Publish(file, parent, name, destination);
    }

    private void WriteTar(TarOutput output)
    {
        CommitProgress progress = new();
        LayerTar tar = new(output, progress, _log);
        Read(tar, _layers.FindIds());
        tar.End();
        progress.End();
    }

    private void Read(ILayerVisitor visitor, IdTranslation ids)
    {
        using LowerLayers lower = new(_layers.Lower, _layers.Marks);
        using LayerPause pause = LayerPause.Begin(_container, _isPaused, _log);
        MountPoints mountPoints = _layers.FindMountPoints(lower, _log);
        using LayerWalker tree = new(_upper, _layers.Marks, ids, mountPoints);
        tree.Walk(visitor);
    }

    private static void Publish(TemporaryEntry made, Descriptor parent, string name, string destination)
    {
        Sys.Syncfs(made.Descriptor).OrThrow("write to the disk", destination);
        PendingSignals.Check();
        Errno errno = made.Become(CString.Of(name).WithNul);
        if (errno == Errno.EEXIST)
        {
            throw Exists(destination);
        }

        errno.OrThrow("make", destination);
        Sys.Fsync(parent.Number).OrThrow("write to the disk the directory of", destination);
    }

    private static (string Parent, string Name) Split(string destination)
    {
        string path = destination.TrimEnd('/');
        int slash = path.LastIndexOf('/');
        string name = path[(slash + 1)..];
        return name is "" or "." or ".."
            ? throw new PunnetException("cannot make \"" + destination + "\": it has no name of its own")
            : (slash < 0 ? "." : slash == 0 ? "/" : path[..slash], name);
    }

    private Descriptor OpenParent(string parentPath, string name, string destination)
    {
        Descriptor parent = Descriptor.Open(parentPath, OpenFlags.ReadOnly | OpenFlags.Directory);
        TemporaryEntry.RemoveLeftovers(parent.Number, _log);

        // Checked before an hour of copying too; the check at the end decides.
        if (Sys.StatxNoFollow(parent.Number, CString.Of(name).WithNul, out _) == Errno.None)
        {
            parent.Dispose();
            throw Exists(destination);
        }

        return parent;
    }

    private static PunnetException Exists(string destination) => new(destination + " exists already: a commit replaces nothing");
}
