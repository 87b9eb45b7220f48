using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>AppArmor profiles and SELinux labels: entered where the kernel has them, refused by name where it has not.</summary>
public sealed class SecurityLabelTests : ContainerTest
{
    private static bool HasApparmor =>
        File.Exists("/sys/module/apparmor/parameters/enabled") && File.ReadAllText("/sys/module/apparmor/parameters/enabled")
            .StartsWith('Y');

    private static bool HasSelinux => File.Exists("/sys/fs/selinux/enforce");

    [Fact]
    public void Without_apparmor_a_profile_is_refused()
    {
        Assert.SkipWhen(HasApparmor, "this kernel has AppArmor");
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.apparmorProfile", "\"web\"");
        container.TryCreate().Fails("apparmor failed to apply profile", "(process.apparmorProfile): AppArmor is not enabled on this host");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Without_selinux_a_label_is_refused()
    {
        Assert.SkipWhen(HasSelinux, "this kernel has SELinux");
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.selinuxLabel", "\"u:r:t:s0\"");
        container.TryCreate().Fails("(process.selinuxLabel): SELinux is not enabled on this host");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Without_selinux_a_label_of_mounts_is_refused()
    {
        Assert.SkipWhen(HasSelinux, "this kernel has SELinux");
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("linux.mountLabel", "\"u:r:t:s0\"");
        container.TryCreate().Fails("(linux.mountLabel): SELinux is not enabled on this host");
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("--apparmor", "web", "(process.apparmorProfile): AppArmor is not enabled on this host")]
    [InlineData("--process-label", "u:r:t:s0", "(process.selinuxLabel): SELinux is not enabled on this host")]
    public void An_exec_is_refused_in_the_same_words(string flag, string value, string expected)
    {
        Assert.SkipWhen(HasApparmor || HasSelinux, "this kernel has one of them");
        Container container = NewContainer().Sleeps();
        container.CreateAndStart();
        container.ExecWith([flag, value], "true").FailsWith(255, expected);
    }

    [Fact]
    public void An_empty_profile_and_an_empty_label_ask_for_nothing()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("process.apparmorProfile", "\"\"");
        container.Bundle.Set("process.selinuxLabel", "\"\"");
        container.Bundle.Set("linux.mountLabel", "\"\"");
        container.RunToEnd();
    }

    [Fact]
    public void A_profile_is_the_containers_and_that_of_an_exec()
    {
        Assert.SkipUnless(HasApparmor, "this kernel has no AppArmor");
        string? profile = LoadedProfile();
        Assert.SkipUnless(profile is not null, "no AppArmor profile is loaded");
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.apparmorProfile", "\"" + profile + "\"");
        container.CreateAndStart();
        Assert.StartsWith(profile!, File.ReadAllText($"/proc/{container.Pid}/attr/apparmor/current"), StringComparison.Ordinal);
        Assert.StartsWith(profile!, container.Exec("cat", "/proc/self/attr/apparmor/current").Succeeds().Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void No_confinement_may_be_asked_for_as_well()
    {
        Assert.SkipUnless(HasApparmor, "this kernel has no AppArmor");
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.apparmorProfile", "\"unconfined\"");
        container.CreateAndStart();
        Assert.StartsWith(
            "unconfined", container.Exec("cat", "/proc/self/attr/apparmor/current").Succeeds().Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void A_profile_that_is_not_loaded_is_told_in_the_words_that_engines_look_for()
    {
        Assert.SkipUnless(HasApparmor, "this kernel has no AppArmor");
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.apparmorProfile", "\"no-such-profile\"");
        container.TryCreate().Fails("apparmor failed to apply profile",
            "`/proc/thread-self/attr/apparmor/exec`: no such file or directory (ENOENT)\nhint: no such profile is loaded on this host\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void An_exec_with_a_profile_that_is_not_loaded_fails_in_the_same_words_and_leaves_the_container()
    {
        Assert.SkipUnless(HasApparmor, "this kernel has no AppArmor");
        Container container = NewContainer().Sleeps();
        container.CreateAndStart();
        container.ExecWith(["--apparmor", "no-such-profile"], "true")
            .FailsWith(255, "apparmor failed to apply profile \"no-such-profile\" (process.apparmorProfile)",
                "\nhint: no such profile is loaded on this host\n");
        Assert.Equal("running", container.Status);
    }

    private static string? LoadedProfile()
    {
        const string Profiles = "/sys/kernel/security/apparmor/profiles";
        string[] lines = File.Exists(Profiles) ? File.ReadAllLines(Profiles) : [];
        return lines.Length == 0 ? null : lines[0][..lines[0].LastIndexOf(" (", StringComparison.Ordinal)];
    }
}
