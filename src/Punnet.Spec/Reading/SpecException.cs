using System;

namespace Punnet.Spec;

/// <summary>
/// A document that cannot be accepted. The message is the whole sentence after the document's name, and starts with the place:
/// <c>linux.namespaces[2].type: "nett" is not a namespace</c>, or line and column where the text is not JSON.
/// </summary>
public sealed class SpecException : Exception
{
    /// <summary>Makes a refusal.</summary>
    /// <param name="place">Place in the document, such as <c>mounts[3].type</c>.</param>
    /// <param name="problem">What is wrong there and what was expected.</param>
    /// <param name="hint">A second line, such as <c>did you mean "network"?</c>; or null.</param>
    public SpecException(string place, string problem, string? hint = null)
        : base(place.Length == 0 ? problem : place + ": " + problem) => (Place, Problem, Hint) = (place, problem, hint);

    /// <summary>Place in the document.</summary>
    public string Place { get; }

    /// <summary>What is wrong there.</summary>
    public string Problem { get; }

    /// <summary>Line and column, where the text is not JSON.</summary>
    public TextPosition? Position { get; internal init; }

    /// <summary>Whether a newer punnet has written it: nothing is wrong with it.</summary>
    public bool IsNewer { get; internal init; }

    /// <summary>What to do about it, or null.</summary>
    public string? Hint { get; }
}
