using System;
using System.Globalization;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>The session keyring: the container's own, shared by its programs, and never the caller's.</summary>
public sealed class KeyringTests : ContainerTest
{
    private const string NoSuchKey = "-126\n"; // ENOKEY

    [Fact]
    public void A_container_has_a_session_keyring_of_its_own_that_its_user_may_search()
    {
        Container container = NewContainer();
        AddKeys(container).Runs("/keys", "show");
        Assert.EndsWith($" keyring;0;0;3f1b0000;_ses.{container.Id}\n", container.RunToEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void In_a_user_namespace_other_users_may_search_it_too()
    {
        Container container = NewContainer();
        container.Bundle.UserNamespace();
        AddKeys(container).Runs("/keys", "show");
        Assert.EndsWith($" keyring;0;0;3f1b0008;_ses.{container.Id}\n", container.RunToEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_exec_has_the_keyring_of_its_container(bool userNamespace)
    {
        Container container = NewContainer();
        if (userNamespace)
        {
            container.Bundle.UserNamespace();
        }

        AddKeys(container).RunsScript("/keys show; sleep 1000");
        container.CreateAndStart();
        string shown = container.WaitForOutput("\n");
        Assert.Equal(shown, container.Call("exec", container.Id, "/keys", "show").Succeeds().Stdout);
        Assert.Equal(shown, container.Call("exec", "--user", "1000:1000", container.Id, "/keys", "show").Succeeds().Stdout);
    }

    [Fact]
    public void The_callers_keys_are_not_in_the_container()
    {
        Container container = NewContainer();
        AddKeys(container).RunsScript("/keys find hostsecret; sleep 1000").Create();
        container.Start();
        Assert.Equal(NoSuchKey, container.WaitForOutput("\n"));
        Assert.Equal(NoSuchKey, WithKey(container, "exec", container.Id, "/keys", "find", "hostsecret").Succeeds().Stdout);

        Container run = NewContainer();
        AddKeys(run).Runs("/keys", "find", "hostsecret");
        run.Bundle.Write();
        Assert.Equal(NoSuchKey, WithKey(run, "run", "--bundle", run.Bundle.Path, run.Id).Succeeds().Stdout);
    }

    [Fact]
    public void Without_a_new_keyring_they_are()
    {
        Container container = NewContainer();
        AddKeys(container).Runs("/keys", "find", "hostsecret");
        container.Bundle.Write();
        string found = WithKey(container, "run", "--no-new-keyring", "--bundle", container.Bundle.Path, container.Id).Succeeds().Stdout;
        Assert.True(long.Parse(found, CultureInfo.InvariantCulture) > 0, found);
    }

    [Fact]
    public void A_user_who_has_too_many_keys_is_told_of_the_limit()
    {
        // A user that nobody else is: the quota is the user's, over all namespaces.
        int user = 1_000_000 + (Environment.ProcessId * 10);
        Container container = NewContainer();
        container.Bundle.Namespace("user");
        container.Bundle.Set("linux.uidMappings", $$"""[{"containerID":0,"hostID":{{user}},"size":1}]""");
        container.Bundle.Set("linux.gidMappings", $$"""[{"containerID":0,"hostID":{{user}},"size":1}]""");
        container.Bundle.GiveRootTo(user);
        container.Bundle.Set("mounts[2].options", """["newinstance","ptmxmode=0666"]""");
        container.Runs("true");
        using RunningCommand others = new Command(Workplace.Program("keys"), ["fill", user.ToString(CultureInfo.InvariantCulture)]).Start();
        Eventually.True(() => others.Stdout.Length > 0, "all keys of the user are made");
        Assert.Equal("-122\n", others.Stdout); // EDQUOT
        Outcome outcome = container.TryCreate().Fails("cannot join a session keyring: disk quota exceeded (EDQUOT)\n");
        if (Runtime.IsPunnet)
        {
            Assert.EndsWith(
                "\nhint: the user has as many keys as /proc/sys/kernel/keys/maxkeys (root: root_maxkeys) allows; "
                + "--no-new-keyring does without one\n",
                outcome.Stderr,
                StringComparison.Ordinal);
        }

        container.AssertNothingLeft();
        container.RunToEnd("--no-new-keyring");
    }

    internal static Container AddKeys(Container container)
    {
        File.Copy(Workplace.Program("keys"), container.Bundle.Rootfs + "/keys");
        return container;
    }

    private static Outcome WithKey(Container container, params string[] arguments) => new Command(
        Workplace.Program("keys"), ["with", "hostsecret", Runtime.Path, "--root", container.StateRoot, .. arguments]).Run();
}
