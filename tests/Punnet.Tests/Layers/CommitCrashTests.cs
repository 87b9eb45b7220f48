using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A commit that is stopped, or runs beside others: nothing or the whole, and the container goes on.</summary>
public sealed class CommitCrashTests : ContainerTest
{
    private const int Moments = 14;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void After_a_kill_at_any_moment_there_is_nothing_or_the_whole(bool isTar)
    {
        Container container = NewContainer().CreateOn();
        FillWithMany(container.Upper(), 400);
        Stopwatch clock = Stopwatch.StartNew();
        string whole = container.Directory + "/whole";
        container.Call(Words(container, whole, isTar)).Succeeds();
        TimeSpan all = clock.Elapsed;
        for (int moment = 0; moment < Moments; moment++)
        {
            string destination = container.Directory + "/new" + moment.ToString(CultureInfo.InvariantCulture);
            using RunningCommand running = container.Command(Words(container, destination, isTar)).Start();
            Thread.Sleep(all * moment / (Moments - 3));
            _ = Syscall.kill(running.Pid, Signum.SIGKILL);
            _ = running.Wait();
            if (Path.Exists(destination))
            {
                AssertSame(whole, destination, isTar);
            }
        }

        string last = container.Directory + "/last";
        container.Call(Words(container, last, isTar)).Succeeds();
        AssertSame(whole, last, isTar);
        Assert.Empty(Directory.GetFileSystemEntries(container.Directory, ".punnet-commit*"));
    }

    [Theory]
    [InlineData(Signum.SIGINT)]
    [InlineData(Signum.SIGTERM)]
    [InlineData(Signum.SIGHUP)]
    public void A_signal_stops_the_reading_and_lets_the_container_go_on(Signum signal)
    {
        Container container = Running();
        string fifo = container.Directory + "/fifo";
        Assert.Equal(0, Syscall.mkfifo(fifo, (FilePermissions)0x180));
        int end = Syscall.open(fifo, OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC);
        try
        {
            // Nobody reads, so the commit waits for ever with the container standing still.
            using RunningCommand running = new Command(Runtime.Path,
                ["--root", container.StateRoot, "commit", "--tar", "-", container.Id])
            { Redirections = ">" + fifo }.Start();
            container.WaitFor("paused");
            Thread.Sleep(100);
            Assert.Equal(0, Syscall.kill(running.Pid, signal));
            Eventually.True(() => running.HasExited, "the commit has ended");
            Assert.Equal("running", container.Status);
        }
        finally
        {
            _ = Syscall.close(end);
            File.Delete(fifo);
        }
    }

