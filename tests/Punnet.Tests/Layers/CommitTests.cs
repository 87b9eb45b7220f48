using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A committed layer directory: what is in it, and what runs on it.</summary>
public sealed class CommitTests : ContainerTest
{
    [Fact]
    public void A_layer_is_the_top_layer_file_by_file()
    {
        Container container = NewContainer().CreateOn();
        Layered.Fill(container.Upper());
        Layered.Whiteout(container.Upper() + "/bin");
        Layered.Make(container.Upper() + "/etc");
        Layered.Attribute(container.Upper() + "/etc", "trusted.overlay.opaque", "y");
        Layered.Attribute(container.Upper() + "/etc", "user.container", "'s own");

        Assert.Equal("", container.Call("commit", container.Id, container.Directory + "/new").Succeeds().Stdout);

        // Beside the mount points, which are not the container's.
        foreach (string mountPoint in new[] { "dev", "proc", "sys" })
        {
            _ = Syscall.rmdir($"{container.Upper()}/{mountPoint}");
        }

        string[] made = Layered.Print(container.Directory + "/new").Split('\n');
        string[] top = Layered.Print(container.Upper()).Split('\n');
        Assert.Equal(top.Length, made.Length);
        for (int line = 1; line < top.Length; line++)
        {
            // The mark of the other kind of overlay mount comes in addition.
            Assert.Equal(top[line], made[line].Replace(" user.overlay.opaque=79", "", StringComparison.Ordinal));
        }

        Assert.Contains(" user.overlay.opaque=79", string.Join('\n', made), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tree_deeper_than_any_path_comes_along()
    {
        Container container = NewContainer().CreateOn();
        Layered.Fill(container.Upper(), "deep");

        container.Call("commit", container.Id, container.Directory + "/new").Succeeds();

        string made = Layered.Print(container.Directory + "/new", "--no-root");
        Assert.Contains("content", made, StringComparison.Ordinal);
        Assert.Equal(Layered.Print(container.Upper(), "--no-root"), made);
        Assert.Equal(64 + 1, container.Call("diff", container.Id).Succeeds().Stdout.Split('\n').Length);
    }

    [Fact]
    public void A_chain_of_layers_grows_commit_by_commit_and_a_removed_file_stays_removed()
    {
        Container app = NewContainer().RunsScript("echo app >/app; echo both >/both; rm /etc/group; echo ready; sleep 1000");
        app.CreateAndStart(app.Layers()).WaitForOutput("ready");
        app.Call("commit", app.Id, app.Directory + "/layer").Succeeds();
        Container config = NewContainer().RunsScript("cat /app; ls /etc; echo config >/both; rm /app; mkdir /app; echo ready; sleep 1000");
        config.CreateAndStart(config.Layers(app.Bundle.Rootfs, app.Directory + "/layer"));
        config.WaitForOutput("ready");
        Assert.Equal("app\npasswd\nready\n", config.Output);
        config.Call("commit", config.Id, config.Directory + "/layer").Succeeds();
        Container last = NewContainer().RunsScript("cat /both; ls -d /app/; ls /etc; touch /mine");

        Assert.Equal(0, last.Run(last.Layers(app.Bundle.Rootfs, app.Directory + "/layer", config.Directory + "/layer")).ExitCode);
        Assert.Equal("config\n/app/\npasswd\n", last.Output);
    }

    [Fact]
    public void A_directory_that_was_made_again_stays_as_it_is_in_the_next_run()
    {
        Container first = NewContainer().RunsScript("rm -r /etc; mkdir /etc; echo only >/etc/only; echo ready; sleep 1000");
        first.CreateAndStart(first.Layers()).WaitForOutput("ready");
        first.Call("commit", first.Id, first.Directory + "/layer").Succeeds();

        Container next = NewContainer().RunsScript("ls /etc");
        Assert.Equal(0, next.Run(next.Layers(first.Bundle.Rootfs, first.Directory + "/layer")).ExitCode);
        Assert.Equal("only\n", next.Output);
        Layered.MapsIds();
        Container mapped = NewContainer().RunsScript("ls /etc");
        mapped.Bundle.UserNamespace();
        Assert.Equal(0, mapped.Run(mapped.Layers(first.Bundle.Rootfs, first.Directory + "/layer")).ExitCode);
        Assert.Equal("only\n", mapped.Output);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_layer_of_one_user_namespace_is_for_every_other_and_for_none(bool isMapped)
    {
        Layered.MapsIds();
        Container first = NewContainer()
            .RunsScript("echo x >/mine; echo x >/theirs; chown 1000:1001 /theirs; rm /etc/group; echo ready; sleep 1000");
        first.Bundle.Capabilities("CAP_CHOWN", "CAP_DAC_OVERRIDE");
        if (isMapped)
        {
            first.Bundle.Namespace("user");
            first.Bundle.Set("linux.uidMappings", """[{"containerID":0,"hostID":300000,"size":65536}]""");
            first.Bundle.Set("linux.gidMappings", """[{"containerID":0,"hostID":400000,"size":65536}]""");
        }

        first.CreateAndStart(first.Layers()).WaitForOutput("ready");
        string difference = first.Call("diff", first.Id).Succeeds().Stdout;
        Assert.Equal("C /etc\nD /etc/group\nA /mine\nA /theirs\n", difference);
        first.Call("commit", first.Id, first.Directory + "/layer").Succeeds();

        foreach (bool isNextMapped in new[] { true, false })
        {
            Container next = NewContainer().RunsScript("stat -c '%n %u %g' /mine /theirs; ls /etc");
            if (isNextMapped)
            {
                next.Bundle.Namespace("user");
                next.Bundle.Set("linux.uidMappings", """[{"containerID":0,"hostID":500000,"size":65536}]""");
                next.Bundle.Set("linux.gidMappings", """[{"containerID":0,"hostID":600000,"size":65536}]""");
            }

            Assert.Equal(0, next.Run(next.Layers(first.Bundle.Rootfs, first.Directory + "/layer")).ExitCode);
            Assert.Equal("/mine 0 0\n/theirs 1000 1001\npasswd\n", next.Output);
        }
    }

    [Fact]
    public void Marks_that_another_kind_of_overlay_would_take_for_its_own_cannot_be_forged()
    {
        Container container = NewContainer().CreateOn();
        Layered.Make(container.Upper() + "/etc");
        Layered.Attribute(container.Upper() + "/etc", "user.overlay.opaque", "y");
        Layered.Attribute(container.Upper() + "/etc", "user.overlay.redirect", "/bin");

        container.Call("commit", container.Id, container.Directory + "/new").Succeeds();
        Assert.DoesNotContain("overlay", Layered.Print(container.Directory + "/new"), StringComparison.Ordinal);
    }

    [Fact]
    public void Whiteouts_that_are_files_become_devices_that_every_mount_understands()
    {
        Container container = NewContainer().CreateOn();
        string directory = Layered.Make(container.Upper() + "/etc");
        Layered.Attribute(directory, "trusted.overlay.opaque", "x");
        File.WriteAllText(directory + "/passwd", "");
        Layered.Attribute(directory + "/passwd", "trusted.overlay.whiteout", "");

        container.Call("commit", container.Id, container.Directory + "/new").Succeeds();
        Assert.Equal(0, Syscall.lstat(container.Directory + "/new/etc/passwd", out Stat status));
        Assert.Equal(FilePermissions.S_IFCHR, status.st_mode & FilePermissions.S_IFMT);
        Assert.Equal(0ul, status.st_rdev);
    }

    [Fact]
    public void Names_that_mean_something_in_a_tar_are_only_names_here()
    {
        Container container = NewContainer().CreateOn();
        File.WriteAllText(container.Upper() + "/.wh.etc", "x");
        File.WriteAllText(container.Upper() + "/.wh..wh..opq", "y");

        container.Call("commit", container.Id, container.Directory + "/new").Succeeds();
        Assert.Equal("x", File.ReadAllText(container.Directory + "/new/.wh.etc"));
        Assert.Equal("y", File.ReadAllText(container.Directory + "/new/.wh..wh..opq"));
    }

    [Fact]
    public void Links_to_the_host_are_copied_and_not_followed()
    {
        Container container = NewContainer().CreateOn();
        string host = Layered.Make(container.Directory + "/host");
        File.WriteAllText(host + "/secret", "s");
        Assert.Equal(0, Syscall.symlink(host, container.Upper() + "/etc"));
        Assert.Equal(0, Syscall.symlink(host + "/secret", container.Upper() + "/link"));
        string before = Layered.Print(host);

        container.Call("commit", container.Id, container.Directory + "/new").Succeeds();
        Assert.Equal(host, new FileInfo(container.Directory + "/new/etc").LinkTarget);
        Assert.Equal(host + "/secret", new FileInfo(container.Directory + "/new/link").LinkTarget);
        Assert.Equal(before, Layered.Print(host));
    }

    [Theory]
    [InlineData("directory")]
    [InlineData("file")]
    [InlineData("link")]
    public void What_is_there_already_is_not_replaced(string what)
    {
        Container container = NewContainer().CreateOn();
        string destination = container.Directory + "/new";
        switch (what)
        {
            case "directory": _ = Directory.CreateDirectory(destination); break;
            case "file": File.WriteAllText(destination, "mine"); break;
            default: Assert.Equal(0, Syscall.symlink("nowhere", destination)); break;
        }

        _ = container.Call("commit", container.Id, destination).Fails("exists already");
        _ = container.Call("commit", "--tar", destination, container.Id).Fails("exists already");
        Assert.Empty(Directory.GetFileSystemEntries(container.Directory, ".punnet-commit*"));
        Assert.True(what == "directory" ? Directory.GetFileSystemEntries(destination).Length == 0
            : what == "link" ? new FileInfo(destination).LinkTarget == "nowhere" : File.ReadAllText(destination) == "mine");
    }

    [Theory]
    [InlineData("/nowhere/new", "no such file or directory (ENOENT)")]
    [InlineData("/proc/new", "")]
    [InlineData("/", "no name of its own")]
    [InlineData("..", "no name of its own")]
    public void A_place_that_cannot_be_one_is_an_error(string destination, string words)
    {
        Container container = NewContainer().CreateOn();

        _ = container.Call("commit", container.Id, destination).Fails("punnet: commit: ", words);
        Assert.Equal("created", container.Status);
    }

    [Theory]
    [InlineData("commit", "ID")]
    [InlineData("commit", "ID", "a", "b")]
    [InlineData("commit", "--gzip", "ID", "a")]
    [InlineData("commit", "--tar", "-", "ID", "a")]
    [InlineData("diff", "ID", "a")]
    public void Words_that_do_not_fit_are_refused(params string[] words)
    {
        Container container = NewContainer().CreateOn();

        _ = container.Call(Array.ConvertAll(words, word => word == "ID" ? container.Id : word)).Fails("--help");
        Assert.False(Path.Exists("a"));
    }
}
