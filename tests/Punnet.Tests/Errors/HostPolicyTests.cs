using System.Collections.Generic;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Hints on what a host forbids to ordinary users, where the kernel says no more than EPERM or ENOSPC.</summary>
public sealed class HostPolicyTests : RootlessTest
{
    private const string NeedsThread = "the .NET runtime needs a second thread before Main";

    [Fact]
    public void The_switch_of_Debian_and_Ubuntu_is_named()
    {
        Runtime.MustHaveStartup(NeedsThread);
        Container container = NewRootless().Sleeps();
        Assert.Equal(
            "punnet: create: cannot clone a process into new namespaces (linux.namespaces): operation not permitted (EPERM)\n"
            + "hint: user namespaces are forbidden to ordinary users here: sysctl kernel.unprivileged_userns_clone is 0\n",
            Create(container, "unprivileged_userns_clone=0", "clone3,clone").Fails().Stderr);
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_restriction_of_AppArmor_is_named()
    {
        Container container = NewRootless().Sleeps();
        Create(container, "apparmor_restrict_unprivileged_userns=1", "setresgid").Fails(
            "punnet: create: cannot become root of the user namespace (linux.uidMappings and gidMappings must map id 0): "
            + "operation not permitted (EPERM)\n"
            + "hint: AppArmor leaves ordinary users no rights in user namespaces here: "
            + "sysctl kernel.apparmor_restrict_unprivileged_userns is 1, and punnet has no profile with \"userns\"\n");
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("unprivileged_userns_clone=1")]
    [InlineData("apparmor_restrict_unprivileged_userns=0")]
    public void A_switch_that_is_not_the_reason_is_not_named(string setting)
    {
        Runtime.MustHaveStartup(NeedsThread);
        Container container = NewRootless().Sleeps();
        Assert.Equal(
            "punnet: create: cannot clone a process into new namespaces (linux.namespaces): operation not permitted (EPERM)\n",
            Create(container, setting, "clone3,clone").Fails().Stderr);
    }

    [Fact]
    public void A_limit_of_no_user_namespaces_is_named()
    {
        Container container = NewRootless().Sleeps();
        container.Bundle.Write();

        // The limit is that of the user namespace it is set in: this machine's own stays.
        string[] words = ["/usr/bin/unshare", "--user", "--map-root-user", "/bin/sh", "-c",
            "echo 0 >/proc/sys/user/max_user_namespaces; exec \"$@\"", "sh",
            OrdinaryUser.Binary, "--root", container.StateRoot, "create", "--bundle", container.Bundle.Path, container.Id];
        Assert.Equal(
            "punnet: create: cannot clone a process into new namespaces (linux.namespaces): no space left on device (ENOSPC)\n"
            + "hint: user namespaces are forbidden here: sysctl user.max_user_namespaces is 0\n",
            container.User!.Program(words).Run().Fails().Stderr);
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_limit_of_processes_is_told_with_its_value()
    {
        Runtime.MustHaveStartup(NeedsThread);
        Container container = NewRootless().Sleeps();
        container.Bundle.Write();
        string[] words = ["/usr/bin/prlimit", "--nproc=1", OrdinaryUser.Binary, "--root", container.StateRoot, "create", "--bundle",
            container.Bundle.Path, container.Id];
        container.User!.Program(words).Run().Fails(
            "cannot clone a process into new namespaces (linux.namespaces): resource temporarily unavailable (EAGAIN)\nhint: user ",
            " may have 1 processes (RLIMIT_NPROC), the host ", " (kernel.threads-max)\n");
        container.AssertNothingLeft();
    }

    // The user's create on a host whose /proc/sys/kernel has this setting, and whose kernel answers a system call with EPERM.
    private static Outcome Create(Container container, string setting, string refused)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "needs strace");
        container.Bundle.Write();
        string[] parts = setting.Split('=');
        string directory = container.Directory + "/sysctl";
        _ = Directory.CreateDirectory(directory);
        File.Copy("/proc/sys/kernel/cap_last_cap", directory + "/cap_last_cap");
        File.WriteAllText($"{directory}/{parts[0]}", parts[1] + "\n");
        List<string> words = ["/usr/bin/strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + refused, "-e",
            $"inject={refused}:error=EPERM",
            OrdinaryUser.Binary, "--root", container.StateRoot, "create", "--bundle", container.Bundle.Path, container.Id];
        Command user = container.User!.Program(words);
        return new Command("/usr/bin/unshare",
            ["--mount", "--propagation", "private", "/bin/sh", "-c", $"mount --bind {directory} /proc/sys/kernel && exec \"$@\"", "sh",
            .. user.Words]).Run();
    }
}
