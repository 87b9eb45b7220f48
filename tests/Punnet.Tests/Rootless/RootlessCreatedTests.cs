using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// exec by an ordinary user before start: the container's first process is closed even to its own user, and hands its namespaces out.
/// </summary>
public sealed class RootlessCreatedTests : RootlessTest
{
    private static readonly string[] kinds = ["user", "mnt", "pid", "ipc", "uts", "cgroup", "net"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_exec_before_start_is_in_the_container_and_one_after_it_in_the_same(bool subordinate)
    {
        Container container = (subordinate ? NewSubordinate() : NewRootless()).Sleeps();
        container.Create();
        string before = container.Exec("sh", "-c", Show()).Succeeds().Stdout;
        Assert.Equal("created", container.Status);

        container.Start();
        string after = container.Exec("sh", "-c", Show()).Succeeds().Stdout;

        Assert.Equal(after, before);
        Assert.StartsWith("0\n", before, StringComparison.Ordinal);
        AssertNamespacesOf(container.Pid, before);
    }

    [Fact]
    public void The_first_process_allocates_nothing()
    {
        Container container = NewRootless().Sleeps().Globally("--debug");
        container.Create();
        Assert.Contains("the new process allocated 0 bytes", container.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void As_many_as_one_likes_may_come()
    {
        Container container = NewRootless().Sleeps();
        container.Create();
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal("0\n", container.Exec("id", "-u").Succeeds().Stdout);
        }

        container.Start();
        Eventually.True(() => File.ReadAllText($"/proc/{container.Pid}/comm") == "sleep\n", "the program runs");
    }

    [Fact]
    public void The_first_process_stays_closed_and_holds_nothing_of_it_once_it_is_the_program()
    {
        Container container = NewRootless().Sleeps();
        container.Create();
        container.Exec("true").Succeeds();
        int pid = container.Pid;

        // Files of a process that is not dumpable belong to root: proc(5).
        Assert.Equal(0, Syscall.stat($"/proc/{pid}/ns", out Stat status));
        Assert.Equal(0u, status.st_uid);
        container.User!.Program(["/bin/ls", $"/proc/{pid}/fd"]).Run().FailsWith(2, "Permission denied");

        container.Start();
        Eventually.True(() => File.ReadAllText($"/proc/{pid}/comm") == "sleep\n", "the program runs");
        string[] open = Directory.GetFileSystemEntries($"/proc/{pid}/fd");
        Array.Sort(open, StringComparer.Ordinal);
        Assert.Equal([$"/proc/{pid}/fd/0", $"/proc/{pid}/fd/1", $"/proc/{pid}/fd/2"], open);
    }

    [Fact]
    public void A_filter_that_is_loaded_already_is_named_as_the_reason()
    {
        Container container = NewRootless().Sleeps();
        container.Bundle.Set("process.noNewPrivileges", "false");
        container.Bundle.Set(
            "linux.seccomp", """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}""");
        container.Create();
        container.Exec("true").FailsWith(
            255,
            $"punnet: exec: cannot exec in container {container.Id} before it is started: cannot look at the namespaces of its first "
            + $"process: permission denied (EACCES)\n"
            + "hint: until the program runs that process is closed to ordinary users");

        container.Start();
        container.Exec("true").Succeeds();
    }

    [Fact]
    public void What_comes_to_the_socket_and_is_no_request_is_left_alone()
    {
        Container container = NewRootless().Sleeps();
        container.Create();
        using (System.Net.Sockets.Socket socket = new(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Unspecified))
        {
            // The path may be too long for an address.
            int directory = Syscall.open(container.StateRoot + "/" + container.Id, OpenFlags.O_DIRECTORY);
            string address = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{directory}/namespaces");
            foreach (byte[] request in new List<byte[]> { Array.Empty<byte>(), new byte[] { 1 }, new byte[1000] })
            {
                _ = socket.SendTo(request, new System.Net.Sockets.UnixDomainSocketEndPoint(address));
            }

            _ = Syscall.close(directory);
        }

        Assert.Equal("0\n", container.Exec("id", "-u").Succeeds().Stdout);
        container.Start();
    }

    private static string Show() => "id -u; for kind in " + string.Join(' ', kinds) + "; do readlink /proc/self/ns/$kind; done";

    private static void AssertNamespacesOf(int pid, string shown)
    {
        foreach (string kind in kinds)
        {
            string link = new FileInfo($"/proc/{pid}/ns/{kind}").LinkTarget ?? "";
            Assert.StartsWith(kind + ":[", link, StringComparison.Ordinal);
            Assert.Contains(link, shown, StringComparison.Ordinal);
        }
    }
}
