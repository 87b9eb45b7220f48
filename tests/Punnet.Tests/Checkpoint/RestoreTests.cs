using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>restore: where the container is made again, and what happens when it cannot be.</summary>
public sealed class RestoreTests : CheckpointTest
{
    [Fact]
    public void Another_id_and_another_bundle_work()
    {
        Container container = Checkpoint(StartCounting(NewCounter()));
        Container other = NewCounter();
        // The processes have open files there, which CRIU finds by their paths.
        File.Copy(container.Bundle.Rootfs + "/count", other.Bundle.Rootfs + "/count");
        int before = Count(other.Bundle);
        TryRestore(other, Images(container)).Succeeds();
        AssertCountsOn(other, before);
        Assert.Equal(before, Count(container.Bundle));
        Assert.EndsWith("/" + other.Id, CgroupTree.DirectoryOf(other.Pid), StringComparison.Ordinal);
        Assert.Equal("0::/", Array.Find(other.Exec("cat", "/proc/self/cgroup").Succeeds().Stdout.Split('\n'),
            static line => line.StartsWith("0::", StringComparison.Ordinal)));
        container.AssertNothingLeft();
    }

    // CRIU before 4.2 makes such a root writable, and 4.2 fails: runc cannot restore it.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_read_only_root_stays_so(bool hasUser)
    {
        Container container = NewContainer().RunsScript("while true; do touch /tmp/x /y; sleep 0.05; done");
        if (hasUser)
        {
            container.Bundle.UserNamespace();
        }

        Run(container);
        Checkpoint(container);
        string image = Assert.Single(Directory.GetFiles(Images(container), "mountpoints-*.img"));
        byte[] before = File.ReadAllBytes(image);
        Restore(container);

        MountInfo.At(container.Pid, "/").Has("ro");
        container.Exec("touch", "/y").Returns(1);
        Assert.False(File.Exists(container.Bundle.Rootfs + "/y"));
        Assert.Empty(Directory.GetFiles($"{container.StateRoot}/{container.Id}", "*.img"));
        Assert.Equal(before, File.ReadAllBytes(image));
        Checkpoint(container);
        Restore(container);
        MountInfo.At(container.Pid, "/").Has("ro");
    }

    [Fact]
    public void A_failed_restore_says_why_and_leaves_nothing()
    {
        Container container = Checkpoint(StartCounting(NewCounter()));
        string image = Directory.GetFiles(Images(container), "pagemap-*.img")[0];
        File.WriteAllBytes(image, File.ReadAllBytes(image)[..^3]);
        TryRestore(container, Images(container)).Fails("criu failed to restore: ", Images(container) + "/restore.log");
        container.AssertNothingLeft();
        TryRestore(container, container.Directory + "/nowhere").Fails("cannot open ", "no such file");
        container.AssertNothingLeft();
    }

