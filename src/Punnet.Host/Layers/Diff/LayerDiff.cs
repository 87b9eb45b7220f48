using System;
using System.Collections.Generic;
using Punnet.Abi;

namespace Punnet.Host.Layers;

/// <summary>
/// What a container changed against the layers below: a file of the top layer that they have too is compared with theirs, since a
/// file that was only opened for writing has been copied up without a change.
/// </summary>
public sealed class LayerDiff : ILayerVisitor
{
    private readonly List<LayerChange> _changes = [];
    private readonly Stack<Level> _levels = new();
    private readonly LowerLayers _lower;
    private readonly OverlayXattrs _marks;
    private readonly MountPoints _mountPoints;

    /// <summary>Compares with these layers.</summary>
    /// <param name="lower">The layers below.</param>
    /// <param name="marks">Which attributes are overlayfs's.</param>
    /// <param name="mountPoints">What does not count.</param>
    public LayerDiff(LowerLayers lower, OverlayXattrs marks, MountPoints mountPoints)
    {
        _lower = lower;
        _marks = marks;
        _mountPoints = mountPoints;
    }

    /// <inheritdoc/>
    public bool WantsContent => false;

    /// <summary>The changes, sorted by the bytes of their paths.</summary>
    public List<LayerChange> Sorted()
    {
        _changes.Sort(new Comparison<LayerChange>(ByPath));
        return _changes;
    }

    private static int ByPath(LayerChange left, LayerChange right) => string.CompareOrdinal(left.Path, right.Path);

    /// <inheritdoc/>
    public void Enter(LayerNode directory)
    {
        if (_levels.Count == 0)
        {
            _levels.Push(new Level { IsBelow = true });
            return;
        }

        Level above = _levels.Peek();
        Level level = new() { IsOpaque = above.IsOpaque || directory.IsOpaque };
        LowerFile before = default;
        bool exists = above.IsBelow && _lower.TryFind(directory.Name, out before);
        level.IsNew = !exists;
        if (exists && before.Status.Is(FileMode.Directory))
        {
            level.IsChanged = IsChangedDirectory(directory, before);
            level.IsBelow = _lower.TryEnter(directory.Name);
        }
        else
        {
            level.IsChanged = true;
        }

        _levels.Push(level);
    }

    /// <inheritdoc/>
    public void Leave(LayerNode directory)
    {
        Level level = _levels.Pop();
        if (level.IsBelow && level.IsOpaque)
        {
            ReportHidden(directory, level);
        }

        if (_levels.Count == 0)
        {
            return;
        }

        if (level.IsBelow)
        {
            _lower.Leave();
        }

        if (level.IsChanged)
        {
            _changes.Add(new LayerChange(level.IsNew ? 'A' : 'C', directory.Path));
            _levels.Peek().IsChanged = true;
        }
    }

    /// <inheritdoc/>
    public void Hide(LayerNode whiteout)
    {
        Level level = _levels.Peek();
        if (level.IsBelow && _lower.TryFind(whiteout.Name, out _))
        {
            Report(level, 'D', whiteout.Path);
        }
    }

    /// <inheritdoc/>
    public void Visit(LayerNode file)
    {
        Level level = _levels.Peek();
        if (!level.IsBelow || !_lower.TryFind(file.Name, out LowerFile before))
        {
            Report(level, 'A', file.Path);
        }
        else if (IsChanged(file, before))
        {
            Report(level, 'C', file.Path);
        }
    }

    private void ReportHidden(LayerNode directory, Level level)
    {
        HashSet<string> kept = new(directory.Names, StringComparer.Ordinal);
        foreach (string name in _lower.Names())
        {
            if (!kept.Contains(name))
            {
                Report(level, 'D', directory.Path + "/" + name);
            }
        }
    }

    private void Report(Level level, char kind, string path)
    {
        level.IsChanged = true;
        _changes.Add(new LayerChange(kind, path));
    }

    private bool IsChangedDirectory(LayerNode now, LowerFile before) => HasOtherAttributes(now, before)
        || (!IsSameTime(now.Status.Modified, before.Status.Modified) && !_mountPoints.HasBelow(now.Path, now.Names));

    private bool IsChanged(LayerNode now, LowerFile before)
    {
        FileStatus current = now.Status, was = before.Status;
        bool isDevice = current.Is(FileMode.CharacterDevice) || current.Is(FileMode.BlockDevice);
        return current.Mode != was.Mode
            || (isDevice && (current.DeviceMajor != was.DeviceMajor || current.DeviceMinor != was.DeviceMinor))
            || current.Size != was.Size
            || !IsSameTime(current.Modified, was.Modified)
            || HasOtherAttributes(now, before)
            || (current.Is(FileMode.SymbolicLink)
                && !LinkTarget.Read(now.Parent, now.Name).AsSpan().SequenceEqual(LinkTarget.Read(before.Directory, now.Name)))
            || (current.Is(FileMode.Regular) && !ContentComparison.IsSame(now.Parent, before.Directory, now.Name));
    }

    private bool HasOtherAttributes(LayerNode now, LowerFile before)
    {
        if (now.Status.Mode != before.Status.Mode || now.Status.Uid != before.Status.Uid || now.Status.Gid != before.Status.Gid)
        {
            return true;
        }

        List<ExtendedAttribute> was = ExtendedAttribute.OfName(before.Directory, now.Name);
        if (_marks.Take(was).Refusal is string refusal)
        {
            throw new PunnetException("cannot read the layers: " + FileNameBytes.Printable(now.Path) + " of one " + refusal);
        }

        if (was.Count != now.Attributes.Count)
        {
            return true;
        }

        for (int i = 0; i < was.Count; i++)
        {
            if (was[i].Name != now.Attributes[i].Name || !was[i].Value.AsSpan().SequenceEqual(now.Attributes[i].Value))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsSameTime(FileTime left, FileTime right) => left.Seconds == right.Seconds && left.Nanoseconds == right.Nanoseconds;

    // One directory on the way to what is visited.
    private sealed class Level
    {
        /// <summary>The layers below have this directory too.</summary>
        public bool IsBelow { get; set; }

        /// <summary>Nothing of theirs shows in it.</summary>
        public bool IsOpaque { get; init; }

        /// <summary>The layers below have nothing by this name.</summary>
        public bool IsNew { get; set; }

        /// <summary>It, or something in it, has changed.</summary>
        public bool IsChanged { get; set; }
    }
}
