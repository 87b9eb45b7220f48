using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Layers that many containers share: by many at once, by different users, from file systems that cannot be written.</summary>
public sealed class LayerSharingTests : ContainerTest
{
    [Fact]
    public void Five_hundred_layers_are_one_root()
    {
        Container container = Layered().RunsScript("cat /last; set -- /file*; echo $#");
        List<string> flags = [];
        for (int layer = 1; layer < 500; layer++)
        {
            flags.AddRange(["--layer", container.Layer("layers/" + layer, "/file" + layer, "/last")]);
        }

        Assert.Equal("/last of layers/499\n499\n", container.RunToEnd(flags));
    }

    [Fact]
    public void Two_hundred_containers_share_their_layers()
    {
        // In user-mode Linux every process of a container is one of the host's, on one CPU.
        int count = Environment.GetEnvironmentVariable("PUNNET_VM") == "uml" ? 40 : 200;
        Container first = Layered();
        string layer = first.Layer("layer", "/shared");
        string before = LayerTree.Hash(layer);
        first.Bundle.SetList("process.args", "sleep", "1000");
        first.Bundle.Write();
        List<string> ids = [.. Enumerable.Range(0, count).Select(number => $"{first.Id}-{number}")];
        try
        {
            foreach (string[] batch in ids.Chunk(8))
            {
                List<RunningCommand> running = [.. batch.Select(id => Start(first, layer, id))];
                foreach (RunningCommand command in running)
                {
                    using (command)
                    {
                        command.Wait().Succeeds();
                    }
                }
            }

            foreach (string id in ids.Where((_, number) => number % 20 == 7))
            {
                first.Call("exec", id, "sh", "-c", $"echo {id} >>/shared").Succeeds();
            }

            Assert.Equal($"/shared of layer\n{ids[27]}\n", first.Call("exec", ids[27], "cat", "/shared").Succeeds().Stdout);
            Assert.Equal("/shared of layer\n", first.Call("exec", ids[28], "cat", "/shared").Succeeds().Stdout);
            Assert.Equal(count, first.Call("list", "--quiet").Succeeds().Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        }
        finally
        {
            foreach (string id in ids)
            {
                _ = first.Call("delete", "--force", id);
            }
        }

        Assert.Equal(before, LayerTree.Hash(layer));
        Assert.Empty(Directory.GetFileSystemEntries(first.StateRoot));
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("comma,colon:backslash\\")]
    [InlineData("\\:,=%\"'$&")]
    [InlineData("line\nend\ttab")]
    [InlineData("ünï-\U0001F347")]
    [InlineData("-starts")]
    public void A_layers_name_may_have_any_character(string name)
    {
        Container container = Layered().RunsScript("cat /odd; echo x >/new");
        string layer = container.Layer(name, "/odd");
        string upper = container.Directory + "/up" + name;

        Assert.Equal($"/odd of {name}\n", container.RunToEnd("--layer=" + layer, "--upper=" + upper));
        Assert.Equal("x\n", File.ReadAllText(upper + "/new"));
    }

    [Fact]
    public void A_layers_path_may_be_as_long_as_a_path_can_be()
    {
        Container container = Layered().RunsScript("cat /odd");
        string name = new('n', 255);
        string path = string.Join('/', Enumerable.Repeat(name, 14));
        string layer = container.Layer(path, "/odd");

        Assert.EndsWith(name + "\n", container.RunToEnd("--layer", layer, "--upper", container.Directory + "/" + new string('u', 255)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_immutable_layer_is_read_and_never_written()
    {
        Container container = Layered().RunsScript("cat /a; echo x >/a; rm /b; echo x >/new; cat /a /new");
        string layer = container.Layer("layer", "/a", "/b");
        Outcome immutable = new Command("chattr", ["-R", "+i", layer]).Run();
        Assert.SkipUnless(immutable.ExitCode == 0, "this file system has no immutable files");
        try
        {
            string before = LayerTree.Hash(layer);

            // The kernel keeps what is immutable in a layer so for the container too.
            Assert.Equal("/a of layer\n/a of layer\nx\n", container.RunToEnd("--layer", layer));
            Assert.Equal(before, LayerTree.Hash(layer));
        }
        finally
        {
            new Command("chattr", ["-R", "-i", layer]).Run().Succeeds();
        }
    }

    [Fact]
    public void A_layer_on_a_read_only_mount_is_as_good()
    {
        Container container = Layered().RunsScript("cat /a; echo x >/a; cat /a");
        string layer = container.Layer("layer", "/a");
        new Command("mount", ["--bind", "-o", "ro", layer, layer]).Run().Succeeds();
        try
        {
            string before = LayerTree.Hash(layer);
            Assert.Equal("/a of layer\nx\n", container.RunToEnd("--layer", layer));
            Assert.Equal(before, LayerTree.Hash(layer));
        }
        finally
        {
            new Command("umount", [layer]).Run().Succeeds();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("--upper")]
    [InlineData("--upper-tmpfs")]
    public void Containers_with_different_ids_share_the_same_files(string upper)
    {
        Container first = Layered().Maps(100000);
        string root = MoveRoot(first);
        string layer = first.Layer("layer", "/a", "/b");
        Assert.Equal(0, Syscall.chown(layer + "/b", 5, 6));
        string before = LayerTree.Hash(layer) + LayerTree.Hash(root);
        MustMapIds(first, layer);
        const string script = "stat -c %u:%g / /a /b /bin/busybox; echo x >>/b; stat -c %u:%g /b; touch /new; stat -c %u:%g /new; "
            + "cat /proc/self/uid_map";
        foreach (int host in new[] { 100000, 300000 })
        {
            Container container = Layered().Maps(host).RunsScript(script);
            container.Bundle.Capabilities("CAP_DAC_OVERRIDE");
            Directory.Delete(container.Bundle.Rootfs, recursive: true);
            string changes = container.Directory + "/changes";
            string[] flags = upper switch
            {
                "--upper" => ["--upper", changes],
                "--upper-tmpfs" => ["--upper-tmpfs", "1M"],
                _ => [],
            };
            string[] lines = container.RunToEnd(["--layer", root, "--layer", layer, .. flags]).Split('\n');
            Assert.Equal(["0:0", "0:0", "5:6", "0:0", "5:6", "0:0"], lines[..6]);
            Assert.Contains(host.ToString(System.Globalization.CultureInfo.InvariantCulture), lines[6], StringComparison.Ordinal);
            if (upper == "--upper")
            {
                // What is kept has the ids of the container, as a layer must.
                Assert.Equal(0, Syscall.stat(changes + "/b", out Stat status));
                Assert.Equal((5U, 6U), (status.st_uid, status.st_gid));
                Assert.Equal(0, Syscall.stat(changes + "/new", out status));
                Assert.Equal((0U, 0U), (status.st_uid, status.st_gid));
            }
        }

        Assert.Equal(before, LayerTree.Hash(layer) + LayerTree.Hash(root));
    }

    [Fact]
    public void A_user_namespace_that_is_joined_gives_its_ids()
    {
        Container owner = Layered().Maps(100000).Sleeps();
        string root = MoveRoot(owner);
        MustMapIds(owner, root);
        owner.CreateAndStart("--layer", root);
        Container guest = Layered().RunsScript("stat -c %u:%g /bin; touch /new && stat -c %u:%g /new");
        guest.Bundle.Namespace("user", $"/proc/{owner.Pid}/ns/user");

        Assert.Equal("0:0\n0:0\n", guest.RunToEnd("--layer", guest.Layer("layer")));
    }

    [Fact]
    public void A_file_system_whose_ids_cannot_be_mapped_is_named()
    {
        Container container = Layered().Maps(100000).Sleeps();
        MoveRoot(container);
        container.TryCreate("--layer", "/sys/fs")
            .Fails("cannot use the layer /sys/fs (--layer): the ids of its file system, sysfs, cannot be mapped: ");
        container.AssertNothingLeft();
    }

    [Fact]
    public void An_ordinary_user_stacks_layers_of_the_own_files()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "no setpriv");
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 6), "a tmpfs has attributes for users from Linux 6.6 on");
        Container container = Layered().RunsScript("id -u; cat /a; rm -r /dir && mkdir /dir && ls /dir; mkdir -p /closed/deep && chmod 0 "
            + "/closed/deep /closed && echo done");
        string layer = container.Layer("layer", "/a", "/dir/file");
        Directory.CreateDirectory(container.StateRoot);
        container.Bundle.GiveRootTo(1000);
        new Command("chown", ["-R", "1000:1000", layer, container.StateRoot]).Run().Succeeds();
        container.Bundle.Namespace("user");
        container.Bundle.Namespace("cgroup", present: false);
        container.Bundle.Set("linux.uidMappings", """[{"containerID":0,"hostID":1000,"size":1}]""");
        container.Bundle.Set("linux.gidMappings", """[{"containerID":0,"hostID":1000,"size":1}]""");
        container.Bundle.Set("linux.resources", """{"devices":[{"allow":true,"access":"rwm"}]}""");
        container.Bundle.Unmount("/sys/fs/cgroup");
        container.Bundle.Set("mounts[2].options", """["nosuid","noexec","newinstance","ptmxmode=0666","mode=0620"]""");
        container.Bundle.Write();
        using DelegatedCgroup cgroup = new(container.Id, 1000);
        Outcome outcome = new Command(
            "/usr/bin/setpriv",
            ["--reuid", "1000", "--regid", "1000", "--clear-groups", Runtime.Path, "--root", container.StateRoot, "run", "--bundle",
                container.Bundle.Path, "--layer", layer, container.Id])
        {
            Before = $"echo $$ >{cgroup.Inner}/cgroup.procs;",
        }.Run();

        Assert.Equal("0\n/a of layer\ndone\n", outcome.Succeeds().Stdout);
        Assert.False(Directory.Exists($"{container.StateRoot}/{container.Id}"));
    }

    private static RunningCommand Start(Container container, string layer, string id) => new Command(
        Runtime.Path, ["--root", container.StateRoot, "run", "--detach", "--bundle", container.Bundle.Path, "--layer", layer, id])
    {
        Stdout = "/dev/null",
        Stderr = container.Directory + "/" + id + ".err",
    }.Start();

    private static void MustMapIds(Container container, string layer)
    {
        if (Environment.OSVersion.Version < new Version(6, 3))
        {
            container.Sleeps().TryCreate("--layer", layer).Fails("cannot be mapped: invalid argument (EINVAL)");
            Assert.Skip("a tmpfs takes ids of its own from Linux 6.3 on");
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

    /// <summary>A cgroup that belongs to a user, with one in it for the calling process.</summary>
    private sealed class DelegatedCgroup : IDisposable
    {
        private readonly string path;

        public DelegatedCgroup(string id, int user)
        {
            path = CgroupTree.DirectoryOf(Environment.ProcessId).TrimEnd('/') + "/" + id + "-delegated";
            Inner = path + "/inner";
            Directory.CreateDirectory(Inner);
            new Command("chown", ["-R", user.ToString(System.Globalization.CultureInfo.InvariantCulture), path]).Run().Succeeds();
        }

        /// <summary>Where the calling process goes.</summary>
        public string Inner { get; }

        public void Dispose()
        {
            Eventually.True(() => Syscall.rmdir(Inner) == 0 || !Directory.Exists(Inner), "rmdir " + Inner);
            foreach (string left in Directory.GetDirectories(path))
            {
                _ = Syscall.rmdir(left);
            }

            Eventually.True(() => Syscall.rmdir(path) == 0, "rmdir " + path);
        }
    }
}
