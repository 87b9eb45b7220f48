using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A look that fails because something is short says nothing of what is there: an error, and never another answer.</summary>
public sealed class LookupTests : ContainerTest
{
    [Theory]
    [InlineData("statx", "ENOMEM")]
    [InlineData("openat", "ENFILE")]
    [InlineData("openat2", "EIO")]
    [InlineData("lgetxattr,fgetxattr,getxattr", "ENOMEM")]
    public void A_diff_is_right_or_fails(string calls, string error)
    {
        Container container = NewContainer();
        File.WriteAllText(container.Bundle.Rootfs + "/old", "o");
        container.Bundle.Mount("/made/for/mount", "tmpfs", "tmpfs");
        container.RunsScript("rm /old; echo x >/etc/new; echo y >>/etc/passwd; mkdir /dir; echo ready; sleep 1000");
        container.CreateAndStart(container.Layers()).WaitForOutput("ready");
        Assert.Equal("A /dir\nC /etc\nA /etc/new\nC /etc/passwd\nD /old\n", Always(container, calls, error, "diff", container.Id));
    }

    [Fact]
    public void The_processes_of_a_pid_namespace_are_all_of_them_or_an_error()
    {
        Container container = NewContainer().Globally("--cgroup-manager", "disabled").RunsScript("sleep 1000 & echo up; wait");
        container.TryCreate().Succeeds();
        container.Start().WaitForOutput("up");
        string processes = Always(container, "statx", "ENOMEM", "ps", "--format", "json", container.Id);
        Assert.Equal(2, processes.Split(',').Length);
    }

    [Fact]
    public void The_place_of_cgroup2_is_not_looked_for_elsewhere()
    {
        Container container = NewContainer().Sleeps();
        Refused("fstatfs", Errno.ENOMEM, container.CreateCommand()).Fails("cannot look for cgroup2 at ", "cannot allocate memory (ENOMEM)");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_commit_without_locks_ends_and_leaves_nothing()
    {
        Container container = NewContainer();
        container.CreateOn(container.Bundle.Rootfs);
        string place = Directory.CreateDirectory(container.Directory + "/commits").FullName;
        foreach (string[] form in (string[][])[[container.Id, place + "/layer"], ["--tar", place + "/layer.tar", container.Id]])
        {
            Refused("flock", Errno.ENOLCK, container.Command(["commit", .. form]))
                .Fails("cannot make a place for the new layer: no locks available");
            Assert.Empty(Directory.GetFileSystemEntries(place));
        }
    }

    [Theory]
    [InlineData("/sys/module/apparmor/parameters/enabled", "process.apparmorProfile", "none")]
    [InlineData("/sys/fs/selinux", "process.selinuxLabel", "system_u:system_r:none_t:s0")]
    public void A_security_module_that_cannot_be_asked_for_is_not_said_to_be_off(string path, string property, string value)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "needs strace");
        Container container = NewContainer().Sleeps();
        container.Bundle.SetText(property, value);
        new Command("/usr/bin/strace",
            ["-qq", "-o", "/dev/null", "-P", path, "-e", "trace=openat", "-e", "inject=openat:error=ENFILE",
            .. container.CreateCommand().Words]).Run()
            .Fails(path + ": too many open files in system (ENFILE)");
        container.AssertNothingLeft();
    }

    // What a command prints; with each of these calls failing once it prints that too, or says why not.
    private static string Always(Container container, string calls, string error, params string[] words)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "needs strace");
        string plain = container.Call(words).Succeeds().Stdout;
        string trace = container.Directory + "/trace";
        for (int when = 1; ; when++)
        {
            string[] inject = ["-qq", "-o", trace, "-e", "trace=" + calls, "-e", $"inject={calls}:error={error}:when={when}"];
            Outcome outcome = new Command("/usr/bin/strace", [.. inject, .. container.Command(words).Words]).Run();
            if (!File.ReadAllText(trace).Contains("(INJECTED)", StringComparison.Ordinal))
            {
                Assert.True(when > 1, "it calls " + calls);
                return plain;
            }

            Assert.True(
                outcome.ExitCode == 0 ? outcome.Stdout == plain : outcome.Stderr.Contains($"({error})", StringComparison.Ordinal),
                $"number {when}: status {outcome.ExitCode}\n{outcome.Stdout}{outcome.Stderr}");
        }
    }

    private static Outcome Refused(string call, Errno errno, Command command)
    {
        return new Command(Workplace.Program("refuse"), [$"{call}={(int)errno}", "--", .. command.Words]).Run();
    }
}
