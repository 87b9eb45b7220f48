using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.RegularExpressions;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// What the caller leaves to punnet (signals, streams, umask, limits, environment) neither stops a command nor reaches a container.
/// </summary>
public sealed class InheritanceTests : ContainerTest
{
    private const string Nothing = "0000000000000000";

    // 7 where everything is as a program expects it. Not by a shell, which ignores signals itself.
    private static readonly string[] look =
    [
        "awk",
        """/^Sig(Blk|Ign):/ && $2 !~ /^0+$/ || /^Umask:/ && $2 != "0022" { print >"/dev/stderr"; odd = 1 } END { exit odd ? 9 : 7 }""",
        "/proc/self/status",
    ];

    [Theory]
    [InlineData("ignore=0")]
    [InlineData("ignore=1")]
    [InlineData("ignore=13")]
    [InlineData("ignore=17")]
    [InlineData("ignore=32 ignore=33")]
    [InlineData("block")]
    [InlineData("umask=077")]
    [InlineData("umask=0777")]
    [InlineData("umask=0")]
    [InlineData("close=0")]
    [InlineData("close=1")]
    [InlineData("close=2")]
    [InlineData("close=0 close=1 close=2")]
    [InlineData("full")]
    [InlineData("broken")]
    [InlineData("mute")]
    [InlineData("full mute")]
    [InlineData("bare")]
    [InlineData("environment")]
    [InlineData("as=67108864")]
    [InlineData("data=4194304")]
    [InlineData("stack=32768")]
    [InlineData("nofile=24")]
    [InlineData("ignore=0 block umask=077 close=0 close=1 close=2 bare")]
    public void Every_command_works_whatever_its_caller_leaves_to_it(string oddities)
    {
        if (oddities is "environment" || oddities.StartsWith("as=", StringComparison.Ordinal)
            || oddities.StartsWith("data=", StringComparison.Ordinal))
        {
            Runtime.MustHaveStartup("the .NET runtime asks for its memory, and reads its variables, before Main");
        }

        Container container = NewContainer().Sleeps();
        container.Bundle.Remove("process.rlimits"); // One may be lower.
        container.Bundle.Write();
        bool isPrinted = !oddities.Contains("close=1", StringComparison.Ordinal) && !oddities.Contains("full", StringComparison.Ordinal)
            && !oddities.Contains("broken", StringComparison.Ordinal);
        bool isHeard = !oddities.Contains("close=2", StringComparison.Ordinal) && !oddities.Contains("mute", StringComparison.Ordinal);
        string id = container.Id;

        void Prints(params string[] words)
        {
            Outcome outcome = Call(oddities, container, words).Returns(isPrinted ? 0 : 1);
            Assert.Equal(isPrinted, outcome.Stdout.Length > 0);
            if (isHeard)
            {
                Assert.Matches(isPrinted ? "^$" : @"^punnet: .*cannot write to standard output: .*\)\n$", outcome.Stderr);
            }
        }

        void Does(params string[] words) => Call(oddities, container, words).Succeeds();

        Prints("--version");
        Prints("--help");
        Prints("kill", "--help");
        Prints("features");
        string bundle = Directory.CreateDirectory(container.Directory + "/new").FullName;
        Does("spec", "--bundle", bundle);
        Does("create", "--bundle", container.Bundle.Path, "--pid-file", container.PidFile, id);
        int pid = int.Parse(File.ReadAllText(container.PidFile), CultureInfo.InvariantCulture);
        Assert.Contains("755", Convert.ToString((int)File.GetUnixFileMode(CgroupTree.DirectoryOf(pid)), 8), StringComparison.Ordinal);
        Does("start", id);
        Eventually.True(() => ProcFile.CommandLine(pid) is ["sleep", ..], "the program runs");
        AssertOrdinary(pid);
        Prints("state", id);
        Prints("list");
        Prints("ps", "--format", "json", id);
        Prints("events", "--stats", id);
        Does("update", "--cpu-share", "0", id);
        Does("pause", id);
        Does("resume", id);
        Call(oddities, container, ["exec", id, .. look]).Returns(7);
        Does("kill", id, "KILL");
        container.WaitFor("stopped");
        Does("delete", id);
        container.AssertNothingLeft();

        container.Runs(look).Bundle.Add(
            "hooks.poststop", $$"""{"path":"/bin/sh","args":["sh","-c","touch {{container.Directory}}/hook"]}""");
        container.Bundle.Write();
        Call(oddities, container, "run", "--bundle", container.Bundle.Path, id).Returns(7);
        Assert.True(File.Exists(container.Directory + "/hook"), "the hook has run");
    }

