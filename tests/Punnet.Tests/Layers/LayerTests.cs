using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A root stacked from layers: what the container sees, and what is left of it.</summary>
public sealed class LayerTests : ContainerTest
{
    [Fact]
    public void The_layers_are_one_root_and_the_topmost_counts()
    {
        Container container = Layered().RunsScript("cat /a /b /c");
        string low = container.Layer("low", "/a", "/b");
        string high = container.Layer("high", "/b", "/c");

        Assert.Equal("/a of low\n/b of high\n/c of high\n", container.RunToEnd("--layer", low, "--layer", high));
    }

    [Fact]
    public void A_change_is_gone_with_the_container_and_in_no_layer()
    {
        Container container = Layered().RunsScript("echo x >/a; rm -r /dir; mkdir /new; echo y >/new/file; chmod 700 /etc; cat /a");
        string layer = container.Layer("layer", "/a", "/dir/file");
        string before = LayerTree.Hash(layer) + LayerTree.Hash(container.Bundle.Rootfs);

        Assert.Equal("x\n", container.RunToEnd("--layer", layer));
        Assert.Equal(before, LayerTree.Hash(layer) + LayerTree.Hash(container.Bundle.Rootfs));
        container.AssertNothingLeft();
    }

    [Fact]
    public void Two_containers_on_one_layer_do_not_see_each_others_changes()
    {
        Container first = Layered().Sleeps();
        string layer = first.Layer("layer", "/a");
        Container second = Layered().Sleeps();
        first.CreateAndStart("--layer", layer);
        second.CreateAndStart("--layer", layer);

        first.Exec("sh", "-c", "echo changed >/a").Succeeds();
        second.Exec("rm", "/a").Succeeds();

        Assert.Equal("changed\n", first.Exec("cat", "/a").Succeeds().Stdout);
        second.Exec("cat", "/a").Fails("No such file or directory");
        Assert.Equal("/a of layer\n", File.ReadAllText(layer + "/a"));
    }

