using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>seccomp explain</c>: its words, and that a program in a container gets what it says.</summary>
public sealed class SeccompExplainTests : ContainerTest
{
    private const string Profile = """
        {
          "defaultAction": "SCMP_ACT_ALLOW",
          "syscalls": [
            { "names": [ "mkdir", "rmdir" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
              "args": [ { "index": 0, "value": 7, "op": "SCMP_CMP_GT" }, { "index": 1, "value": 240, "valueTwo": 16, "op": "SCMP_CMP_MASKED_EQ" } ] },
            { "names": [ "getpriority" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 0 },
            { "names": [ "sync" ], "action": "SCMP_ACT_ALLOW" },
            { "names": [ "mkdir" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 2, "args": [ { "index": 1, "value": 1, "op": "SCMP_CMP_EQ" } ] }
          ]
        }
        """;

    private readonly string _file = Path.Combine(Workplace.Top, Workplace.UniqueName() + ".json");

    public SeccompExplainTests()
    {
        Runtime.MustBePunnet();
        File.WriteAllText(_file, Profile);
    }

    [Fact]
    public void A_call_with_arguments_has_one_answer_and_says_why_not_the_others()
    {
        Assert.Equal(
            """
            mkdir(0x8, 0x1f), number 83 of SCMP_ARCH_X86_64: refused with EACCES
              refused with EACCES by syscalls[0] (line 4) SCMP_ACT_ERRNO
                args[0]: argument 0 > 0x7: holds
                args[1]: argument 1 & 0xf0 == 0x10: holds
              not by syscalls[3] (line 8) SCMP_ACT_ERRNO: its args do not hold
                args[0]: argument 1 == 0x1: does not hold

            """, Explain("mkdir", "8", "0x1F"));
        Assert.Equal(
            """
            rmdir(0x7), number 84 of SCMP_ARCH_X86_64: allowed
              allowed by defaultAction SCMP_ACT_ALLOW
              not by syscalls[0] (line 4) SCMP_ACT_ERRNO: its args do not hold
                args[0]: argument 0 > 0x7: does not hold
                args[1]: argument 1 & 0xf0 == 0x10: does not hold
              arguments that are not given, up to 1, count as 0

            """, Explain("84", "7"));
    }

    [Fact]
    public void A_call_without_arguments_has_all_that_can_happen()
    {
        Assert.Equal(
            """
            mkdir, number 83 of SCMP_ARCH_X86_64: depends on its arguments
              refused with EACCES by syscalls[0] (line 4) SCMP_ACT_ERRNO
                args[0]: argument 0 > 0x7
                args[1]: argument 1 & 0xf0 == 0x10
              refused with ENOENT by syscalls[3] (line 8) SCMP_ACT_ERRNO
                args[0]: argument 1 == 0x1
              allowed by defaultAction SCMP_ACT_ALLOW

            """, Explain("mkdir"));
        Assert.Equal(
            """
            sync, number 162 of SCMP_ARCH_X86_64: allowed
              allowed by defaultAction SCMP_ACT_ALLOW
              not by syscalls[2] (line 7) SCMP_ACT_ALLOW: it says what the default action says

            """, Explain("sync"));
    }

    [Fact]
    public void Without_a_call_there_is_a_table()
    {
        string table = Explain();
        Assert.Matches(@"(?m)^mkdir +83 +depends on its arguments +syscalls\[0\] \(line 4\), syscalls\[3\] \(line 8\), defaultAction$", table);
        Assert.Matches(@"(?m)^getpriority +140 +refused with 0 +syscalls\[1\] \(line 6\)$", table);
        Assert.Matches(@"(?m)^sync +162 +allowed +defaultAction$", table);
        Assert.Matches(@"(?m)^any other number: allowed: defaultAction$", table);
        Assert.Matches(@"(?m)^ +2 depends on its arguments$", table);
    }

