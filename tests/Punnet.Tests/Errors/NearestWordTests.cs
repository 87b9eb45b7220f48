using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A misspelt word is refused as before, and the second line names the word that was probably meant.</summary>
public sealed class NearestWordTests : ContainerTest
{
    [Theory]
    [InlineData("crate x", "No help topic for 'crate'", "did you mean create?")]
    [InlineData("del x", "No help topic for 'del'", "did you mean delete?")]
    [InlineData("create --bundel=x y", "flag provided but not defined: -bundel", "did you mean --bundle?")]
    [InlineData("run -pidfile x y", "flag provided but not defined: -pidfile", "did you mean --pid-file?")]
    [InlineData("--debgu list", "flag provided but not defined: -debgu", "did you mean --debug?")]
    [InlineData("list --nosuch", "flag provided but not defined: -nosuch", "see: punnet list --help")]
    [InlineData("kill x SIGTREM", "kill: unknown signal \"SIGTREM\"", "did you mean SIGTERM?")]
    [InlineData("kill x trem", "kill: unknown signal \"trem\"", "did you mean TERM?")]
    [InlineData("nonsense", "No help topic for 'nonsense'", null)]
    [InlineData("kill x 99", "kill: unknown signal \"99\"", null)]
    public void A_word_of_the_command_line(string line, string error, string? hint)
    {
        Runtime.MustBePunnet();
        Outcome outcome = Runtime.Run(["--root", NewContainer().StateRoot, .. line.Split(' ')]);
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Equal($"punnet: {error}\n" + (hint is null ? "" : $"hint: {hint}\n"), outcome.Stderr);
    }

    [Theory]
    [InlineData("linux.namespaces[0].type", "pids", "pid")]
    [InlineData("linux.namespaces[1].type", "net", "network")]
    [InlineData("linux.namespaces[4].type", "mnt", "mount")]
    [InlineData("linux.rootfsPropagation", "rsalve", "rslave")]
    [InlineData("linux.personality.domain", "linux32", "LINUX32")]
    [InlineData("linux.memoryPolicy.mode", "MPOL_BIMD", "MPOL_BIND")]
    [InlineData("linux.seccomp.defaultAction", "SCMP_ACT_ALOW", "SCMP_ACT_ALLOW")]
    [InlineData("process.rlimits[0].type", "RLIMIT_NOFILES", "RLIMIT_NOFILE")]
    [InlineData("process.scheduler.policy", "SCHED_BACTH", "SCHED_BATCH")]
    [InlineData("process.ioPriority.class", "IOPRIO_CLASS_TR", "IOPRIO_CLASS_RT")]
    public void A_word_of_config_json(string place, string word, string meant)
    {
        Runtime.MustBePunnet();
        Container container = NewContainer();
        container.Bundle.SetText(place, word);
        AssertHint(container.TryCreate(), place + ": \"" + word + "\" is not a", meant);
    }

    [Theory]
    [InlineData("architectures", """["SCMP_ARCH_X86-64"]""", "SCMP_ARCH_X86_64")]
    [InlineData("flags", """["SECCOMP_FILTER_FLAG_LOGS"]""", "SECCOMP_FILTER_FLAG_LOG")]
    [InlineData("syscalls", """[{"names":["sync"],"action":"SCMP_ACT_ERNO"}]""", "SCMP_ACT_ERRNO")]
    [InlineData("syscalls", """[{"names":["sync"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQUAL"}]}]""",
        null)]
    [InlineData("syscalls", """[{"names":["sync"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"EQ"}]}]""", "SCMP_CMP_EQ")]
    public void A_word_of_a_seccomp_profile(string property, string json, string? meant)
    {
        Runtime.MustBePunnet();
        Container container = NewContainer();
        container.Bundle.Set("linux.seccomp.defaultAction", "\"SCMP_ACT_ALLOW\"");
        container.Bundle.Set("linux.seccomp." + property, json);
        AssertHint(container.TryCreate(), "linux.seccomp." + property + "[0]", meant);
    }

    [Theory]
    [InlineData("bind", "/", "nosiud", "an option of a file system, and a bind mount has none", "nosuid")]
    [InlineData("tmpfs", "tmpfs", "noexce", "it does not take the option \"noexce\"", "noexec")]
    public void An_option_of_a_mount(string type, string source, string option, string error, string meant)
    {
        Runtime.MustBePunnet();
        Container container = NewContainer();
        container.Bundle.Mount("/tmp", type, source, option);
        AssertHint(container.TryCreate(), error, meant);
    }

    [Fact]
    public void A_capability_is_still_only_a_warning()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("process.capabilities.bounding", """["CAP_KILLL","SYS_ADMIN"]""");
        string stderr = container.Run().Succeeds().Stderr;
        Assert.Contains("\\\"CAP_KILLL\\\", a capability that punnet does not know; did you mean \\\"CAP_KILL\\\"?", stderr,
            StringComparison.Ordinal);
        Assert.Contains("; did you mean \\\"CAP_SYS_ADMIN\\\"?", stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_of_engines_has_only_the_error()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer();
        container.Bundle.SetText("linux.namespaces[1].type", "net");
        string log = container.Directory + "/log";
        container.Globally("--log", log, "--log-format", "json").TryCreate().Fails("hint: did you mean \"network\"?");
        Assert.DoesNotContain("did you mean", File.ReadAllText(log), StringComparison.Ordinal);
    }

    private static void AssertHint(Outcome outcome, string error, string? meant)
    {
        string[] lines = outcome.Fails(error).Stderr.Split('\n');
        Assert.Equal(meant is null ? "" : $"hint: did you mean \"{meant}\"?", lines[1]);
    }
}
