using System;
using System.Collections.Generic;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>NOTIFY_SOCKET: a container tells the service manager that started punnet how it is.</summary>
public sealed class NotifySocketTests : RootlessTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Start_ends_when_the_container_is_ready_and_the_manager_knows_it(bool isAbstract)
    {
        Container container = Notifying(NewContainer(), "STATUS=warming up", "READY=1\nSTATUS=well", "SLEEP");
        using Supervisor manager = new(isAbstract ? null : container.Directory);
        With(container.CreateCommand(), manager).Run().Succeeds();
        using RunningCommand start = With(container.Command("start", container.Id), manager).Start();
        Assert.Equal("STATUS=warming up\n", manager.Receive());
        Assert.Equal($"READY=1\nSTATUS=well\nMAINPID={container.Pid}\n", manager.Receive());
        Assert.True(manager.HasMessage());
        Assert.False(start.HasExited);
        Assert.Equal("BARRIER=1", manager.Receive());
        start.Wait().Succeeds();
        Assert.Equal("running", container.Status);
        container.Stop().Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_barrier_of_the_container_is_the_managers_to_lift()
    {
        Container container = Notifying(NewContainer(), "STATUS=a", "BARRIER", "READY=1", "SLEEP");
        using Supervisor manager = new(container.Directory);
        With(container.CreateCommand(), manager).Run().Succeeds();
        using RunningCommand start = With(container.Command("start", container.Id), manager).Start();
        Assert.Equal("STATUS=a\n", manager.Receive());
        Assert.True(manager.HasMessage());
        Assert.Equal("", container.Output);
        Assert.Equal("BARRIER=1", manager.Receive());
        container.WaitForOutput("past the barrier\n");
        Assert.StartsWith("READY=1\n", manager.Receive(), StringComparison.Ordinal);
        Assert.Equal("BARRIER=1", manager.Receive());
        start.Wait().Succeeds();
    }

    [Fact]
    public void What_would_give_the_container_power_over_its_service_does_not_pass()
    {
        Container container = Notifying(
            NewContainer(), "MAINPID=1", "MAINPIDFD=1\nFDSTORE=1\nFDNAME=x\nNOTIFYACCESS=all\nRESTART_RESET=1", "nonsense", "=x",
                "X_OWN=1\nMAINPID=1\nREADY=1", "SLEEP");
        using Supervisor manager = new(container.Directory);
        With(container.CreateCommand(), manager).Run().Succeeds();
        using RunningCommand start = With(container.Command("start", container.Id), manager).Start();
        Assert.Equal($"X_OWN=1\nREADY=1\nMAINPID={container.Pid}\n", manager.Receive());
        Assert.Equal("BARRIER=1", manager.Receive());
        start.Wait().Succeeds();
    }

    [Fact]
    public void Start_ends_with_a_container_that_ends_before_it_is_ready()
    {
        Container container = Notifying(NewContainer(), "STATUS=a");
        using Supervisor manager = new(container.Directory);
        With(container.CreateCommand(), manager).Run().Succeeds();
        With(container.Command("start", container.Id), manager).Run().Succeeds();
        Assert.Equal("STATUS=a\n", manager.Receive());
        Assert.False(manager.HasMessage());
        container.WaitFor("stopped");
    }

    [Fact]
    public void A_detached_run_waits_too()
    {
        Container container = Notifying(NewContainer(), "READY=1", "SLEEP");
        using Supervisor manager = new(container.Directory);
        using RunningCommand run = With(container.RunCommand("--detach"), manager).Start();
        string ready = manager.Receive();
        Assert.Equal($"READY=1\nMAINPID={container.Pid}\n", ready);
        Assert.Equal("BARRIER=1", manager.Receive());
        run.Wait().Succeeds();
        Assert.Equal("running", container.Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_run_in_the_foreground_stays_the_main_process_and_passes_on_to_the_end(bool terminal)
    {
        Container container = Notifying(NewContainer(), "READY=1", "STATUS=later", "STOPPING=1");
        container.Bundle.Set("process.terminal", terminal ? "true" : "false");
        using Supervisor manager = new(container.Directory);
        using RunningCommand run = With(container.RunCommand(), manager).Start();
        Assert.Equal($"READY=1\nMAINPID={run.Pid}\n", manager.Receive());
        Assert.Equal("STATUS=later\n", manager.Receive());
        Assert.Equal("STOPPING=1\n", manager.Receive());
        run.Wait().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Another_user_of_a_user_namespace_reaches_the_socket()
    {
        Container container = Notifying(NewContainer(), "READY=1", "SLEEP");
        container.Bundle.UserNamespace();
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1000}""");
        using Supervisor manager = new(container.Directory);
        With(container.CreateCommand(), manager).Run().Succeeds();
        using RunningCommand start = With(container.Command("start", container.Id), manager).Start();
        Assert.Equal($"READY=1\nMAINPID={container.Pid}\n", manager.Receive());
        Assert.Equal("BARRIER=1", manager.Receive());
        start.Wait().Succeeds();
        MountInfo.At(container.Pid, "/run/notify").Has("ro", "nosuid", "nodev", "noexec");
    }

    [Fact]
    public void An_ordinary_user_is_heard_as_well()
    {
        Container container = Notifying(NewRootless(), "READY=1", "SLEEP");
        using Supervisor manager = new(container.Directory);
        container.User!.Environment["NOTIFY_SOCKET"] = manager.Address;
        container.CreateCommand().Run().Succeeds();
        using RunningCommand start = container.Command("start", container.Id).Start();
        Assert.Equal($"READY=1\nMAINPID={container.Pid}\n", manager.Receive());
        Assert.Equal("BARRIER=1", manager.Receive());
        start.Wait().Succeeds();
    }

    [Fact]
    public void Listening_sockets_and_the_notify_socket_go_together()
    {
        Container container = NewContainer()
            .RunsScript("echo $LISTEN_FDS $LISTEN_PID $NOTIFY_SOCKET; cat <&3; /bin/notify READY=1; sleep 1000");
        File.Copy(Workplace.Program("notify"), container.Bundle.Rootfs + "/bin/notify");
        container.Bundle.Add("process.env", "\"NOTIFY_SOCKET=/somewhere/else\"");
        File.WriteAllText(container.Directory + "/third", "third\n");
        using Supervisor manager = new(container.Directory);
        Command create = new(Runtime.Path, [.. container.CreateCommand().Words[1..]])
        {
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["NOTIFY_SOCKET"] = manager.Address,
                ["LISTEN_FDS"] = "1"
            },
            Stdout = container.Directory + "/stdout",
            Redirections = "3<" + container.Directory + "/third",
        };
        create.Run().Succeeds();
        using RunningCommand start = With(container.Command("start", container.Id), manager).Start();
        Assert.StartsWith("READY=1\n", manager.Receive(), StringComparison.Ordinal);
        Assert.Equal("BARRIER=1", manager.Receive());
        start.Wait().Succeeds();
        Assert.Equal("1 1 /run/notify/notify.sock\nthird\n", container.Output);
    }

    [Fact]
    public void A_variable_left_over_from_a_manager_is_ignored()
    {
        Container container = NewContainer().Sleeps();
        Dictionary<string, string?> nobody = new(StringComparer.Ordinal) { ["NOTIFY_SOCKET"] = "/nonexistent/notify" };
        new Command(Runtime.Path, container.CreateCommand().Words[1..]) { Environment = nobody }.Run().Succeeds();
        new Command(Runtime.Path, container.Command("start", container.Id).Words[1..]) { Environment = nobody }.Run().Succeeds();
        Assert.Equal("running", container.Status);
        container.Stop().Delete().Succeeds();
        new Command(Runtime.Path, container.Runs("true").RunCommand().Words[1..]) { Environment = nobody }.Run().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Without_the_variable_there_is_no_trace_of_it()
    {
        Container container = NewContainer().RunsScript("echo \"<$NOTIFY_SOCKET>\"; sleep 1000").CreateAndStart();
        container.WaitForOutput("<>\n");
        Assert.DoesNotContain(MountInfo.Of(container.Pid), static entry => entry.MountPoint == "/run/notify");
        Assert.False(Directory.Exists($"{container.StateRoot}/{container.Id}/notify"));
    }

    private static Container Notifying(Container container, params string[] messages)
    {
        File.Copy(Workplace.Program("notify"), container.Bundle.Rootfs + "/bin/notify");
        Assert.Equal(0, Syscall.chmod(container.Bundle.Rootfs + "/bin/notify", (FilePermissions)0x1ED));
        return container.Runs(["/bin/notify", .. messages]);
    }

    private static Command With(Command command, Supervisor manager)
    {
        return command.With("NOTIFY_SOCKET", manager.Address);
    }
}
