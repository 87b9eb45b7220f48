using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>The manual pages that docs/man/build makes, and what <c>make install</c> installs.</summary>
public sealed partial class ManualPageTests : ContainerTest
{
    private readonly string checkout = Checkout();

    [Fact]
    public void There_is_a_page_for_punnet_for_config_json_and_for_each_command()
    {
        string pages = Build();

        string[] expected = ["man5/punnet-config.5", "man8/punnet.8", .. HelpText.Commands().Select(command => $"man8/punnet-{command}.8")];
        Assert.Equal(expected.Order(StringComparer.Ordinal), Files(pages));
        Assert.Equal(
            HelpText.Commands().Append("punnet").Append("config").Order(StringComparer.Ordinal),
            File.ReadLines(checkout + "/docs/man/commands.md").Where(line => line.StartsWith("# ", StringComparison.Ordinal))
                .Select(line => line[2..]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_page_has_the_options_and_examples_of_the_help_and_no_others()
    {
        string pages = Build();

        Assert.Equal(HelpText.Options(), Options(pages + "/man8/punnet.8"));
        Assert.Equal(HelpText.Commands(), CommandLine().Matches(File.ReadAllText(pages + "/man8/punnet.8")).Select(Name));
        foreach (string command in HelpText.Commands())
        {
            string page = $"{pages}/man8/punnet-{command}.8";
            Assert.Equal($"{command}: {string.Join(' ', HelpText.Options(command))}", $"{command}: {string.Join(' ', Options(page))}");
            string shown = Shown(page);
            string help = Runtime.Run(command, "--help").Succeeds().Stdout;
            Assert.All(HelpText.Section(help, "Examples"), example => Assert.Contains(example.Trim(), shown, StringComparison.Ordinal));
            Assert.Matches(@"DESCRIPTION\n +\w", shown);
        }
    }

    [Fact]
    public void The_page_of_config_json_has_the_properties_of_the_documentation_with_their_types()
    {
        // Punnet.Spec.Tests compares those with what is read.
        List<string> documented = [];
        foreach (string line in File.ReadLines(checkout + "/docs/config.md"))
        {
            string[] cells = line.Split('|', StringSplitOptions.TrimEntries);
            if (line.StartsWith("| `", StringComparison.Ordinal) && cells.Length == 7)
            {
                documented.AddRange(cells[1].Split(", ").Select(name => $"{name.Trim('`')} ({cells[2]})"));
            }
        }

        string shown = Shown(Build() + "/man5/punnet-config.5");

        Assert.InRange(documented.Count, 190, 400);
        Assert.Equal(documented, Property().Matches(shown).Select(Name));
    }

    [Fact]
    public void Pages_are_without_faults()
    {
        string pages = Build();

        foreach (string page in Files(pages))
        {
            Outcome outcome = new Command("/usr/bin/mandoc", ["-Tlint", "-Wall", pages + "/" + page]).Run().Succeeds();
            Assert.Equal("", outcome.Stdout + outcome.Stderr);
        }
    }

    [Fact]
    public void Make_install_installs_the_pages_and_completions_that_shells_find()
    {
        string target = NewContainer().Directory + "/target";

        // The program is there: it is not made again, whatever is newer.
        new Command("/usr/bin/make", ["-C", checkout, "--old-file=" + Runtime.Path, "install", "PUNNET=" + Runtime.Path, "DESTDIR=" + target,
            "PREFIX=/usr"]).Run().Succeeds();

        string[] installed = Files(target + "/usr");
        Assert.Contains("bin/punnet", installed);
        Assert.Contains("share/man/man8/punnet-run.8", installed);
        foreach ((string shell, string file) in new[]
        {
            ("bash", "share/bash-completion/completions/punnet"), ("zsh", "share/zsh/site-functions/_punnet"),
            ("fish", "share/fish/vendor_completions.d/punnet.fish"),
        })
        {
            Assert.Contains(file, installed);
            Assert.Equal(Runtime.Run("completion", shell).Succeeds().Stdout, File.ReadAllText($"{target}/usr/{file}"));
        }

        Assert.Equal(3 + 1 + HelpText.Commands().Count + 2, installed.Length);
    }

    private string Build()
    {
        Runtime.MustBePunnet();
        string target = NewContainer().Directory + "/pages";
        new Command(checkout + "/docs/man/build", [Runtime.Path, target]).Run().Succeeds();
        return target;
    }

    private static string Shown(string page) =>
        Overstruck().Replace(new Command("/usr/bin/mandoc", ["-Tutf8", "-Owidth=200", page]).Run().Succeeds().Stdout, "");

    private static IEnumerable<string> Options(string page) =>
        OptionLine().Matches(string.Join('\n', Shown(page).Split('\n').SkipWhile(line => line != "OPTIONS").Skip(1)
            .TakeWhile(line => line.Length == 0 || line[0] == ' '))).Select(Name);

    private static string Name(Match match) => match.Groups["name"].Value;

    private static string[] Files(string directory) => [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(directory, file)).Order(StringComparer.Ordinal)];

    private static string Checkout()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(directory.FullName + "/docs/man/build"))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("there is no docs/man above " + AppContext.BaseDirectory);
    }

    // Bold and underlined, as a terminal of paper has them.
    [GeneratedRegex(".\b", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Overstruck();

    [GeneratedRegex(@"(?m)^ {5,7}(?<name>--[a-z0-9-]+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OptionLine();

    [GeneratedRegex(@"(?m)^ +(?<name>[\w.*[\]]+ \([a-z0-9 ]+\))$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Property();

    [GeneratedRegex(@"(?m)^\.TP\n\.BR punnet\\-(?<name>\w+) ", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex CommandLine();
}