    [Fact]
    public void What_one_layer_has_removed_is_hidden_of_those_below()
    {
        Container first = Layered().RunsScript("rm /a && rm -r /dir && mkdir /dir && echo new >/dir/new");
        string layer = first.Layer("layer", "/a", "/b", "/dir/old");
        string changes = first.Directory + "/changes";
        first.RunToEnd("--layer", layer, "--upper", changes);
        Container second = Layered().RunsScript("ls /a; ls /dir; cat /b");

        Assert.Equal("new\n/b of layer\n", second.Run("--layer", layer, "--layer", changes).Succeeds().Stdout);
        Assert.Contains("/a: No such file or directory", second.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_root_without_files_is_only_the_place(bool exists)
    {
        Container container = Layered().Runs("ls", "/");
        string layer = container.Directory + "/base";
        Directory.Move(container.Bundle.Rootfs, layer);
        if (exists)
        {
            Directory.CreateDirectory(container.Bundle.Rootfs);
        }

        container.Create("--layer", layer);
        string expected = exists ? container.Bundle.Rootfs : $"{container.StateRoot}/{container.Id}/rootfs";
        Assert.Equal(expected, container.State().Rootfs);
        Assert.Equal(exists, Directory.Exists(container.Bundle.Rootfs));
        container.Start();
        Assert.Contains("etc\n", container.WaitForOutput("var"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_upper_directory_is_kept_and_taken_again()
    {
        Container container = Layered().RunsScript("cat /kept; echo kept >/kept");
        string upper = container.Directory + "/upper";
        container.Run("--upper", upper).Succeeds();
        Assert.Equal("kept\n", File.ReadAllText(upper + "/kept"));
        Assert.Equal("kept\n", container.RunToEnd("--upper", upper));
        Assert.DoesNotContain(
            Directory.GetFileSystemEntries(container.Directory), name => name.Contains("punnet-work", StringComparison.Ordinal));
    }

    [Fact]
    public void The_root_has_the_mode_of_the_topmost_layer()
    {
        Container container = Layered().Runs("stat", "-c", "%a %u:%g", "/");
        string layer = container.Layer("layer");
        File.SetUnixFileMode(layer, (UnixFileMode)0x1C9); // octal 0711
        Assert.Equal(0, Syscall.chown(layer, 7, 8));

        Assert.Equal("711 7:8\n", container.RunToEnd("--layer", layer));
        Assert.Equal("711 7:8\n", container.RunToEnd("--layer", layer, "--upper-tmpfs", "1M"));
        Assert.Equal("711 7:8\n", container.RunToEnd("--layer", layer, "--upper", container.Directory + "/upper"));
    }

    [Fact]
    public void Two_containers_cannot_have_one_upper_directory()
    {
        Container first = Layered().Sleeps();
        Container second = Layered().Sleeps();
        string upper = first.Directory + "/upper";
        first.Create("--upper", upper);

        second.TryCreate("--upper", upper).Fails(
            $"cannot use the upper directory {upper} (--upper): it is in use by container {first.Id} of {first.StateRoot}/{first.Id}");
        second.AssertNothingLeft();
        first.Delete("--force").Succeeds();
        second.CreateAndStart("--upper", upper);
        second.Exec("touch", "/file").Succeeds();
        Assert.True(File.Exists(upper + "/file"));
    }

    [Fact]
    public void An_upper_directory_whose_container_is_lost_can_be_taken()
    {
        Container first = Layered().Sleeps();
        Container second = Layered().Runs("true");
        string upper = first.Directory + "/upper";
        first.Create("--upper", upper);
        first.Stop();
        Directory.Delete($"{first.StateRoot}/{first.Id}", recursive: true);
        // The kernel empties it a moment after the last process has gone.
        Eventually.True(() => Syscall.rmdir(first.Cgroup) == 0, "the cgroup can be removed");

        second.RunToEnd("--upper", upper);
    }

    [Fact]
    public void A_create_that_fails_leaves_nothing_beside_the_upper_directory()
    {
        Container container = Layered().Sleeps();
        container.Bundle.Mount("/mnt", "bind", container.Directory + "/nowhere", "bind");
        container.TryCreate("--upper", container.Directory + "/upper").Fails("nowhere");

        container.AssertNothingLeft();
        Assert.False(Directory.Exists(container.Directory + "/upper"));
        Assert.DoesNotContain(
            Directory.GetFileSystemEntries(container.Directory), name => name.Contains("punnet-work", StringComparison.Ordinal));
    }

    [Fact]
    public void Changes_in_memory_are_no_more_than_was_said()
    {
        Container container = Layered()
            .RunsScript("dd if=/dev/zero of=/small bs=1k count=100 2>/dev/null && echo fits; dd if=/dev/zero of=/large bs=1k count=2000");
        Assert.Equal("fits\n", container.Run("--upper-tmpfs", "1M").Returns(1).Stdout);
        Assert.Contains("No space left on device", container.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_read_only_root_writes_nothing_anywhere(bool stacked)
    {
        Container container = NewContainer().RunsScript("cat /proc/self/mountinfo | head -n 1; echo x >/file; ls -d /bin && sleep 1000");
        string[] flags = stacked ? ["--layer", container.Layer("layer", "/a")] : ["--layer", MoveRoot(container)];
        string before = LayerTree.Hash(flags[1]);
        container.CreateAndStart(flags);
        container.WaitForOutput("/bin");

        Assert.Equal(stacked, container.Output.Contains(" - overlay ", StringComparison.Ordinal));
        Assert.Contains("Read-only file system", container.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists($"{container.StateRoot}/{container.Id}/upper"));
        Assert.Equal(before, LayerTree.Hash(flags[1]));
    }

    [Fact]
    public void Annotations_ask_for_the_same()
    {
        Container container = Layered().RunsScript("cat /a; echo x >/a");
        container.Layer("layer", "/a");
        container.Bundle.Set("annotations", """{"org.punnet.rootfs.layers":"[\"../layer\"]","org.punnet.rootfs.upper":"../upper"}""");

        Assert.Equal("/a of layer\n", container.RunToEnd());
        Assert.Equal("x\n", File.ReadAllText(container.Directory + "/upper/a"));
        container.Bundle.Set("annotations", """{"org.punnet.rootfs.upper-tmpfs":"1M"}""");
        container.RunsScript("ls /a; grep -c overlay /proc/self/mountinfo");
        Assert.Equal("1\n", container.RunToEnd());
    }

    [Fact]
    public void The_state_directory_says_what_the_root_is_made_of()
    {
        Container container = Layered().Sleeps();
        string layer = container.Layer("layer");
        string link = container.Directory + "/link";
        File.CreateSymbolicLink(link, layer);
        container.Create("--layer", link);
        JsonNode overlay = JsonNode.Parse(File.ReadAllText($"{container.StateRoot}/{container.Id}/state.json"))!["overlay"]!;

        Assert.Equal([container.Bundle.Rootfs, layer], overlay["layers"]!.AsArray().Select(path => (string)path!));
        Assert.Equal($"{container.StateRoot}/{container.Id}/upper", (string?)overlay["upper"]);
        Assert.True((bool)overlay["ownsUpper"]!);
        Assert.False((bool)overlay["userXattr"]!);
        Assert.Equal(container.Bundle.Rootfs, container.State().Rootfs);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--no-pivot")]
    public void Hooks_exec_masks_and_every_way_in_work(string flag)
    {
        Container container = Layered().Sleeps();
        string layer = container.Layer("layer", "/a", "/masked", "/frozen/file");
        container.Bundle.Add("hooks.createRuntime",
            Hook($"ls /proc/$(sed -n 's/.*\"pid\": *\\([0-9]*\\).*/\\1/p')/root{container.Bundle.Rootfs}/a "
                + $">{container.Directory}/runtime"));
        container.Bundle.Add("hooks.createContainer", Hook($"ls a >{container.Directory}/container; mkdir made"));
        container.Bundle.Add("linux.maskedPaths", "\"/masked\"");
        container.Bundle.Add("linux.readonlyPaths", "\"/frozen\"");
        container.CreateAndStart(["--layer", layer, .. flag.Length > 0 ? (string[])[flag] : []]);

        Assert.Equal(
            container.Bundle.Rootfs + "/a\n", File.ReadAllText(container.Directory + "/runtime")[^(container.Bundle.Rootfs.Length + 3)..]);
        Assert.Equal("a\n", File.ReadAllText(container.Directory + "/container"));
        Assert.Equal("/a of layer\n", container.Exec("cat", "/a", "/masked").Succeeds().Stdout);
        container.Exec("touch", "/frozen/new").Fails("Read-only file system");
        container.Exec("ls", "/made").Succeeds();
        container.Exec("sh", "-c", "echo x >/a && mkdir /b && mv /b /c").Succeeds();
    }

    [Theory]
    [InlineData("")]
    [InlineData("shared")]
    public void The_hosts_mount_table_never_shows_it(string propagation)
    {
        // In a mount namespace of its own: other tests mount too. What is shared there would pass a mount on.
        Container container = Layered().Sleeps();
        string layer = container.Layer("layer", "/a");
        if (propagation.Length > 0)
        {
            container.Bundle.Set("linux.rootfsPropagation", $"\"{propagation}\"");
        }

        container.Bundle.Write();
        string script = "mount --make-rshared / && cat /proc/self/mountinfo >$1/before && "
            + "\"$2\" --root $1/state create --bundle $1/bundle --layer $3 $4 </dev/null >/dev/null 2>&1 && cat /proc/self/mountinfo "
            + ">$1/after";
        new Command("unshare", ["--mount", "sh", "-c", script, "sh", container.Directory, Runtime.Path, layer, container.Id]).Run()
            .Succeeds();

        Assert.Equal(
            MountInfo.WithoutOtherTests(container.Directory + "/before", container),
            MountInfo.WithoutOtherTests(container.Directory + "/after", container));
        Assert.Equal("overlay", MountInfo.At(container.Pid, "/").Type);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_container_sees_no_mount_but_its_own(bool mapped)
    {
        Assert.SkipUnless(!mapped || Environment.OSVersion.Version >= new Version(6, 3), "a tmpfs takes ids of its own from Linux 6.3 on");
        Container container = Layered().Sleeps();
        string layer = container.Layer("layer", "/a");
        if (mapped)
        {
            // Out of reach of the user namespace: the root goes another way.
            container.Maps(100000);
            string root = MoveRoot(container);
            container.CreateAndStart("--layer", root, "--layer", layer);
        }
        else
        {
            container.CreateAndStart("--layer", layer);
        }

        List<string> places = MountInfo.Of(container.Pid).ConvertAll(entry => entry.MountPoint);
        Assert.Single(places, "/");
        Assert.DoesNotContain(places, place => place != "/" && !place.StartsWith("/proc", StringComparison.Ordinal)
            && !place.StartsWith("/dev", StringComparison.Ordinal) && !place.StartsWith("/sys", StringComparison.Ordinal));
    }

    [Fact]
    public void After_a_kill_at_any_moment_nothing_is_left()
    {
        for (int moment = 0; moment < 15; moment++)
        {
            Container container = Layered().Sleeps();
            string layer = container.Layer("layer", "/a");
            string before = LayerTree.Hash(layer);
            using (RunningCommand running = container.RunCommand("--layer", layer, "--upper", container.Directory + "/upper").Start())
            {
                System.Threading.Thread.Sleep(moment * 4);
                _ = Syscall.kill(running.Pid, Signum.SIGKILL);
            }

            container.Delete("--force").Succeeds();
            container.AssertNothingLeft();
            Assert.Equal(before, LayerTree.Hash(layer));
            Assert.DoesNotContain(
                Directory.GetFileSystemEntries(container.Directory), name => name.Contains("punnet-work", StringComparison.Ordinal));
        }
    }

    private Container Layered()
    {
        Runtime.MustBePunnet();
        return NewContainer().Writable();
    }

    private static string MoveRoot(Container container)
    {
        string layer = container.Directory + "/base";
        Directory.Move(container.Bundle.Rootfs, layer);
        return layer;
    }

    private static string Hook(string script) =>
        new JsonObject
        {
            ["path"] = "/bin/sh",
            ["args"] = new JsonArray("sh", "-c", script),
            ["env"] = new JsonArray("PATH=/bin:/usr/bin")
        }.ToJsonString();
}
