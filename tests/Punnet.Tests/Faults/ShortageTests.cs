using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Whatever punnet has too little of, and whichever call finds that out: one sentence, a status, and nothing is left.</summary>
public sealed class ShortageTests : ContainerTest
{
    // Of the container that runs, and of one that each call makes anew.
    private static readonly string[][] Others =
        [["exec", "true"], ["state"], ["kill", "0"], ["update", "--pids-limit", "50"], ["list"], ["list", "-q"]];

    [Fact]
    public void A_create_with_few_descriptors_leaves_nothing()
    {
        int allowed = 3;
        for (; ; allowed++)
        {
            Container container = NewContainer().Sleeps();
            container.Bundle.Set("linux.cgroupsPath", $"\"/{container.Id}-above/{container.Id}\"");
            Outcome create = Allowed(allowed, container, "create", "--bundle", container.Bundle.Path, container.Id);
            bool isMade = create.ExitCode == 0;
            if (isMade)
            {
                container.Delete("--force").Succeeds();
                Directory.Delete(CgroupTree.MountPoint + $"/{container.Id}-above");
            }

            container.AssertNothingLeft();
            if (isMade)
            {
                break;
            }

            SaysOneSentence(create);
        }

        Assert.InRange(allowed, 10, 40);
    }

    [Fact]
    public void No_command_with_few_descriptors_takes_a_container_for_another_than_it_is()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        foreach (string[] words in Others.Where(static words => words[0] != "update" || CgroupTree.Offers("pids")))
        {
            int allowed = 3;
            while (Allowed(allowed, container, Complete(words, container)) is { ExitCode: not 0 } outcome)
            {
                SaysOneSentence(outcome);
                Assert.Contains("(EMFILE)", outcome.Stderr, StringComparison.Ordinal);
                Assert.True(++allowed < 40, outcome.Stderr);
            }
        }

        for (int allowed = 3; Allowed(allowed, container, "delete", "--force", container.Id) is { ExitCode: not 0 } outcome; allowed++)
        {
            SaysOneSentence(outcome);
            Assert.Equal("running", container.Status);
        }

        container.AssertNothingLeft();
    }

    [Fact]
    public void Many_binds_in_a_user_namespace_need_no_more_descriptors_than_one()
    {
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 3), "a tmpfs takes ids of its own from Linux 6.3 on");
        Container container = NewContainer().Runs("sh", "-c", "ulimit -n; stat -c %u /m25");
        container.Bundle.UserNamespace();
        container.Bundle.Remove("process.rlimits");
        for (int number = 1; number <= 25; number++)
        {
            string source = $"{container.Directory}/source{number}";
            Directory.CreateDirectory(source);
            container.Bundle.Mount($"/m{number}", "bind", source, "rbind");
            string mapping = $$"""[{"containerID":0,"hostID":{{100000 + number}},"size":100}]""";
            container.Bundle.Set($"mounts[{container.Bundle.Config["mounts"]!.AsArray().Count - 1}].uidMappings", mapping);
            container.Bundle.Set($"mounts[{container.Bundle.Config["mounts"]!.AsArray().Count - 1}].gidMappings", mapping);
        }

        container.Bundle.Write();
        Command command = new(Runtime.Path, ["--root", container.StateRoot, "run", "--bundle", container.Bundle.Path, container.Id])
        { Before = "ulimit -S -n 22;" };
        Assert.Equal("22\n25\n", command.Run().Succeeds().Stdout);
    }

    [Fact]
    public void An_unfinished_pid_file_of_a_killed_create_is_replaced()
    {
        Container container = NewContainer().Sleeps();
        string hidden = Path.GetDirectoryName(container.PidFile) + "/." + Path.GetFileName(container.PidFile);
        File.WriteAllText(hidden, "1");
        container.Create();
        Assert.False(File.Exists(hidden));
    }

    // strace counts the calls of each process by itself: of those that only the new process makes, the first ones are hit too.
    [Fact]
    public void A_call_that_fails_leaves_nothing_and_one_sentence()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "needs strace");
        string[] calls = ["openat", "openat2", "mkdirat", "mknodat", "symlinkat", "socketpair", "signalfd4", "clone3", "pidfd_open",
            "memfd_create",
            "open_tree", "fsopen", "fsmount", "move_mount", "mount_setattr", "mount", "readlinkat", "getdents64", "fcntl"];
        Container running = NewContainer().Sleeps().CreateAndStart();
        List<(string[] Words, string Call, int When)> points = [];
        foreach (string[] words in (string[][])[["create"], ["run", "--detach"], ["delete", "--force"], .. Others])
        {
            points.AddRange(calls.SelectMany(call => Enumerable.Range(1,
                call is "openat" or "openat2" ? 24 : 6).Select(when => (words, call, when))));
        }

        // PUNNET_SWEEP=1 tries all of them.
        Random random = new(20261129);
        int wanted = Environment.GetEnvironmentVariable("PUNNET_SWEEP") is null ? 70 : points.Count;
        foreach ((string[] words, string call, int when) in points.OrderBy(_ => random.Next()).Take(wanted))
        {
            Try(words, call, when, running);
        }

        running.Delete("--force").Succeeds();
        running.AssertNothingLeft();
    }

    private void Try(string[] words, string call, int when, Container running)
    {
        bool isOther = Others.Contains(words);
        Container container = isOther ? running : NewContainer().Sleeps();
        if (words[0] == "delete")
        {
            container.CreateAndStart();
        }

        container.Bundle.Write();
        string[] rest = isOther ? Complete(words, container) : words[0] == "delete"
            ? [.. words, container.Id] : [.. words, "--bundle", container.Bundle.Path, container.Id];
        Outcome outcome = new Command("/usr/bin/strace",
            ["-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e", $"inject={call}:error=EMFILE:when={when}",
            Runtime.Path, "--root", container.StateRoot, .. rest]).Run();
        string point = $"{string.Join(' ', words)}, {call} number {when}: ";
        if (outcome.ExitCode != 0)
        {
            SaysOneSentence(outcome);
        }

        bool isGone = words[0] == "delete" ? outcome.ExitCode == 0 : !isOther && outcome.ExitCode != 0;
        if (isOther)
        {
            Assert.True(running.Status == "running", point + outcome.Stderr);
            return;
        }

        if (!isGone)
        {
            container.Delete("--force").Succeeds();
        }

        // strace itself names the id until it has seen the last process end.
        Eventually.True(() => ProcFile.Mentioning(container.Id).Count == 0, point + "all processes end");
        container.AssertNothingLeft();
    }

    private static string[] Complete(string[] words, Container container) => words[0] switch
    {
        "list" => words,
        "update" => [.. words, container.Id],
        _ => [words[0], container.Id, .. words[1..]],
    };

    private static Outcome Allowed(int descriptors, Container container, params string[] words)
    {
        container.Bundle.Write();
        return new Command("/usr/bin/prlimit", [$"--nofile={descriptors}:1024", Runtime.Path, "--root", container.StateRoot, .. words])
            .Run();
    }

    private static void SaysOneSentence(Outcome outcome)
    {
        string[] lines = [.. outcome.Stderr.Split('\n',
            StringSplitOptions.RemoveEmptyEntries).Where(static line => !line.StartsWith("hint: ", StringComparison.Ordinal))];
        Assert.True(lines is [string line] && line.StartsWith("punnet: ", StringComparison.Ordinal),
            $"{outcome.What}: status {outcome.ExitCode}: {outcome.Stderr}");
    }
}
