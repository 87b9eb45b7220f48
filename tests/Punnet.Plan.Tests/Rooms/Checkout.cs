using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Punnet.Plan.Tests;

/// <summary>The source tree that these tests were built from.</summary>
internal static class Checkout
{
    /// <summary>The directory that holds Runtime.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every project file, the tests' included, relative to <see cref="Root"/>.</summary>
    public static IReadOnlyList<string> Projects { get; } =
        [.. Files("src", "*.csproj").Concat(Files("tests", "*.csproj")).Order(StringComparer.Ordinal)];

    /// <summary>The files of a folder that people write, relative to <see cref="Root"/>.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file))
            .Where(file => !file.Split('/').Any(part => part is "bin" or "obj"));

    /// <summary>A source file without its comments and the text of its strings.</summary>
    public static string Code(string file) =>
        Regex.Replace(File.ReadAllText(Path.Combine(Root, file)), @"//[^\n]*|""(?:\\.|[^""\\\n])*""", static found => found.Value[0] == '/' ? "" : "\"\"");

    /// <summary>The values of one attribute in a project file or properties file.</summary>
    /// <param name="project">Relative to <see cref="Root"/>.</param>
    /// <param name="element">For example ProjectReference.</param>
    public static IReadOnlyList<string> Includes(string project, string element) =>
        [.. Load(project).Descendants(element).Select(item => item.Attribute("Include")?.Value).OfType<string>()];

    /// <summary>Whether a project file or properties file has an element of this name.</summary>
    public static bool Has(string project, string element) => Load(project).Descendants(element).Any();

    private static XDocument Load(string project) => XDocument.Load(Path.Combine(Root, project));

    private static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Runtime.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException("no Runtime.sln above " + AppContext.BaseDirectory);
    }
}