    [Fact]
    public void A_config_has_its_own_places_and_other_architectures_are_asked_for()
    {
        Container container = NewContainer();
        container.Bundle.Set("linux.seccomp", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Profiles", "docker.json")));
        container.Bundle.Write();
        string config = container.Bundle.Path + "/config.json";
        Assert.Contains(
            "refused with EPERM by linux.seccomp.defaultAction SCMP_ACT_ERRNO\n",
            Runtime.Run("seccomp", "explain", "--config", config, "mount").Succeeds().Stdout, StringComparison.Ordinal);
        Assert.Contains(
            "socketcall(0x1, 0x28), number 102 of SCMP_ARCH_X86: allowed\n",
            Runtime.Run("seccomp", "explain", "--config", config, "--arch", "SCMP_ARCH_X86", "socketcall", "1", "40").Succeeds().Stdout,
            StringComparison.Ordinal);
        Assert.Contains(
            "killed (its thread) by its architecture: the profile does not name it\n",
            Runtime.Run("seccomp", "explain", "--config", config, "--arch", "SCMP_ARCH_RISCV64", "mkdirat").Succeeds().Stdout,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_gets_what_it_says()
    {
        Assert.SkipWhen(Runtime.IsArm64, "the calls have numbers of x86-64");
        string[] calls = ["83:8:31", "83:7:31", "83:8:32", "83:0:1", "84:8:31", "84:0:1", "140", "39"];
        Container container = NewContainer().Runs(["calls", .. calls]);
        File.Copy(Workplace.Program("calls"), container.Bundle.Rootfs + "/bin/calls");
        container.Bundle.Set("process.noNewPrivileges", "true");
        container.Bundle.Set("linux.seccomp", Profile);
        Dictionary<string, string> answers = new(StringComparer.Ordinal)
        {
            ["EACCES"] = " -13",
            ["ENOENT"] = " -2",
            ["0"] = " 0",
        };
        string[] printed = container.RunToEnd().TrimEnd('\n').Split('\n');
        foreach ((string call, string line) in calls.Zip(printed))
        {
            string outcome = Explain(call.Split(':')).Split('\n')[0].Split(": ")[1];
            string? expected = answers.GetValueOrDefault(outcome.Replace("refused with ", "", StringComparison.Ordinal));
            Assert.Equal(expected is not null, outcome != "allowed");

            // Nothing is at these addresses: EFAULT from the kernel itself.
            Assert.EndsWith(expected ?? (call == "39" ? "39 1" : " -14"), line, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("explain", "requires a PROFILE")]
    [InlineData("record", "unknown subcommand record")]
    [InlineData("explain FILE nosuch", "\"nosuch\" is not a system call of any architecture")]
    [InlineData("explain FILE --arch SCMP_ARCH_X86_64 socketcall", "socketcall is not a system call of this architecture")]
    [InlineData("explain FILE --arch x86", "a name such as SCMP_ARCH_X86 is expected")]
    [InlineData("explain FILE mkdirat 1 2 3 4 5 6 7", "at most 6 arguments")]
    [InlineData("explain FILE mkdirat 8z", "invalid argument \"8z\"")]
    [InlineData("explain /nosuch", "cannot open /nosuch")]
    public void Wrong_words_are_refused(string words, string complaint) =>
        Runtime.Run(["seccomp", .. words.Replace("FILE", _file, StringComparison.Ordinal).Split(' ')]).Fails(complaint);

    [Theory]
    [InlineData("{", "line 1, column 2")]
    [InlineData("""{ "defaultAction": "SCMP_ACT_FOO" }""", "defaultAction: \"SCMP_ACT_FOO\" is not an action")]
    [InlineData("""{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ { "names": [ "a" ], "action": "X" } ] }""", "syscalls[0].action: \"X\"")]
    public void A_profile_that_cannot_be_used_is_refused_with_its_place(string profile, string complaint)
    {
        File.WriteAllText(_file, profile);
        Assert.StartsWith(
            "punnet: seccomp: " + _file + ": ", Runtime.Run("seccomp", "explain", _file).Fails(complaint).Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void A_profile_that_an_engine_has_not_resolved_is_told_of()
    {
        File.WriteAllText(_file, """
            { "defaultAction": "SCMP_ACT_ERRNO",
              "syscalls": [ { "names": [ "mount" ], "action": "SCMP_ACT_ALLOW", "includes": { "caps": [ "CAP_SYS_ADMIN" ] } } ] }
            """);
        Assert.Contains(
            "syscalls[0].includes is resolved by an engine", Runtime.Run("seccomp", "explain", _file, "mount").Succeeds().Stderr,
            StringComparison.Ordinal);
    }

    private string Explain(params string[] words)
    {
        Assert.SkipWhen(Runtime.IsArm64, "the answers have calls and numbers of x86-64");
        return Runtime.Run(["seccomp", "explain", _file, .. words]).Succeeds().Stdout;
    }
}
