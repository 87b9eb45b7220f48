using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Punnet.Tests.Harness;

namespace Punnet.Tests;

/// <summary>What <c>--help</c> says there is.</summary>
internal static partial class HelpText
{
    /// <summary>The commands.</summary>
    public static IReadOnlyList<string> Commands() =>
        [.. Section(Runtime.Run("--help").Succeeds().Stdout, "Commands").Select(line => line.Split(' ')[2])];

    /// <summary>The options of a command, or of punnet itself, each as <c>--name</c>.</summary>
    /// <param name="command">The command; none is punnet itself.</param>
    public static IReadOnlyList<string> Options(params string[] command) =>
        [.. Section(Runtime.Run([.. command, "--help"]).Succeeds().Stdout, "Options").Select(line => Option().Match(line))
            .Where(option => option.Success).Select(option => option.Groups["name"].Value)];

    /// <summary>The lines below a heading.</summary>
    public static IEnumerable<string> Section(string help, string heading) =>
        help.Split('\n').SkipWhile(line => line != heading + ":").Skip(1).TakeWhile(line => line.StartsWith("  ", StringComparison.Ordinal));

    [GeneratedRegex("^  (?<name>--[a-z0-9-]+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Option();
}
