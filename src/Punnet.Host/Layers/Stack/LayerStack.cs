using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Host.State;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Host.Layers;

/// <summary>
/// The host side of a root of layers: each directory is opened once, checked, and from then on only that descriptor is used, whatever
/// becomes of its path.
/// </summary>
public sealed class LayerStack : IDisposable
{
    private readonly OverlayPlan _plan;
    private readonly List<LayerDirectory> _layers = [];
    private readonly List<int> _opened = [];
    private UpperDirectory? _upper;

    private LayerStack(OverlayPlan plan) => _plan = plan;

    /// <summary>What the new process gets; after <see cref="Prepare"/>.</summary>
    public LayerFds? Fds { get; private set; }

    /// <summary>What the state keeps.</summary>
    public OverlayRecord Record { get; private set; } = new() { Layers = [] };

    /// <summary>Opens the layers and checks that they can be stacked; nothing is made.</summary>
    /// <returns>Null for an ordinary root.</returns>
    /// <exception cref="PunnetException">A directory cannot be used.</exception>
    public static LayerStack? Open(OverlayPlan? plan)
    {
        if (plan is null)
        {
            return null;
        }

        LayerStack stack = new(plan);
        try
        {
            stack.Find();
            return stack;
        }
        catch
        {
            stack.Dispose();
            throw;
        }
    }

    /// <summary>Makes the upper directory and takes the layers out of reach of any path.</summary>
    /// <param name="directory">The container's state directory.</param>
    /// <param name="mountPoint">Where the root is going to be.</param>
    /// <param name="user">A user namespace whose ids the files get, or -1.</param>
    /// <exception cref="PunnetException">Something cannot be used.</exception>
    /// <exception cref="SysException">The mount point cannot be made.</exception>
    public void Prepare(ContainerDirectory directory, string mountPoint, int user)
    {
        FileStatus model = _layers[^1].Status;
        if (mountPoint == directory.Path + "/rootfs")
        {
            Sys.Mkdirat(directory.Number, "rootfs\0"u8, Permissions.Mode0755).OrThrow("make", mountPoint);
        }

        if (_plan.OwnsUpper)
        {
            _upper = UpperDirectory.Own(_plan, directory);
        }

        _upper?.Take(model, directory.Path);
        bool isPrivileged = Sys.Geteuid() == 0;
        ImmutableArray<int>.Builder mounts = ImmutableArray.CreateBuilder<int>(_layers.Count);
        for (int i = 0; i < _layers.Count; i++)
        {
            mounts.Add(isPrivileged ? Clone(_plan.Layers[i], _layers[i], user) : -1);

            // The same number of mounts follows; both at once may exceed the limit of open files.
            _layers[i].Dispose();
        }

        int parent = -1, upper = -1, work = -1;
        if (_upper is not null && isPrivileged)
        {
            parent = CloneUpper(user);
            _upper.Open(parent, out upper, out work);
            _opened.AddRange([upper, work]);
        }

        Fds = new LayerFds(
            mounts.MoveToImmutable(), parent, upper, work,
            _upper is null ? default : CString.Of(_upper.Parent.Path),
            _upper is null ? default : CString.Of(_upper.Name),
            _upper is null ? default : CString.Of(_upper.WorkName));
    }

    /// <summary>Releases a kept upper directory, after a failure.</summary>
    public void Undo(string stateDirectory) => _upper?.Undo(stateDirectory);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (LayerDirectory layer in _layers)
        {
            layer.Dispose();
        }

        foreach (int descriptor in _opened)
        {
            Sys.Close(descriptor);
        }

        _upper?.Dispose();
    }

    private void Find()
    {
        List<string> paths = new(_plan.Layers.Length);
        foreach (LayerStep step in _plan.Layers)
        {
            Errno errno = LayerDirectory.Open(Sys.WorkingDirectory, step.Path, out LayerDirectory? layer);
            if (errno != Errno.None)
            {
                throw LayerFailures.Layer(step, errno);
            }

            _layers.Add(layer!);
            paths.Add(layer!.Path);
        }

        if (!_plan.Upper.IsNull && !_plan.OwnsUpper)
        {
            _upper = UpperDirectory.Find(_plan);
        }

        LayerOverlap.Check(_plan, _layers, _upper);
        Record = new OverlayRecord
        {
            Layers = paths,
            Upper = _plan.Upper.IsNull ? null : _upper?.Path ?? _plan.Upper.ToString(),
            UpperTmpfs = _plan.TmpfsSize.IsNull
                ? null
                : ulong.Parse(_plan.TmpfsSize.ToString(), System.Globalization.CultureInfo.InvariantCulture),
            OwnsUpper = _plan.OwnsUpper,
            UserXattr = _plan.UserXattr,
        };
    }

    private int Clone(LayerStep step, LayerDirectory layer, int user)
    {
        Errno errno = layer.Clone(user, out int mount, out bool isMapping);
        if (errno != Errno.None)
        {
            throw isMapping ? LayerFailures.Mapping(step, errno) : LayerFailures.Layer(step, errno);
        }

        _opened.Add(mount);
        return mount;
    }

    private int CloneUpper(int user)
    {
        Errno errno = _upper!.Parent.Clone(user, out int mount, out bool isMapping);
        if (errno != Errno.None)
        {
            throw isMapping ? LayerFailures.UpperMapping(_plan, errno) : LayerFailures.Upper(_plan, errno);
        }

        _opened.Add(mount);
        return mount;
    }
}
