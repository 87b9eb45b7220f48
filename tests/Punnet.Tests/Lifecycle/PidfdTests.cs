using System;
using System.Globalization;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Pidfds for monitors: --pidfd-socket, and crun's annotation. What was received is told by python3, which has recv_fds.</summary>
public sealed class PidfdTests : ContainerTest
{
    private const string Receiver = """
        import socket, sys
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.bind(sys.argv[1])
        server.listen(1)
        print("ready", flush=True)
        connection, _ = server.accept()
        text, descriptors, _, _ = socket.recv_fds(connection, 64, 4)
        pid = [line.split()[1] for line in open("/proc/self/fdinfo/%d" % descriptors[0]) if line.startswith("Pid:")][0]
        print(text.decode(), len(descriptors), pid, flush=True)
        """;

    [Fact]
    public void A_created_container_sends_its_pidfd()
    {
        Container container = NewContainer().Sleeps();
        string said = Listen(container, socket => container.Create("--pidfd-socket", socket));
        Assert.Equal($"standard 1 {container.Pid}", said);
    }

    [Fact]
    public void A_container_that_is_run_sends_its_pidfd()
    {
        Container container = NewContainer().Sleeps();
        string said = Listen(container, socket => container.Run("--detach", "--pidfd-socket", socket).Succeeds());
        Assert.Equal($"standard 1 {container.Pid}", said);
    }

    [Fact]
    public void An_exec_sends_the_pidfd_of_its_program()
    {
        Container container = NewContainer().Sleeps();
        container.CreateAndStart();
        string pidFile = container.Directory + "/exec-pid";
        string said = Listen(container, socket =>
            container.ExecWith(["--detach", "--pid-file", pidFile, "--pidfd-socket", socket], "sleep", "1000").Succeeds());
        Assert.Equal($"setns 1 {int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture)}", said);
    }

    [Fact]
    public void The_annotation_of_crun_names_a_receiver_too()
    {
        Container container = NewContainer().Sleeps();
        string said = Listen(container, socket =>
        {
            container.Bundle.Set("annotations", $$"""{"run.oci.pidfd_receiver":"{{socket}}"}""");
            container.Create();
        });
        Assert.EndsWith($" 1 {container.Pid}", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_receiver_that_is_not_there_stops_the_create()
    {
        Container container = NewContainer().Sleeps();
        container.TryCreate("--pidfd-socket", container.Directory + "/nobody")
            .Fails("the pidfd socket " + container.Directory + "/nobody: no such file or directory");
        container.AssertNothingLeft();
    }

    private static string Listen(Container container, Action<string> act)
    {
        Assert.SkipUnless(
            new Command("sh", ["-c", "python3 -c 'import socket; socket.recv_fds'"]).Run().ExitCode == 0, "no python3 with recv_fds");
        string socket = container.Directory + "/pidfd.sock";
        using RunningCommand receiver = new Command("python3", ["-c", Receiver, socket]).Start();
        Eventually.True(() => receiver.Stdout.StartsWith("ready", StringComparison.Ordinal), "the receiver listens");
        act(socket);
        return receiver.Wait().Succeeds().Stdout.Trim().Split('\n')[^1];
    }
}
