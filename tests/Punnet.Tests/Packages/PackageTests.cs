using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What <c>make deb</c>, <c>make rpm</c> and <c>make tarball</c> make, installed into an empty tree and removed again.</summary>
public sealed class PackageTests : PackageTest
{
    [Theory]
    [InlineData("deb")]
    [InlineData("rpm")]
    [InlineData("tarball")]
    public void A_package_brings_a_punnet_that_runs_and_leaves_nothing_when_it_is_removed(string kind)
    {
        Tree tree = NewTree();
        string package = Package(kind);
        string[] before = tree.Files();

        string prefix = tree.Install(kind, package);
        Works(tree.Path + prefix);
        RunsContainer(tree.Path + prefix + "/bin/punnet");
        tree.Remove(kind, package);

        Assert.Equal(before, tree.Files());
    }

    [Theory]
    [InlineData("deb")]
    [InlineData("rpm")]
    [InlineData("tarball")]
    public void Two_packages_of_one_program_have_the_same_bytes(string kind)
    {
        string again = NewContainer().Directory + "/packages";

        Assert.Equal(File.ReadAllBytes(Package(kind)), File.ReadAllBytes(Make(kind, again)));
    }

    [Fact]
    public void An_upgrade_keeps_containers_that_run()
    {
        Tree tree = NewTree();
        string package = Package("deb");
        string punnet = tree.Path + tree.Install("deb", package) + "/bin/punnet";
        Container container = NewContainer().Sleeps();
        Through(punnet, container.CreateCommand()).Succeeds();
        Through(punnet, container.Command("start", container.Id)).Succeeds();

        _ = tree.Install("deb", package);

        Assert.Equal("inside\n", Through(punnet, container.Command("exec", container.Id, "echo", "inside")).Succeeds().Stdout);
        foreach (string call in (string[])["pause", "resume"])
        {
            Through(punnet, container.Command(call, container.Id)).Succeeds();
        }

        Through(punnet, container.Command("kill", container.Id, "KILL")).Succeeds();
        container.WaitFor("stopped");
        Through(punnet, container.Command("delete", container.Id)).Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Lintian_finds_nothing()
    {
        Outcome outcome = new Command("/usr/bin/lintian", ["--allow-root", "--fail-on", "error,warning", Package("deb")]).Run();

        Assert.True(outcome.ExitCode == 0, $"status {outcome.ExitCode}: {outcome.Stdout} {outcome.Stderr}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_profile_is_loaded_only_where_AppArmor_can_read_it(bool canRead)
    {
        Tree tree = NewTree();
        Directory.CreateDirectory(tree.Path + "/etc/apparmor.d");
        tree.WriteScript("/usr/sbin/apparmor_parser", canRead ? "exit 0" : "exit 1");
        string package = Package("deb");
        string[] before = tree.Files();

        _ = tree.Install("deb", package);
        Assert.Equal(canRead, File.Exists(tree.Path + "/etc/apparmor.d/punnet"));
        tree.Remove("deb", package);

        Assert.Equal(before, tree.Files());
    }

    [Fact]
    public void A_profile_that_the_administrator_has_changed_stays_until_the_package_is_purged()
    {
        Tree tree = NewTree();
        Directory.CreateDirectory(tree.Path + "/etc/apparmor.d");
        tree.WriteScript("/usr/sbin/apparmor_parser", "exit 0");
        string profile = tree.Path + "/etc/apparmor.d/punnet";
        string package = Package("deb");
        _ = tree.Install("deb", package);
        File.WriteAllText(profile, "# mine\n");

        _ = tree.Install("deb", package);
        tree.Dpkg("--remove", "punnet");
        Assert.Equal("# mine\n", File.ReadAllText(profile));

        tree.Dpkg("--purge", "punnet");
        Assert.False(File.Exists(profile));
    }

    [Fact]
    public void The_examples_are_the_lines_of_the_documentation_for_the_path_of_the_packages()
    {
        string[] documented = [.. File.ReadLines(Checkout + "/docs/engines.md").Select(line => line.Trim())];
        foreach (string example in Directory.EnumerateFiles(Checkout + "/docs/examples").Where(file => Path.GetFileName(file) != "apparmor"))
        {
            IEnumerable<string> lines = File.ReadLines(example).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#');
            Assert.All(lines, line => Assert.Contains(line.Replace("/usr/bin/", "/usr/local/bin/", StringComparison.Ordinal), documented));
        }
    }

    [Fact]
    public void AppArmor_4_reads_the_profile()
    {
        string parser = Checkout + "/out/peers/apparmor_parser";
        Assert.SkipUnless(File.Exists(parser), "needs the AppArmor of Debian sid, make peers");
        string folder = Checkout + "/out/peers/apparmor.d";

        new Command(parser, ["--skip-kernel-load", "--skip-cache", "--base", folder, Checkout + "/docs/examples/apparmor"]).Run().Succeeds();
    }

    // What a user finds: a program, its pages, and what shells complete.
    private static void Works(string prefix)
    {
        string punnet = prefix + "/bin/punnet";
        Assert.Equal(Runtime.Run("--version").Succeeds().Stdout, new Command(punnet, ["--version"]).Run().Succeeds().Stdout);
        Assert.Equal(Runtime.Run("features").Succeeds().Stdout, new Command(punnet, ["features"]).Run().Succeeds().Stdout);
        Assert.Equal((UnixFileMode)0x1ED, File.GetUnixFileMode(punnet));
        foreach (string page in (string[])["punnet", "punnet-run", "punnet-config"])
        {
            Assert.NotEqual("", new Command("/usr/bin/mman", ["-M", prefix + "/share/man", "-w", page]).Run().Succeeds().Stdout);
        }

        string completion = prefix + "/share/bash-completion/completions/punnet";
        Assert.Contains("punnet", new Command("/bin/bash", ["-c", $". {completion} && complete -p punnet"]).Run().Succeeds().Stdout,
            StringComparison.Ordinal);
        foreach (string file in (string[])["doc/punnet/README.md", "doc/punnet/docs/engines.md", "doc/punnet/examples/containers.conf"])
        {
            Assert.True(File.Exists($"{prefix}/share/{file}"), file);
        }
    }

    private void RunsContainer(string punnet)
    {
        Container container = NewContainer().Runs("echo", "from inside");
        Through(punnet, container.RunCommand()).Succeeds();
        Assert.Equal("from inside\n", container.Output);
    }

    // The same call of another file.
    private static Outcome Through(string punnet, Command command) =>
        new Command(punnet, command.Words[1..]) { Stdout = command.Stdout, Stderr = command.Stderr }.Run();
}
