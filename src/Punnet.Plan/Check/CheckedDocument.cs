using System;
using System.Collections.Generic;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>A document under a check: its values with their lines, and what was found so far.</summary>
public sealed class CheckedDocument
{
    private readonly List<Finding> _found = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>Takes a document.</summary>
    /// <param name="text">UTF-8, which may be anything.</param>
    public CheckedDocument(byte[] text) => Source = new SourceDocument(text);

    /// <summary>The document, as the check has changed it to go on.</summary>
    public SourceDocument Source { get; }

    /// <summary>What was found, in the order of the document.</summary>
    public IReadOnlyList<Finding> Findings
    {
        get
        {
            // By insertion: what stands at one place keeps its order.
            List<Finding> sorted = [];
            foreach (Finding found in _found)
            {
                int place = sorted.Count;
                while (place > 0 && sorted[place - 1].Offset > found.Offset)
                {
                    place--;
                }

                sorted.Insert(place, found);
            }

            return sorted;
        }
    }

    /// <summary>Whether the value at a place is as its author has written it.</summary>
    public bool IsWritten(string place) => Source.IsWritten(place);

    /// <summary>Notes that <c>create</c> or <c>start</c> would fail.</summary>
    /// <param name="place">In the document as it is now.</param>
    /// <param name="problem">The sentence.</param>
    /// <param name="hint">What to do about it, or null.</param>
    public void Error(string place, string problem, string? hint = null) => Add(isError: true, place, problem, hint);

    /// <summary>Notes what is probably not meant as it is written.</summary>
    /// <param name="place">In the document as it is now.</param>
    /// <param name="problem">The sentence.</param>
    /// <param name="hint">What to do about it, or null.</param>
    public void Warn(string place, string problem, string? hint = null) => Add(isError: false, place, problem, hint);

    /// <summary>Notes a sentence that starts with its place, as warnings of a plan do.</summary>
    public void Warn(string sentence)
    {
        int end = sentence.IndexOf(": ", StringComparison.Ordinal);
        int hint = sentence.IndexOf("; did you mean ", StringComparison.Ordinal);
        if (end >= 0)
        {
            Warn(sentence[..end], hint < 0 ? sentence[(end + 2)..] : sentence[(end + 2)..hint], hint < 0 ? null : sentence[(hint + 2)..]);
        }
    }

    /// <summary>Notes that the text is not JSON.</summary>
    internal void Refuse(SpecException syntax) =>
        Add(true, int.MaxValue, syntax.Position ?? new TextPosition(1, 1), "", syntax.Problem, syntax.Hint);

    /// <summary>Notes that the search for more has ended.</summary>
    internal void RefuseMore() => Add(
        true, int.MaxValue, Source.PositionOf(int.MaxValue), "",
        "there may be more problems: the first " + DocumentRepair.MostErrors.ToString() + " errors are shown", null);

    /// <summary>Notes the properties that the reader did not know.</summary>
    internal void Add(UnknownProperties unknown)
    {
        foreach (UnknownProperty property in unknown.Found)
        {
            Warn(
                property.Place, "is not a property that the specification has here, and is ignored",
                property.Nearest is null ? null : "did you mean \"" + property.Nearest + "\"?");
        }
    }

    /// <summary>Notes something of a value that is not the one at its place.</summary>
    internal void WarnOf(SourceNode node, string problem) =>
        Add(false, node.NameStart, Source.PositionOf(node.NameStart), SourceDocument.PlaceOf(node), problem, null);

    private void Add(bool isError, string place, string problem, string? hint)
    {
        SourceNode node = Source.Find(place, out string rest);

        // What the check itself has taken out is not missing, and what it has put in is not the author's.
        if (SourceDocument.WasRemoved(node, rest) || (isError && rest.Length == 0 && node.IsEmptied)
            || (node.Replacement is not null && (rest.Length > 0 || node.End == node.Start)))
        {
            return;
        }

        string written = SourceDocument.PlaceOf(node, place);
        bool isAboutName = rest.Length == 0 && node.Name is not null && problem.StartsWith("is not a property", StringComparison.Ordinal);
        int offset = isAboutName ? node.NameStart : node.Start;
        Add(isError, offset, Source.PositionOf(offset), written, problem, hint);
    }

    private void Add(bool isError, int offset, TextPosition position, string place, string problem, string? hint)
    {
        if (_seen.Add(place + "\n" + problem))
        {
            _found.Add(
                new Finding { IsError = isError, Offset = offset, Position = position, Place = place, Problem = problem, Hint = hint });
        }
    }
}
