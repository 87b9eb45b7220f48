using System.IO;
using System.Linq;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What a container wrote goes with it, however it made that hard.</summary>
public sealed class LayerRemovalTests : ContainerTest
{
    [Theory]
    [InlineData("n=a-name-of-forty-bytes-or-nearly-as-long; deep() { i=0; while [ $i -lt 100 ]; do mkdir $n; cd $n || exit 1; i=$((i+1)); "
        + "done; }; mkdir /x; cd /x; deep; cd /; deep; mv /x . && echo end >file")]
    [InlineData("mkdir -p /x/y/z; echo a >/x/y/z/f; chmod 0 /x/y/z/f /x/y/z /x/y /x")]
    [InlineData("mkdir /x; mkfifo /x/fifo; ln -s /etc/passwd /x/link; ln -s / /x/root; ln -s loop /x/loop; "
        + "touch \"/x/$(printf '\\377\\376')\" \"/x/$(printf 'a\\nb')\" /x/-f \"/x/ \"")]
    [InlineData("mkdir -p /x/.punnet-removal-1/a/b/c /.punnet-removal-1/a/b/c /.punnet-removal-2; "
        + "touch /.punnet-removal-3 /.punnet-removal-2/f")]
    [InlineData("i=0; while [ $i -lt 40 ]; do mkdir -p /w/$i/a/b/c; touch /w/$i/f /w/$i/a/f; i=$((i+1)); done")]
    [InlineData("rm -r /etc /var; mkdir /etc; touch /bin/new; rm /bin/sh")]
    public void A_tree_is_removed_whatever_is_in_it(string script)
    {
        Container container = Layered().RunsScript(script);
        string root = LayerTree.Hash(container.Bundle.Rootfs);
        container.Run("--layer", container.Layer("layer")).Succeeds();

        container.AssertNothingLeft();
        Assert.Empty(Directory.GetFileSystemEntries(container.StateRoot));
        Assert.Equal(root, LayerTree.Hash(container.Bundle.Rootfs));
    }

    [Fact]
    public void A_link_out_of_the_tree_is_not_followed()
    {
        Container container = Layered();
        string outside = container.Layer("outside", "/keep/file");
        container.RunsScript($"mkdir -p /x/y; ln -s {outside} /x/link; ln -s {outside}/keep /x/y/link; ln -s ../../../outside /up");
        container.RunToEnd("--layer", container.Layer("layer"));

        Assert.True(File.Exists(outside + "/keep/file"));
        container.AssertNothingLeft();
    }

    [Fact]
    public void Immutable_files_go_too()
    {
        Container container = Layered().RunsScript("mkdir -p /x/y && echo a >/x/y/f && sleep 1000");
        container.CreateAndStart("--layer", container.Layer("layer"));
        string upper = $"{container.StateRoot}/{container.Id}/upper";
        Eventually.True(() => File.Exists(upper + "/x/y/f"), "the file is there");
        Outcome immutable = new Command("chattr", ["+i", upper + "/x/y/f", upper + "/x/y"]).Run();
        Assert.SkipUnless(immutable.ExitCode == 0, "this file system has no immutable files");

        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_mount_of_the_host_in_the_tree_is_not_entered()
    {
        Container container = Layered().Sleeps();
        container.CreateAndStart("--layer", container.Layer("layer"));
        container.Exec("mkdir", "/x").Succeeds();
        string outside = container.Layer("outside", "/keep/file");
        string place = $"{container.StateRoot}/{container.Id}/upper/x";
        new Command("mount", ["--bind", outside, place]).Run().Succeeds();
        try
        {
            container.Delete("--force").Fails("cannot remove");
            Assert.True(File.Exists(outside + "/keep/file"));
        }
        finally
        {
            new Command("umount", [place]).Run().Succeeds();
        }

        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_delete_that_was_killed_goes_on_where_it_was()
    {
        Container container = Layered()
            .RunsScript("i=0; while [ $i -lt 300 ]; do mkdir -p /w/$i/a; touch /w/$i/a/f; i=$((i+1)); done; echo done; sleep 1000");
        container.CreateAndStart("--layer", container.Layer("layer"));
        container.WaitForOutput("done");
        foreach (int milliseconds in new[] { 2, 6, 12 })
        {
            using RunningCommand running = container.Command("delete", "--force", container.Id).Start();
            System.Threading.Thread.Sleep(milliseconds);
            _ = Syscall.kill(running.Pid, Signum.SIGKILL);
        }

        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
        Assert.False(Directory.EnumerateFileSystemEntries(container.StateRoot).Any());
    }

    private Container Layered()
    {
        Runtime.MustBePunnet();
        return NewContainer().Writable();
    }
}