    [Fact]
    public void A_hook_starts_with_no_signal_blocked_or_ignored()
    {
        Container container = NewContainer().Runs("true");
        foreach (string kind in (string[])["createRuntime", "createContainer", "poststop"])
        {
            container.Bundle.Add("hooks." + kind, $$"""{"path":"/bin/sh","args":["sh","-c","exec grep -E 'SigBlk|SigIgn' /proc/self/status >>{{container.Directory}}/hook"]}""");
        }

        container.Bundle.Write();
        Call("ignore=0 block", container, "run", "--bundle", container.Bundle.Path, container.Id).Succeeds();
        string one = $"SigBlk:\t{Nothing}\nSigIgn:\t{Nothing}\n";
        Assert.Equal(one + one + one, File.ReadAllText(container.Directory + "/hook"));
    }

    [Fact]
    public void Closed_streams_are_the_containers_own_null_device()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Write();
        Call("close=0 close=1 close=2", container, "create", "--bundle", container.Bundle.Path, container.Id).Succeeds();
        string[] own = ["0 /dev/null", "1 /dev/null", "2 /dev/null"];
        List<string> streams = [];
        foreach (string name in (string[])["0", "1", "2"])
        {
            streams.Add(name + " " + new FileInfo($"/proc/{container.Pid}/fd/{name}").LinkTarget);
        }

        Assert.Equal(own, streams);
        Assert.Equal(container.StatInside("/dev").st_dev, StatOf($"/proc/{container.Pid}/fd/1"));
    }

    [Theory]
    [InlineData("as=8388608")]
    [InlineData("data=1048576")]
    public void Too_little_memory_to_start_with_is_a_sentence(string limit)
    {
        Runtime.MustHaveStartup("a .NET runtime that cannot start says nothing");
        Call(limit, NewContainer(), "--version").Fails("punnet: cannot start: too little memory is allowed (ulimit -v, ulimit -d)\n");
    }

    [Fact]
    public void A_config_that_is_too_large_for_the_memory_that_is_allowed_is_a_sentence_and_leaves_nothing()
    {
        Runtime.MustHaveStartup("the .NET runtime asks for 256 MB of addresses before Main");
        Container container = NewContainer().Runs("true");
        container.Bundle.SetText("annotations.large", new string('x', 8_000_000));
        container.Bundle.Write();
        Call("as=33554432", container, "run", "--bundle", container.Bundle.Path, container.Id)
            .Fails("punnet: run: too little memory is allowed (ulimit -v, ulimit -d)\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Where_no_file_may_grow_a_run_fails_with_a_sentence_and_leaves_nothing()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Write();
        string[] words = ["-c", "{ \"$@\"; echo status $?; } 2>&1 | cat", "sh",
            .. Words("fsize=0", container, "run", "--bundle", container.Bundle.Path, container.Id)];
        Outcome outcome = new Command("/bin/sh", words).Run();
        Assert.Matches(@"^punnet: run: cannot write .*state\.json: file too large \(EFBIG\)\nstatus 1\n$", outcome.Stdout);
        container.AssertNothingLeft();
    }

    private static Outcome Call(string oddities, Container container, params string[] words)
    {
        string[] all = Words(oddities, container, words);
        return new Command(all[0], all[1..]).Run();
    }

    private static string[] Words(string oddities, Container container, params string[] words) =>
        [Workplace.Program("inherit"), .. oddities.Split(' '), "--", Runtime.Path, "--root", container.StateRoot, .. words];

    private static void AssertOrdinary(int pid)
    {
        string status = File.ReadAllText($"/proc/{pid}/status");
        Assert.Equal(["SigBlk:\t" + Nothing, "SigIgn:\t" + Nothing, "Umask:\t0022"],
            [Line(status, "SigBlk"), Line(status, "SigIgn"), Line(status, "Umask")]);
        Assert.True(
            File.Exists($"/proc/{pid}/fd/0") && File.Exists($"/proc/{pid}/fd/1") && File.Exists($"/proc/{pid}/fd/2"), "three streams");
    }

    private static string Line(string status, string name) =>
        Regex.Match(status, "^" + name + ":.*$", RegexOptions.Multiline, TimeSpan.FromSeconds(1)).Value;

    private static ulong StatOf(string path) =>
        Mono.Unix.Native.Syscall.stat(path, out Mono.Unix.Native.Stat status) == 0 ? status.st_dev : 0;
}
