using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Punnet.Startup.Tests;

/// <summary>The last `make publish`, and what it was made from.</summary>
internal static partial class Built
{
    private static readonly Lazy<IReadOnlyList<string>> map = new(ReadMap);

    /// <summary>The directory that holds Runtime.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The binary's symbols.</summary>
    public static string Symbols => Path.Combine(Root, "out", "punnet.dbg");

    /// <summary>Functions of the .NET runtime that Startup.targets has replaced.</summary>
    public static IReadOnlyList<string> Overrides { get; } =
    [
        .. XDocument.Load(Path.Combine(Root, "src/Punnet.Startup/Startup.targets")).Descendants("RuntimeOverride")
            .SelectMany(item => item.Attribute("Include")!.Value.Split(';')),
    ];

    /// <summary>The linker's map, line by line.</summary>
    public static IReadOnlyList<string> Map => map.Value;

    /// <summary>Object files of the .NET runtime that are linked: the path of each, or of its archive, and its name in there.</summary>
    public static IReadOnlyList<(string File, string Member)> Parts { get; } =
    [
        .. Map.Select(line => Part().Match(line)).Where(match => match.Success)
            .Select(match => (match.Groups["file"].Value, match.Groups["member"].Value)).Distinct(),
    ];

    /// <summary>Runs a tool, which must succeed.</summary>
    /// <returns>What it printed.</returns>
    public static string Run(string program, params IReadOnlyList<string> arguments)
    {
        (int status, string output) = TryRun(program, arguments);
        Assert.True(status == 0, program + " " + string.Join(' ', arguments) + "\n" + output);
        return output;
    }

    /// <summary>Runs a tool at the checkout's top.</summary>
    public static (int Status, string Output) TryRun(string program, params IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Root,
        };
        using Process process = Process.Start(start)!;
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    private static string[] ReadMap()
    {
        string path = Path.Combine(Root, "src/Punnet/obj/Release/net10.0/linux-x64/native/punnet.map");
        Assert.True(File.Exists(path), path + " is missing: `make publish` has made a plain build, and said why");
        return File.ReadAllLines(path);
    }

    private static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Runtime.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException("no Runtime.sln above " + AppContext.BaseDirectory);
    }

    [GeneratedRegex(
        @" (?<file>/\S*/runtimes/\S+\.(a|o))(\((?<member>[^)]+)\))?:\(", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
            1000)]
    private static partial Regex Part();
}
