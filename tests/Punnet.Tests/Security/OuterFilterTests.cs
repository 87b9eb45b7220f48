using System;
using System.Linq;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// punnet in a sandbox whose seccomp filter is older than the calls that punnet makes: docs/security.md, "Inside another sandbox".
/// </summary>
public sealed class OuterFilterTests : ContainerTest
{
    private const string MountCalls = "open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr";
    private const string OtherCalls = "openat2 clone3 close_range statx faccessat2";

    [Theory]
    [InlineData("openat2")]
    [InlineData("clone3")]
    [InlineData("close_range")]
    [InlineData("statx")]
    [InlineData("faccessat2")]
    [InlineData("pidfd_send_signal")]
    [InlineData("open_tree")]
    [InlineData("move_mount")]
    [InlineData("fsopen")]
    [InlineData("fsconfig")]
    [InlineData("fsmount")]
    [InlineData("mount_setattr")]
    [InlineData(MountCalls)]
    [InlineData(MountCalls + " " + OtherCalls)]
    public void A_container_lives_its_life_where_a_filter_refuses_newer_calls(string calls)
    {
        Container plain = NewContainer();
        Prepare(plain).CreateAndStart();
        foreach (int errno in (int[])[(int)Errno.EPERM, (int)Errno.ENOSYS])
        {
            if (Runtime.IsPlain && errno == (int)Errno.EPERM && calls.Contains("clone3", StringComparison.Ordinal))
            {
                continue; // glibc starts the finalizers' thread by clone3, and has a second way for ENOSYS only.
            }

            Container container = Prepare(NewContainer());
            Refused(calls, errno, container.CreateCommand().Words, container.Directory + "/stdout").Succeeds();
            Refused(calls, errno, container.Command("start", container.Id).Words).Succeeds();
            container.WaitForOutput("up");
            Assert.Equal("running", container.Status);
            string seen = Refused(
                calls, errno,
                    container.Command("exec", container.Id, "/bin/sh", "-c",
                    "ls -A /etc; ls /proc/self/fd | wc -l; touch /x /proc/sys/x").Words).Stdout;
            Assert.Equal("4\n", seen); // ls has a descriptor of its own
            MountInfo.At(container.Pid, "/").Has("ro");
            Assert.Equal(Entries(plain), Entries(container));
            Refused(calls, errno, container.Command("kill", container.Id, "KILL").Words).Succeeds();
            container.WaitFor("stopped");
            Refused(calls, errno, container.Command("delete", container.Id).Words).Succeeds();
            container.AssertNothingLeft();
        }
    }

    [Fact]
    public void A_refused_call_without_a_second_way_is_named()
    {
        Container container = NewContainer();
        container.Bundle.Mount("/m", "bind", "/tmp", "rbind", "rro");
        Outcome outcome = Refused("mount_setattr", (int)Errno.EPERM, container.RunCommand().Words);
        outcome.Fails("].options): ", "a seccomp filter around punnet refuses mount_setattr(2)");
        container.AssertNothingLeft();
    }

    // What Linux before 6.0 answers to a message at the very moment at which its reader exits.
    [Fact]
    public void A_failure_of_the_new_process_is_told_although_a_message_to_it_is_refused()
    {
        Container container = NewContainer();
        container.Bundle.SetList("mounts[0].options", "nonsense=1");
        Outcome outcome = Refused("sendmsg", (int)Errno.ECONNREFUSED, container.RunCommand().Words);
        outcome.Fails("mounts[0]");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Without_pidfd_open_a_container_is_not_taken_for_one_that_has_ended()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        foreach (string verb in (string[])["exec", "kill", "delete"])
        {
            string[] words = verb switch
            {
                "exec" => ["exec", container.Id, "true"],
                "kill" => ["kill", container.Id, "KILL"],
                _ => ["delete", "--force", container.Id],
            };
            Outcome outcome = Refused("pidfd_open", (int)Errno.EPERM, container.Command(words).Words);
            outcome.FailsWith(verb == "exec" ? 255 : 1, "hint: a seccomp filter around punnet refuses pidfd_open(2)");
        }

        Assert.Equal("running", container.Status);
    }

    private static Container Prepare(Container container)
    {
        container.Bundle.Set("root.readonly", "true");
        container.Bundle.SetList("linux.maskedPaths", "/proc/kcore", "/etc");
        container.Bundle.SetList("linux.readonlyPaths", "/proc/sys");
        return container.Runs("/bin/sh", "-c", "echo up; exec sleep 1000");
    }

    // Where each mount is, and what it is: the sandbox changes neither.
    private static string[] Entries(Container container)
    {
        return [.. MountInfo.Of(container.Pid).Select(static mount => $"{mount.MountPoint} {mount.Type} "
            + $"{string.Join(',', mount.Options)}")];
    }

    private static Outcome Refused(string calls, int errno, string[] words, string? stdout = null)
    {
        string[] refusals = [.. calls.Split(' ').Select(call => $"{call}={errno}")];
        return new Command(Workplace.Program("refuse"), [.. refusals, "--", .. words]) { Stdout = stdout }.Run();
    }
}
