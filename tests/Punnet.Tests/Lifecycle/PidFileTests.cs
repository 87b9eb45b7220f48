using System.Globalization;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>--pid-file: engines read the whole file as one number.</summary>
public sealed class PidFileTests : ContainerTest
{
    [Fact]
    public void The_file_is_the_pid_without_a_line_end()
    {
        Container container = NewContainer().Sleeps().Create();
        Assert.Equal(container.Pid.ToString(CultureInfo.InvariantCulture), File.ReadAllText(container.PidFile));
    }

    [Fact]
    public void A_relative_path_is_relative_to_the_working_directory_and_not_to_the_bundle()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Write();
        Command command = new(
            Runtime.Path, ["--root", container.StateRoot, "create", "--bundle", "bundle", "--pid-file", "relative.pid", container.Id])
        {
            WorkingDirectory = container.Directory,
            Stdout = container.Directory + "/stdout",
            Stderr = container.Directory + "/stderr",
        };
        command.Run().Succeeds();
        Assert.Equal(container.Pid.ToString(CultureInfo.InvariantCulture), File.ReadAllText(container.Directory + "/relative.pid"));
    }

    [Fact]
    public void An_old_file_is_replaced()
    {
        Container container = NewContainer().Sleeps();
        File.WriteAllText(container.PidFile, "99999999 and much more than a pid");
        container.Create();
        Assert.Equal(container.Pid.ToString(CultureInfo.InvariantCulture), File.ReadAllText(container.PidFile));
    }

    [Fact]
    public void No_temporary_file_stays_beside_it()
    {
        Container container = NewContainer().Sleeps();
        Directory.CreateDirectory(container.Directory + "/pids");
        container.Bundle.Write();
        Command command = new(Runtime.Path,
            ["--root", container.StateRoot, "create", "--bundle", container.Bundle.Path, "--pid-file", container.Directory + "/pids/pid",
                container.Id])
        {
            Stdout = container.Directory + "/stdout",
            Stderr = container.Directory + "/stderr",
        };
        command.Run().Succeeds();
        _ = Assert.Single(Directory.GetFileSystemEntries(container.Directory + "/pids"));
    }

    [Fact]
    public void A_pid_file_that_cannot_be_written_fails_and_leaves_nothing()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Write();
        container.Call("create", "--bundle", container.Bundle.Path, "--pid-file", container.Directory + "/none/pid", container.Id)
            .Fails("no such file or directory");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_failed_create_writes_no_pid_file()
    {
        Container container = NewContainer().Runs("no-such-program");
        container.TryCreate().Fails();
        Assert.False(File.Exists(container.PidFile));
    }

    [Fact]
    public void A_foreground_run_writes_it_too()
    {
        Container container = NewContainer().Runs("true");
        container.Run().Succeeds();
        Assert.Matches(@"^\d+$", File.ReadAllText(container.PidFile));
    }

    [Fact]
    public void Exec_writes_the_pid_of_its_own_process()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        string file = container.Directory + "/exec.pid";
        Assert.Equal("done\n", container.ExecWith(["--pid-file", file], "echo", "done").Succeeds().Stdout);
        string text = File.ReadAllText(file);
        Assert.Matches(@"^\d+$", text);
        Assert.NotEqual(container.Pid.ToString(CultureInfo.InvariantCulture), text);
    }
}
