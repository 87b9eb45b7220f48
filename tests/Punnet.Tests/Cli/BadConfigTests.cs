using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// Every broken config.json of Data/bad-configs.txt is refused in exactly the words that stand there, and leaves nothing. The file has one
/// case a paragraph: lines <c>place = JSON</c> (nothing after the sign: removed), then the refusal after <c>&gt;</c>, and its hint after
/// <c>?</c> if it has one; <c>##</c> starts a section.
/// </summary>
public sealed class BadConfigTests : ContainerTest
{
    /// <summary>The headings of the file.</summary>
    public static TheoryData<string> Sections => [.. Read().Keys];

    [Theory]
    [MemberData(nameof(Sections))]
    public void A_broken_config_is_refused_in_the_words_that_are_written(string section)
    {
        Runtime.MustBePunnet();
        Assert.SkipWhen(Environment.GetEnvironmentVariable("PUNNET_VM") == "uml",
            "no refusal comes from the kernel, and hundreds of them take minutes on this one");
        Container container = NewContainer();
        List<string> different = [];
        foreach ((List<string> changes, string refusal) in Read()[section])
        {
            container.Bundle.Replace(BaseConfig.Text);
            foreach (string change in changes)
            {
                Apply(container.Bundle, change);
            }

            Outcome outcome = container.TryCreate().Returns(1);
            if (outcome.Stdout + outcome.Stderr != $"punnet: create: config.json: {refusal}\n")
            {
                different.Add(string.Join("; ", changes) + "\n    " + outcome.Stdout + outcome.Stderr);
            }

            // check says the same, and little else: one mistake is not the cause of many.
            PrintedCheck report = Printed.Check(container.Call("check", "--format", "json", container.Bundle.Path).Returns(1).Stdout);
            string[] errors = [.. report.Findings.Where(static finding => finding.Severity == "error").Select(static finding =>
                finding.Place + ": " + finding.Problem + (finding.Hint is null ? "" : "\nhint: " + finding.Hint))];
            if (!errors.Contains(refusal) || errors.Length > 3)
            {
                different.Add(string.Join("; ", changes) + "\n    check: " + string.Join("\n    ", errors));
            }
        }

        Assert.Empty(different);
        Assert.False(Directory.Exists(container.StateRoot));
    }

    [Fact]
    public void There_are_enough_of_them_and_none_twice()
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (List<(List<string> Changes, string Refusal)> section in Read().Values)
        {
            foreach ((List<string> changes, string refusal) in section)
            {
                Assert.True(seen.Add(string.Join('\n', changes)), changes[0]);
                Assert.False(refusal.EndsWith('.'), refusal);
            }
        }

        Assert.True(seen.Count >= 150, $"only {seen.Count}");
    }

    [Fact]
    public void An_unknown_property_is_ignored_and_named_with_its_nearest_known_name()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("process.noNewPrivilege", "true");
        container.Bundle.Set("linux.maskPaths", "[]");
        container.Bundle.Set("somethingElse", """{"deep":1}""");
        string log = container.Directory + "/log";
        Runtime.Run("--debug", "--log", log, "--root", container.StateRoot, "run", "--bundle", WriteConfig(container), container.Id)
            .Succeeds();
        string text = File.ReadAllText(log);
        Assert.Contains("config.json: ignoring the unknown property process.noNewPrivilege; did you mean \\\"noNewPrivileges\\\"?", text,
            StringComparison.Ordinal);
        Assert.Contains("config.json: ignoring the unknown property linux.maskPaths; did you mean \\\"maskedPaths\\\"?", text,
            StringComparison.Ordinal);
        Assert.Contains("config.json: ignoring the unknown property somethingElse\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_system_call_and_an_unknown_capability_are_ignored_and_named()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Sleeps();
        container.Bundle.Set(
            "linux.seccomp", """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["raed","sync"],"action":"SCMP_ACT_ERRNO"}]}""");
        container.Bundle.Set("process.capabilities.bounding", """["CAP_KILL","CAP_FLY"]""");
        string log = container.Directory + "/log";
        container.Bundle.Write();
        Runtime.Run("--debug", "--log", log, "--root", container.StateRoot, "run", "--detach", "--bundle", container.Bundle.Path,
            container.Id).Succeeds();
        const string Call = "linux.seccomp.syscalls: ignoring names that are no system calls: raed\"";
        const string Capability = "process.capabilities.bounding[1]: ignoring \\\"CAP_FLY\\\", a capability that punnet does not know\"";
        string text = File.ReadAllText(log);
        Assert.Matches(@"linux\.seccomp: compiled to [1-9][0-9]* instructions", text);
        Assert.Contains(Call, text, StringComparison.Ordinal);
        Assert.Contains(Capability, text, StringComparison.Ordinal);

        string process = container.Directory + "/process.json";
        File.WriteAllText(process, """{"args":["true"],"cwd":"/","terminol":false}""");
        string execLog = container.Directory + "/exec.log";
        Runtime.Run("--debug", "--log", execLog, "--root", container.StateRoot, "exec", "--process", process, container.Id).Succeeds();
        string said = File.ReadAllText(execLog);
        Assert.Contains(Call, said, StringComparison.Ordinal);
        Assert.Contains(
            "process.json: ignoring the unknown property terminol; did you mean \\\"terminal\\\"?", said, StringComparison.Ordinal);
        container.Stop();
    }

    private static string WriteConfig(Container container)
    {
        container.Bundle.Write();
        return container.Bundle.Path;
    }

    private static void Apply(Bundle bundle, string change)
    {
        int sign = change.IndexOf(" =", StringComparison.Ordinal);
        string value = change[(sign + 2)..].Trim();
        if (value.Length == 0)
        {
            bundle.Remove(change[..sign]);
        }
        else
        {
            bundle.Set(change[..sign], value);
        }
    }

    private static Dictionary<string, List<(List<string> Changes, string Refusal)>> Read()
    {
        Dictionary<string, List<(List<string> Changes, string Refusal)>> sections = [];
        string section = "";
        List<string> changes = [];
        foreach (string line in File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Data", "bad-configs.txt")))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                section = line[3..];
                sections[section] = [];
            }
            else if (line.StartsWith("> ", StringComparison.Ordinal))
            {
                sections[section].Add((changes, line[2..]));
                changes = [];
            }
            else if (line.StartsWith("? ", StringComparison.Ordinal))
            {
                (List<string> last, string refusal) = sections[section][^1];
                sections[section][^1] = (last, refusal + "\nhint: " + line[2..]);
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                changes.Add(line);
            }
        }

        Assert.Empty(changes);
        return sections;
    }
}
