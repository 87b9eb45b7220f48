using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>More ids than the own one for an ordinary user: newuidmap(1), newgidmap(1), subuid(5).</summary>
public sealed class RootlessIdTests : RootlessTest
{
    private const int First = OrdinaryUser.FirstSubordinate;

    [Fact]
    public void Several_ranges_are_written_by_the_hosts_programs()
    {
        NeedPrograms();
        Container container = NewSubordinate().Sleeps().CreateAndStart();
        string map = $"0 {OrdinaryUser.Id} 1 1 {First} 999";
        Assert.Equal(map, Words($"/proc/{container.Pid}/uid_map"));
        Assert.Equal(map, Words($"/proc/{container.Pid}/gid_map"));
        Assert.Equal("allow", Words($"/proc/{container.Pid}/setgroups"));
    }

    [Fact]
    public void Another_user_with_groups_runs_and_makes_files()
    {
        NeedPrograms();
        Container container = NewSubordinate().RunsScript("id -u; id -G; touch /shared/file; sleep 1000");
        Directory.CreateDirectory(container.Directory + "/shared");
        Assert.Equal(0, Syscall.chmod(container.Directory + "/shared", (FilePermissions)0x1FF));
        container.Bundle.Mount("/shared", "bind", container.Directory + "/shared", "bind");
        container.Bundle.Set("process.user", """{"uid":5,"gid":6,"additionalGids":[7,8]}""");
        container.CreateAndStart();
        Assert.Equal("5\n6 7 8\n", container.WaitForOutput("8\n"));
        Eventually.True(() => File.Exists(container.Directory + "/shared/file"), "the file is made");
        Assert.Equal(0, Syscall.stat(container.Directory + "/shared/file", out Stat status));
        Assert.Equal((First + 4u, First + 5u), (status.st_uid, status.st_gid));
        Assert.Equal(
            $"{First + 4} {First + 4} {First + 4} {First + 4}", string.Join(' ', ProcFile.Status(container.Pid, "Uid").Split('\t')));

        // Another user's process, but in a user namespace of the own.
        Assert.Equal("5\n", container.Exec("id", "-u").Succeeds().Stdout);
        container.Stop().Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Users_can_be_many_and_groups_one()
    {
        NeedPrograms();
        Container container = NewSubordinate().Sleeps();
        container.Bundle.Remove("linux.gidMappings[1]");
        container.CreateAndStart();
        Assert.Equal($"0 {OrdinaryUser.Id} 1 1 {First} 999", Words($"/proc/{container.Pid}/uid_map"));
        Assert.Equal($"0 {OrdinaryUser.Id} 1", Words($"/proc/{container.Pid}/gid_map"));
        Assert.Equal("deny", Words($"/proc/{container.Pid}/setgroups"));
        container.ExecWith(["--additional-gids", "7"], "true")
            .FailsWith(255, "cannot set the groups (process.user.additionalGids): operation not permitted (EPERM)\n",
                "hint: setgroups(2) is denied");
    }

    [Fact]
    public void The_caller_may_be_another_user_than_root_inside()
    {
        NeedPrograms();
        Container container = NewSubordinate().RunsScript("id -u; cat /mnt/file; cat /mnt/tree; sleep 1000");
        foreach (string maps in new[] { "linux.uidMappings", "linux.gidMappings" })
        {
            container.Bundle.Set(maps,
                $$"""[{"containerID":0,"hostID":{{First}},"size":1000},{"containerID":1000,"hostID":{{OrdinaryUser.Id}},"size":1}]""");
        }

        // Root inside may reach neither: the caller can.
        Directory.CreateDirectory(container.Directory + "/closed/source");
        File.WriteAllText(container.Directory + "/closed/source/file", "reached\n");
        File.WriteAllText(container.Directory + "/closed/file", "as well\n");
        OrdinaryUser.Give(container.Directory + "/closed");
        Assert.Equal(0, Syscall.chmod(container.Directory + "/closed", (FilePermissions)0x1C0));
        Assert.Equal(0, Syscall.chmod(container.Bundle.Path, (FilePermissions)0x1C0));
        container.Bundle.Set("root.readonly", "false");
        container.Bundle.Mount("/mnt", "tmpfs", "tmpfs");
        container.Bundle.Mount("/mnt/tree", "bind", container.Directory + "/closed/file", "bind", "ro");
        container.Bundle.Mount("/mnt/file", "bind", container.Directory + "/closed/source/file", "rbind", "rro");
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1000}""");
        Assert.Equal(0, Syscall.chmod(container.Bundle.Rootfs, (FilePermissions)0x1FF));
        foreach (string place in new[] { "mnt", "run" })
        {
            Directory.CreateDirectory(container.Bundle.Rootfs + "/" + place);
        }

        container.CreateAndStart();
        Assert.Equal("1000\nreached\nas well\n", container.WaitForOutput("as well\n"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_only_the_caller_may_reach_is_reached_where_the_caller_has_no_id_inside(bool isRoot)
    {
        NeedPrograms();
        Container container = isRoot ? NewContainer() : NewSubordinate();
        container.RunsScript("id -u; cat /mnt/file");
        if (isRoot)
        {
            container.Bundle.UserNamespace();
        }

        int inside = isRoot ? 100000 : First;
        foreach (string maps in new[] { "linux.uidMappings", "linux.gidMappings" })
        {
            container.Bundle.Set(maps, $$"""[{"containerID":0,"hostID":{{inside}},"size":1000}]""");
        }

        Directory.CreateDirectory(container.Bundle.Rootfs + "/mnt");
        File.WriteAllText(container.Bundle.Rootfs + "/mnt/file", "");
        container.Bundle.GiveRootTo(inside);
        Directory.CreateDirectory(container.Directory + "/closed");
        File.WriteAllText(container.Directory + "/closed/file", "reached\n");
        foreach (string closed in new[] { container.Directory + "/closed", container.Bundle.Path })
        {
            int owner = isRoot ? 0 : OrdinaryUser.Id;
            Assert.Equal(0, Syscall.chown(closed, owner, owner));
            Assert.Equal(0, Syscall.chmod(closed, (FilePermissions)0x1C0));
        }

        container.Bundle.Mount("/mnt/file", "bind", container.Directory + "/closed/file", "bind", "ro");
        Assert.Equal("0\nreached\n", container.RunToEnd());
    }

    [Fact]
    public void Groups_are_refused_where_only_the_own_one_is_mapped()
    {
        Container container = NewRootless().Runs("true");
        container.Bundle.Set("process.user", """{"uid":0,"gid":0,"additionalGids":[5]}""");
        container.TryCreate().Fails("punnet: create: config.json: process.user.additionalGids: cannot set any additional groups in a "
            + "rootless container that maps only the user's own group (linux.gidMappings)\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_range_that_is_not_granted_is_named()
    {
        NeedPrograms();
        Container container = NewSubordinate($"tester:{First}:500\nother:1:70000\n").Runs("true");
        container.TryCreate().Fails(
            "punnet: create: cannot map ids (linux.uidMappings): newuidmap: uid range [1-1000) -> [700000-700999) not allowed\n",
            $"hint: /etc/subuid does not give the host's ids {First} to {First + 998} to #{OrdinaryUser.Id}".Replace(
                $"#{OrdinaryUser.Id}", "tester", StringComparison.Ordinal),
            $", but {First} to {First + 499}\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_grant_by_number_counts_as_well()
    {
        NeedPrograms();
        Container container = NewSubordinate($"{OrdinaryUser.Id}:{First}:1000\n").Runs("id", "-u");
        Assert.Equal("0\n", container.RunToEnd());
    }

    [Fact]
    public void Somebody_elses_id_cannot_be_mapped()
    {
        NeedPrograms();
        Container container = NewRootless(new OrdinaryUser { Grants = "" }).Runs("true");
        container.Bundle.Set("linux.uidMappings", """[{"containerID":0,"hostID":0,"size":1}]""");
        container.TryCreate()
            .Fails("cannot map ids (linux.uidMappings): newuidmap: ", "hint: /etc/subuid does not give the host's ids 0 to 0 to tester\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Without_the_program_the_hint_names_its_package()
    {
        Container container = NewSubordinate().Runs("true");
        Command create = container.CreateCommand();
        string plain = container.Directory + "/plain";
        File.WriteAllText(plain, "");
        Command hidden = new("/usr/bin/unshare", ["--mount", "--propagation", "private", "/bin/sh", "-c",
            $"for f in /usr/bin/newuidmap /bin/newuidmap /usr/sbin/newuidmap; do [ ! -e $f ] || mount --bind {plain} $f; done; exec \"$@\"",
                "sh", .. create.Words]);
        hidden.Run().Fails(
            "punnet: create: cannot map ids (linux.uidMappings): newuidmap is not on this host\n",
            "hint: an ordinary user maps more than the user's own id with newuidmap, which is in the package uidmap or shadow-utils\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_program_gets_nothing_of_the_callers_environment_and_is_the_systems()
    {
        NeedPrograms();
        Container container = NewSubordinate().Runs("id", "-u");
        string path = container.Directory + "/path";
        Directory.CreateDirectory(path);
        foreach (string name in new[] { "newuidmap", "newgidmap" })
        {
            File.WriteAllText($"{path}/{name}", $"#!/bin/sh\ntouch {container.Directory}/fooled\n");
            File.SetUnixFileMode($"{path}/{name}", (UnixFileMode)0x1ED);
        }

        container.User!.Environment["PATH"] = path + ":/usr/bin:/bin";
        Assert.Equal("0\n", container.RunToEnd());
        Assert.False(File.Exists(container.Directory + "/fooled"));
    }

    private static void NeedPrograms()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/newuidmap") && File.Exists("/usr/bin/newgidmap"), "needs the package uidmap");
    }

    private static string Words(string file)
    {
        return string.Join(' ', File.ReadAllText(file).Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }
}