    [Fact]
    public void A_signal_while_a_directory_is_made_leaves_nothing_of_it()
    {
        Container container = Running();
        FillWithMany(container.Upper(), 4000);
        using RunningCommand running = container.Command("commit", container.Id, container.Directory + "/new").Start();
        Eventually.True(() => Directory.GetFileSystemEntries(container.Directory, ".punnet-commit*").Length > 0, "the commit has begun");
        Assert.Equal(0, Syscall.kill(running.Pid, Signum.SIGTERM));
        Outcome outcome = running.Wait();

        // It may have been faster than the signal.
        Assert.Equal(outcome.ExitCode == 0, Directory.Exists(container.Directory + "/new"));
        Assert.True(outcome.ExitCode == 0 || outcome.Stderr == "punnet: commit: interrupted by signal 15\n", outcome.Stderr);
        Assert.Empty(Directory.GetFileSystemEntries(container.Directory, ".punnet-commit*"));
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void A_running_container_stands_still_unless_it_shall_not()
    {
        Container container = Running();
        string fifo = container.Directory + "/fifo";
        Assert.Equal(0, Syscall.mkfifo(fifo, (FilePermissions)0x180));
        foreach (bool isPaused in new[] { true, false })
        {
            int end = Syscall.open(fifo, OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC);
            string[] flags = isPaused ? ["commit", "--tar", "-", container.Id] : ["commit", "--no-pause", "--tar", "-", container.Id];
            using RunningCommand running = new Command(Runtime.Path,
                ["--root", container.StateRoot, .. flags])
            { Redirections = ">" + fifo }.Start();
            if (isPaused)
            {
                container.WaitFor("paused");
            }
            else
            {
                Thread.Sleep(200);
                Assert.Equal("running", container.Status);
            }

            // Only the commit has the fifo open for writing once somebody reads it to its end.
            using RunningCommand reader = new Command("wc", ["-c"]) { Stdin = fifo }.Start();
            Eventually.True(() => ProcFile.CommandLine(reader.Pid) is ["wc", "-c"], "the reader has opened the fifo");
            _ = Syscall.close(end);
            running.Wait().Succeeds();
            Assert.Equal("0", (int.Parse(reader.Wait().Stdout, CultureInfo.InvariantCulture) % 512).ToString(CultureInfo.InvariantCulture));
            Assert.Equal("running", container.Status);
        }

        File.Delete(fifo);
    }

    [Fact]
    public void A_container_that_was_paused_stays_so()
    {
        Container container = Running();
        container.Call("pause", container.Id).Succeeds();

        container.Call("commit", container.Id, container.Directory + "/new").Succeeds();
        Assert.Equal("paused", container.Status);
        container.Call("resume", container.Id).Succeeds();
    }

    [Fact]
    public void Commits_at_once_do_not_disturb_each_other()
    {
        Container container = NewContainer().CreateOn();
        FillWithMany(container.Upper(), 300);
        container.Call("commit", container.Id, container.Directory + "/whole").Succeeds();
        RunningCommand[] running = new RunningCommand[4];
        for (int number = 0; number < running.Length; number++)
        {
            running[number] = container.Command("commit", container.Id,
                container.Directory + "/new" + number.ToString(CultureInfo.InvariantCulture)).Start();
        }

        for (int number = 0; number < running.Length; number++)
        {
            running[number].Wait().Succeeds();
            running[number].Dispose();
            AssertSame(
                container.Directory + "/whole", container.Directory + "/new" + number.ToString(CultureInfo.InvariantCulture), isTar: false);
        }

        Assert.Empty(Directory.GetFileSystemEntries(container.Directory, ".punnet-commit*"));
    }

    [Fact]
    public void Of_two_commits_to_one_place_one_wins()
    {
        Container container = NewContainer().CreateOn();
        FillWithMany(container.Upper(), 300);
        using RunningCommand first = container.Command("commit", container.Id, container.Directory + "/new").Start();
        using RunningCommand second = container.Command("commit", container.Id, container.Directory + "/new").Start();
        Outcome one = first.Wait(), other = second.Wait();

        Assert.Equal(1, one.ExitCode + other.ExitCode);
        _ = (one.ExitCode == 0 ? other : one).Fails("exists already");
        Assert.Empty(Directory.GetFileSystemEntries(container.Directory, ".punnet-commit*"));
    }

    [Fact]
    public void A_file_system_that_is_full_is_an_error_that_leaves_nothing()
    {
        Container container = NewContainer().CreateOn();
        Layered.Fill(container.Upper());
        string small = Layered.Make(container.Directory + "/small");
        _ = new Command("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", small]).Run().Succeeds();
        try
        {
            _ = container.Call("commit", container.Id, small + "/new").Fails("no space left on device (ENOSPC)");
            _ = container.Call("commit", "--tar", small + "/new.tar", container.Id).Fails("no space left on device (ENOSPC)");
            Assert.Empty(Directory.GetFileSystemEntries(small));
        }
        finally
        {
            _ = new Command("umount", [small]).Run().Succeeds();
        }
    }

    private static string[] Words(Container container, string destination, bool isTar)
    {
        return isTar ? ["commit", "--tar", destination, container.Id] : ["commit", container.Id, destination];
    }

    private static void AssertSame(string expected, string actual, bool isTar)
    {
        if (isTar)
        {
            Assert.True(File.ReadAllBytes(expected).AsSpan().SequenceEqual(File.ReadAllBytes(actual)), actual);
        }
        else
        {
            Assert.Equal(Layered.Print(expected), Layered.Print(actual));
        }
    }

    private static void FillWithMany(string directory, int count)
    {
        for (int number = 0; number < count; number++)
        {
            string name = number.ToString("D6", CultureInfo.InvariantCulture);
            File.WriteAllText($"{Layered.Make($"{directory}/{name[..4]}")}/{name}", new string('x', 3000));
        }
    }

    private Container Running()
    {
        Container container = NewContainer().Sleeps();
        FillWithMany(Layered.Make(container.Upper()), 200);
        return container.CreateAndStart(container.Layers());
    }
}
