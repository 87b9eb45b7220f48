using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>A property that the specification does not have. It is ignored, as config.md#extensibility demands.</summary>
/// <param name="Place">Where it stands, such as <c>mounts[3].optons</c>.</param>
/// <param name="Nearest">The known name that was probably meant, or null.</param>
public sealed record UnknownProperty(string Place, string? Nearest);

/// <summary>Collects the properties that the specification does not have, to warn about a misspelt one.</summary>
public sealed class UnknownProperties
{
    private readonly List<UnknownProperty> _found = [];

    /// <summary>What was found, in the order of the document.</summary>
    public IReadOnlyList<UnknownProperty> Found => _found;

    /// <summary>Notes one property.</summary>
    /// <param name="place">Where it stands.</param>
    /// <param name="name">Its name.</param>
    /// <param name="known">The names that are known there, separated by blanks.</param>
    internal void Add(string place, string name, string known) =>
        _found.Add(new UnknownProperty(place, NearestWord.Of(name, known.Split(' '))));
}
