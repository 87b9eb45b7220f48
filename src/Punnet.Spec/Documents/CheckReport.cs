using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>What <c>check</c> has found in a document. No record: what compares its members would cost each start of punnet.</summary>
/// <param name="file">The document, as the caller names it.</param>
/// <param name="findings">In the order of the document.</param>
public sealed class CheckReport(string file, IReadOnlyList<Finding> findings)
{
    /// <summary>The document, as the caller names it.</summary>
    public string File { get; } = file;

    /// <summary>In the order of the document.</summary>
    public IReadOnlyList<Finding> Findings { get; } = findings;

    /// <summary>How many of them are errors.</summary>
    public int Errors => Count(isError: true);

    /// <summary>How many of them are warnings.</summary>
    public int Warnings => Count(isError: false);

    private int Count(bool isError)
    {
        int count = 0;
        foreach (Finding finding in Findings)
        {
            count += finding.IsError == isError ? 1 : 0;
        }

        return count;
    }
}

/// <summary>One problem.</summary>
public sealed class Finding
{
    /// <summary>Whether <c>create</c> or <c>start</c> would fail; else it is a warning.</summary>
    public required bool IsError { get; init; }

    /// <summary>The byte of the document that it is about; the largest number for its end.</summary>
    public required int Offset { get; init; }

    /// <summary>Line and column of that.</summary>
    public required TextPosition Position { get; init; }

    /// <summary>Such as <c>mounts[3].type</c>; empty for the whole document.</summary>
    public required string Place { get; init; }

    /// <summary>What is wrong there.</summary>
    public required string Problem { get; init; }

    /// <summary>What to do about it, or null.</summary>
    public string? Hint { get; init; }
}
