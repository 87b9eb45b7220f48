using System;
using System.Globalization;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <content>Descriptors of the host that a container's process finds.</content>
public sealed partial class CveTests
{
    private const string Leaks = "3</ 4</etc/passwd 5</proc 9<.";

    [Fact]
    public void CVE_2024_21626_Descriptors_of_the_runtime_and_its_caller_stay_outside()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Write();
        AssertLeaks();
        Command command = new(Runtime.Path, ["--root", container.StateRoot, "create", "--bundle", container.Bundle.Path, container.Id])
        {
            Stdout = container.Directory + "/stdout",
            Stderr = container.Directory + "/stderr",
            Redirections = Leaks,
        };
        command.Run().Succeeds();
        container.Start();
        Eventually.True(() => ProcFile.CommandLine(container.Pid) is ["sleep", "1000"], "the program runs");
        Assert.Equal(["0", "1", "2"], Descriptors(container.Pid));
    }

    [Fact]
    public void CVE_2016_9962_Descriptors_stay_outside_of_an_executed_process_too()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        AssertLeaks();
        string pidFile = container.Directory + "/exec.pid";
        Command command = new(
            Runtime.Path, ["--root", container.StateRoot, "exec", "--detach", "--pid-file", pidFile, container.Id, "sleep", "999"])
        {
            Stdout = container.Directory + "/exec.out",
            Stderr = container.Directory + "/exec.err",
            Redirections = Leaks,
        };
        command.Run().Succeeds();
        int pid = int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture);
        Eventually.True(() => ProcFile.CommandLine(pid) is ["sleep", "999"], "the program runs");
        Assert.Equal(["0", "1", "2"], Descriptors(pid));
    }

    [Fact]
    public void CVE_2024_21626_A_working_directory_behind_a_descriptor_is_refused_by_create()
    {
        Container container = NewContainer().Runs("pwd");
        Assert.Equal("secret", Escape(container, "/proc/self/fd/9"));
        for (int number = 3; number <= 20; number++)
        {
            container.Bundle.Set("process.cwd", $"\"/proc/self/fd/{number}\"");
            Assert.NotEqual(0, container.TryCreate().ExitCode);
        }

        container.AssertNothingLeft();
    }

    [Fact]
    public void CVE_2024_21626_A_working_directory_behind_a_descriptor_is_refused_by_exec()
    {
        Container container = NewContainer().Sleeps();
        Link(container, "/workdir", "/proc/self/fd/9");
        Assert.Equal("secret", Escape(container, "/workdir"));
        container.CreateAndStart();
        for (int number = 3; number <= 20; number++)
        {
            Assert.NotEqual(0, container.ExecWith(["--cwd", $"/proc/self/fd/{number}"], "pwd").ExitCode);
        }

        foreach (string place in new[] { "/workdir", "/proc/1/root", "/proc/1/cwd", "/proc/self/root", "/proc/thread-self/fd/3" })
        {
            Assert.NotEqual(0, container.ExecWith(["--cwd", place], "pwd").ExitCode);
        }
    }

    // With a descriptor of the host's root, a shell gets out.
    private static string Escape(Container container, string directory)
    {
        _ = Outside(container);
        return Naively(container, $"exec 9</; mount -t proc proc $R/proc; chroot $R /bin/sh -c "
            + $"\"PATH=/bin; cd {directory} && cat ./{container.Directory}/outside/secret\"");
    }

    // A program that cares less inherits them.
    private static void AssertLeaks()
    {
        Command careless = new("/bin/sh", ["-c", "echo /proc/self/fd/*"]) { Redirections = Leaks };
        Assert.Contains("/fd/9", careless.Run().Succeeds().Stdout, StringComparison.Ordinal);
    }

    private static string[] Descriptors(int pid)
    {
        string[] names = Array.ConvertAll(Directory.GetFiles($"/proc/{pid}/fd"), static path => Path.GetFileName(path));
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }
}