    [Fact]
    public void An_id_that_is_taken_is_left_alone()
    {
        Container container = StartCounting(NewCounter());
        TryCheckpoint(container, "--leave-running").Succeeds();
        TryRestore(container, Images(container)).Fails("container with given ID already exists");
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void In_the_foreground_it_passes_signals_and_the_exit_status_and_removes_the_container()
    {
        Container container = NewCounter().RunsScript("trap 'exit 7' TERM; " + Counting);
        Checkpoint(StartCounting(container));
        int before = Count(container.Bundle);
        using RunningCommand running = Criu.Reach(container.Command(
            "restore", "--bundle", container.Bundle.Path, "--image-path", Images(container), container.Id)).Start();
        WaitForCount(container.Bundle, before + 3);
        Assert.Equal(0, Syscall.kill(running.Pid, Signum.SIGTERM));
        running.Wait().Returns(7);
        container.AssertNothingLeft();
    }

    [Fact]
    public void Pipes_are_those_of_the_restore()
    {
        Container container = NewContainer().RunsScript("i=0; while true; do i=$((i+1)); echo $i; sleep 0.05; done");
        container.Bundle.Write();
        string first = container.Directory + "/first", second = container.Directory + "/second";
        using RunningCommand one = Piped(container, first, "run").Start();
        Eventually.True(() => Lines(first).Length > 2, "it writes into the first pipe");
        Checkpoint(container);
        string[] before = Lines(first);
        using RunningCommand two = Piped(container, second, "restore", "--image-path", Images(container)).Start();
        Eventually.True(() => Lines(second).Length > 2, "it writes into the second pipe");
        Assert.Equal(int.Parse(before[^1], null) + 1, int.Parse(Lines(second)[0], null));
        Assert.Equal(before, Lines(first));
        container.Stop();
    }

    [Fact]
    public void A_terminal_arrives_at_the_console_socket()
    {
        Container container = NewContainer().RunsScript("echo ready; while read line; do echo \"read $line in $$\"; done");
        container.Bundle.Set("process.terminal", "true");
        using (ConsoleSocket socket = new(container.Directory + "/tty.sock"))
        {
            Detached(container, "run", "--console-socket", socket.Path).Run().Succeeds();
            using Terminal terminal = socket.Receive();
            terminal.WaitFor("ready");
            Checkpoint(container);
        }

        using ConsoleSocket again = new(container.Directory + "/again.sock");
        Restore(container, "--console-socket", again.Path);
        using Terminal restored = again.Receive();
        restored.Write("hello\n");
        restored.WaitFor("read hello in 1");
        Assert.Equal("34816", File.ReadAllText($"/proc/{container.Pid}/stat").Split(") ")[1].Split(' ')[4]); // tty_nr
        container.Stop();
    }

    [Fact]
    public void Hooks_of_the_runtime_run_before_it_goes_on()
    {
        Container container = NewCounter();
        string record = container.Directory + "/hooks";
        foreach (string kind in new[] { "prestart", "createRuntime", "createContainer", "startContainer", "poststart" })
        {
            string place = kind.EndsWith("Container", StringComparison.Ordinal) ? "/hooks" : record;
            container.Bundle.Add("hooks." + kind, $$"""{"path":"/bin/sh","args":["sh","-c","echo {{kind}} $(cat) >>{{place}}"]}""");
        }

        Checkpoint(StartCounting(container));
        File.Delete(record);
        File.Delete(container.Bundle.Rootfs + "/hooks");
        Restore(container);
        string[] lines = File.ReadAllLines(record);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("prestart ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("createRuntime ", lines[1], StringComparison.Ordinal);
        Assert.Contains($"\"pid\":{container.Pid},", lines[1].Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.False(File.Exists(container.Bundle.Rootfs + "/hooks"));
    }

    [Fact]
    public void A_hook_that_fails_ends_it()
    {
        Container container = NewCounter();
        Checkpoint(StartCounting(container));
        container.Bundle.Add("hooks.createRuntime", """{"path":"/bin/sh","args":["sh","-c","echo no >&2; exit 3"]}""");
        TryRestore(container, Images(container)).Fails("hook", "status 3", "no");
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_session_keyring_is_its_own_and_not_the_callers()
    {
        Container container = KeyringTests.AddKeys(NewCounter()).RunsScript("trap '/keys show >/shown' USR1; " + Counting);
        Restore(Checkpoint(StartCounting(container)));
        container.Kill("USR1").Succeeds();
        string shown = container.Bundle.Rootfs + "/shown";
        Eventually.True(() => File.Exists(shown) && File.ReadAllText(shown).EndsWith('\n'), "the keyring is shown");
        Assert.EndsWith($";_ses.{container.Id}\n", File.ReadAllText(shown), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Signum.SIGTERM)]
    [InlineData(Signum.SIGKILL)]
    public void A_restore_that_is_stopped_in_the_middle_leaves_no_process(Signum signal)
    {
        Container container = NewCounter();
        Checkpoint(StartCounting(container));
        int before = Count(container.Bundle);
        string reached = container.Directory + "/reached";
        container.Bundle.Add("hooks.createRuntime", $$"""{"path":"/bin/sh","args":["sh","-c",": >{{reached}}; exec sleep 1000"]}""");
        using RunningCommand running = Detached(container, "restore", "--image-path", Images(container)).Start();
        Eventually.True(() => File.Exists(reached), "the hook runs");
        Assert.Equal(0, Syscall.kill(running.Pid, signal));
        Outcome outcome = running.Wait();
        if (signal == Signum.SIGTERM)
        {
            outcome.Returns(143);
        }
        else
        {
            // CRIU notices that nobody answers, and undoes its work; the record stays for a delete.
            Eventually.True(() => !CgroupTree.Named(container.Id).Exists(
                static directory => File.ReadAllText(directory + "/cgroup.procs").Length > 0), "its processes have ended");
            container.Delete("--force").Succeeds();
        }

        container.AssertNothingLeft();
        Assert.Equal(before, Count(container.Bundle));
    }

    private static Command Piped(Container container, string file, string verb, params string[] flags)
    {
        return Criu.Reach(new Command("/bin/sh",
            ["-c", "file=$1; shift; \"$@\" 2>/dev/null | cat >\"$file\"", "sh", file, Runtime.Path, "--root", container.StateRoot, verb,
                "--detach", "--bundle", container.Bundle.Path, .. flags, container.Id]));
    }

    private static string[] Lines(string file)
    {
        return File.Exists(file) ? File.ReadAllText(file).Split('\n')[..^1] : [];
    }
}
