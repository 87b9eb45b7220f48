using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Punnet.Startup.Tests;

/// <summary>The last `make publish` for a machine, and what it was made from.</summary>
internal sealed partial class Built
{
    private static readonly Dictionary<string, Built> s_builds = new(StringComparer.Ordinal)
    {
        ["x64"] = new("x64", "x86_64-linux-gnu-"),
        ["arm64"] = new("arm64", "aarch64-linux-gnu-"),
    };

    private readonly string _tools;
    private readonly Lazy<IReadOnlyList<string>> _map;
    private readonly Lazy<IReadOnlyList<(string, string)>> _parts;

    private Built(string machine, string tools)
    {
        Machine = machine;
        IsOfThisMachine = string.Equals(machine, RuntimeInformation.OSArchitecture.ToString(), StringComparison.OrdinalIgnoreCase);
        _tools = IsOfThisMachine ? "" : tools;
        _map = new(ReadMap);
        _parts = new(() =>
        [
            .. Map.Select(line => Part().Match(line)).Where(match => match.Success)
                .Select(match => (match.Groups["file"].Value, match.Groups["member"].Value)).Distinct(),
        ]);
    }

    /// <summary>What can be built: the names of the machines.</summary>
    public static IEnumerable<string> Machines => s_builds.Keys;

    /// <summary>The directory that holds Runtime.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>x64 or arm64.</summary>
    public string Machine { get; }

    /// <summary>Whether this machine is one of these.</summary>
    public bool IsOfThisMachine { get; }

    /// <summary>The binary.</summary>
    public string Binary => Path.Combine(Root, IsOfThisMachine ? "out/punnet" : $"out/{Machine}/punnet");

    /// <summary>The binary's symbols.</summary>
    public string Symbols => Binary + ".dbg";

    /// <summary>The compiler that links with musl.</summary>
    public string MuslCompiler => IsOfThisMachine ? "musl-gcc" : Path.Combine(Root, $"out/musl-{Machine}/gcc");

    /// <summary>Functions of the .NET runtime that Startup.targets has replaced.</summary>
    public static IReadOnlyList<string> Overrides { get; } =
    [
        .. XDocument.Load(Path.Combine(Root, "src/Punnet.Startup/Startup.targets")).Descendants("RuntimeOverride")
            .SelectMany(item => item.Attribute("Include")!.Value.Split(';')),
    ];

    /// <summary>The linker's map, line by line.</summary>
    public IReadOnlyList<string> Map => _map.Value;

    /// <summary>Object files of the .NET runtime that are linked: the path of each, or of its archive, and its name in there.</summary>
    public IReadOnlyList<(string File, string Member)> Parts => _parts.Value;

    /// <summary>The build for a machine. The test is skipped where there is none for another machine.</summary>
    public static Built For(string machine)
    {
        Built built = s_builds[machine];
        Assert.SkipUnless(built.IsOfThisMachine || File.Exists(built.Binary), $"needs make publish ARCH={machine}");
        return built;
    }

    /// <summary>A tool of binutils or gcc that knows the machine's files.</summary>
    public string Tool(string name) => _tools + name;

    /// <summary>A file of the compiler.</summary>
    public string Intermediate(string name)
    {
        string architecture = IsOfThisMachine ? "" : Machine + "/";
        return Path.Combine(Root, $"src/Punnet/obj/{architecture}Release/net10.0/linux-{Machine}/native", name);
    }

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

    private string[] ReadMap()
    {
        string path = Intermediate("punnet.map");
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
