using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Ceilings for what a command costs: Data/costs.txt.</summary>
public sealed partial class CostTests : ContainerTest
{
    /// <summary>The table.</summary>
    public static TheoryData<string, string, long> Ceilings()
    {
        TheoryData<string, string, long> rows = [];
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "costs.txt")))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 3 && words[0] != "#")
            {
                rows.Add(words[0], words[1], long.Parse(words[2], CultureInfo.InvariantCulture));
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Ceilings))]
    public void A_command_costs_no_more_than_it_may(string command, string measure, long ceiling)
    {
        Runtime.MustHaveStartup("the ceilings are those of the fast one");
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("PUNNET_VM") is null, "User-Mode Linux cannot be traced and measured from inside");
        Container container = NewContainer().Runs("true");
        string[] arguments = ["--root", container.StateRoot];
        switch (command)
        {
            case "version":
                arguments = ["--version"];
                break;
            case "state":
                container.Sleeps().CreateAndStart();
                arguments = [.. arguments, "state", container.Id];
                break;
            case "list-100":
                container.Create();
                arguments = ["--root", MakeCopies(container, 100), "list"];
                break;
            case "exec":
                container.Sleeps().CreateAndStart();
                arguments = [.. arguments, "exec", container.Id, "true"];
                break;
            case "userns":
                container.Bundle.UserNamespace();
                arguments = Run(container, arguments);
                break;
            case "layers-10":
                string[] layers = [.. Enumerable.Range(0, 9).Select(number => Layered.Make($"{container.Directory}/layer-{number}"))];
                arguments = Run(container, arguments, container.Layers([container.Bundle.Rootfs, .. layers]));
                break;
            case "systemd":
                arguments = Run(container, ["--systemd-cgroup", .. arguments]);
                break;
            default:
                arguments = Run(container, arguments);
                break;
        }

        long cost = measure switch
        {
            "calls" => Calls(arguments, command == "systemd"),
            "instructions" => Instructions(arguments),
            _ => Faults(arguments),
        };
        Assert.InRange(cost, ceiling / 2, ceiling);
    }

    // As of so many that wait for their start: all hold the same gate.
    private static string MakeCopies(Container container, int count)
    {
        string root = container.Directory + "/copies", from = $"{container.StateRoot}/{container.Id}";
        for (int i = 0; i < count; i++)
        {
            string copy = Directory.CreateDirectory($"{root}/{i}").FullName;
            File.Copy(from + "/state.json", copy + "/state.json");
            File.CreateSymbolicLink(copy + "/init", new FileInfo(from + "/init").LinkTarget!);
            Assert.Equal(0, Syscall.link(from + "/start", copy + "/start"));
        }

        return root;
    }

    private static string[] Run(Container container, string[] arguments, string[]? flags = null)
    {
        container.Bundle.Write();
        return [.. arguments, "run", "--bundle", container.Bundle.Path, .. flags ?? [], container.Id];
    }

    private static long Calls(string[] arguments, bool hasSystemd)
    {
        string trace = Path.Combine(Workplace.Top, Workplace.UniqueName() + ".trace");
        string[] traced = ["/usr/bin/strace", "-f", "-qq", "-o", trace, Runtime.Path, .. arguments];
        if (hasSystemd)
        {
            traced = ["/bin/sh", Path.Combine(AppContext.BaseDirectory, "Programs", "with-systemd"), .. traced];
        }

        Measured(traced[0], traced[1..]);
        HashSet<string> programs = [];
        string? first = null;
        long calls = 0;
        foreach (string line in File.ReadLines(trace))
        {
            Match match = CallLine().Match(line);
            string process = match.Groups["process"].Value;
            first ??= process;
            if (!match.Success || programs.Contains(process))
            {
                continue;
            }

            calls++;
            if (process != first && match.Groups["call"].Value == "execve")
            {
                programs.Add(process);
            }
        }

        return calls;
    }

    private static long Instructions(string[] arguments)
    {
        // A copy: valgrind stumbles over the file of symbols beside the binary.
        string copy = Path.Combine(Workplace.Top, Workplace.UniqueName() + "-copy");
        File.Copy(Runtime.Path, copy);
        Outcome outcome = Measured("/usr/bin/valgrind", ["--tool=callgrind", "--callgrind-out-file=/dev/null", copy, .. arguments]);
        return Number(outcome.Stderr, CollectedLine());
    }

    // Without random addresses: where the stack and the mappings lie decides on up to four faults more, from run to run.
    private static long Faults(string[] arguments) =>
        Number(Measured("/usr/bin/setarch", ["-R", "/usr/bin/time", "-f", "faults %R", Runtime.Path, .. arguments]).Stderr, FaultsLine());

    private static Outcome Measured(string tool, string[] arguments)
    {
        Assert.True(File.Exists(tool), tool + " is missing: .ci/packages test installs it");
        return new Command(tool, arguments).Run().Succeeds();
    }

    private static long Number(string text, Regex line)
    {
        Match match = line.Match(text);
        Assert.True(match.Success, text);
        return long.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^(?<process>\d+) +(?<call>\w+)\(", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex CallLine();

    [GeneratedRegex(@"Collected : (?<number>\d+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex CollectedLine();

    [GeneratedRegex(@"^faults (?<number>\d+)$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.Multiline,
        1000)]
    private static partial Regex FaultsLine();
}
