using System;

namespace Punnet.Spec;

/// <summary>One value of a document: where it stands, and what stands there instead after an edit.</summary>
public sealed class SourceNode
{
    // No list: a type of its own costs each start of punnet.
    private SourceNode[] _children = [];
    private int _count;

    internal SourceNode(SourceNode? parent, int start, string? name)
    {
        Parent = parent;
        Start = start;
        Name = name;
        Index = parent is { IsList: true } ? parent._count : -1;
        parent?.Append(this);
    }

    /// <summary>The object or list that it is in; null for the document.</summary>
    public SourceNode? Parent { get; }

    /// <summary>Its property, as written between the quotes; null in a list.</summary>
    public string? Name { get; }

    /// <summary>Its place in a list, as written; -1 in an object.</summary>
    public int Index { get; }

    /// <summary>Its first byte.</summary>
    public int Start { get; }

    /// <summary>The first byte of its name, where it has one.</summary>
    public int NameStart { get; internal init; }

    /// <summary>The byte behind it.</summary>
    public int End { get; internal set; }

    /// <summary>Whether it is an object.</summary>
    public bool IsObject { get; internal init; }

    /// <summary>Whether it is a list.</summary>
    public bool IsList { get; internal init; }

    /// <summary>What is in it, in the order of the document, with what was removed.</summary>
    public ReadOnlySpan<SourceNode> Children => _children.AsSpan(0, _count);

    /// <summary>Whether it was taken out.</summary>
    public bool IsRemoved { get; private set; }

    /// <summary>JSON that stands here instead, or null.</summary>
    public string? Replacement { get; private set; }

    /// <summary>Whether it is as it was written.</summary>
    public bool IsWritten => !IsRemoved && Replacement is null;

    /// <summary>Takes it out.</summary>
    public void Remove() => IsRemoved = true;

    /// <summary>Puts something else here.</summary>
    public void Replace(string json) => Replacement = json;

    /// <summary>Adds something to an object or a list, at the place of that itself.</summary>
    public void Add(string? name, string json) => new SourceNode(this, Start, name) { End = Start, NameStart = Start }.Replace(json);

    /// <summary>Whether something was taken out of it, and nothing is left.</summary>
    public bool IsEmptied
    {
        get
        {
            bool isEmptied = _count > 0;
            foreach (SourceNode child in Children)
            {
                isEmptied &= child.IsRemoved;
            }

            return isEmptied;
        }
    }

    private void Append(SourceNode child)
    {
        if (_count == _children.Length)
        {
            Array.Resize(ref _children, (_count * 2) + 4);
        }

        _children[_count++] = child;
    }
}
