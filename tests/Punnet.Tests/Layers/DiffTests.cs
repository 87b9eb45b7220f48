using System;
using System.IO;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What <c>diff</c> says that a container changed on its layers.</summary>
public sealed class DiffTests : ContainerTest
{
    [Fact]
    public void Added_changed_and_deleted_files_are_listed_and_nothing_else()
    {
        Container container = NewContainer();
        string root = container.Bundle.Rootfs;
        Directory.CreateDirectory(root + "/old/below");
        File.WriteAllText(root + "/old/kept", "k");
        File.WriteAllText(root + "/old/mode", "m");
        File.WriteAllText(root + "/old.conf", "o");
        File.WriteAllText(root + "/old/below/deleted", "d");
        container.RunsScript("""
            echo changed >/etc/passwd; rm /old/below/deleted; mkdir -p /new/dir; echo x >/new/dir/file; chmod 600 /old/mode
            : >>/old/kept; ln -s /etc/shadow /new/link; rm /old.conf; echo ready; sleep 1000
            """);
        container.CreateAndStart(container.Layers());
        container.WaitForOutput("ready");

        Assert.Equal(
            "C /etc\nC /etc/passwd\nA /new\nA /new/dir\nA /new/dir/file\nA /new/link\nC /old\nD /old.conf\nC /old/below\n"
            + "D /old/below/deleted\nC /old/mode\n",
            container.Call("diff", container.Id).Succeeds().Stdout);
    }

    [Fact]
    public void A_container_that_changed_nothing_has_no_difference_before_and_after_its_end()
    {
        Container container = NewContainer().Runs("true");
        Directory.Delete(container.Bundle.Rootfs + "/proc");
        container.Bundle.Mount("/made/for/mount", "tmpfs", "tmpfs");
        container.Create(container.Layers());
        Assert.True(Directory.Exists(container.Upper() + "/made/for/mount"));

        Assert.Equal("", container.Call("diff", container.Id).Succeeds().Stdout);
        container.Start().WaitFor("stopped");
        Assert.Equal("", container.Call("diff", container.Id).Succeeds().Stdout);
    }

    [Fact]
    public void What_lies_beside_a_mount_point_is_a_change()
    {
        Container container = NewContainer();
        container.Bundle.Mount("/made/for/mount", "tmpfs", "tmpfs");
        container.RunsScript("echo x >/made/for/mount/not-seen; echo x >/made/seen; echo ready; sleep 1000")
            .CreateAndStart(container.Layers());
        container.WaitForOutput("ready");

        Assert.Equal("A /made\nA /made/seen\n", container.Call("diff", container.Id).Succeeds().Stdout);
    }

    [Fact]
    public void A_directory_that_was_made_again_hides_what_it_held()
    {
        Container container = NewContainer();
        string root = container.Bundle.Rootfs;
        Directory.CreateDirectory(root + "/again/sub");
        File.WriteAllText(root + "/again/sub/inner", "i");
        File.WriteAllText(root + "/again/left", "l");
        File.WriteAllText(root + "/again/other", "o");
        container.RunsScript("rm -r /again; mkdir -p /again/sub; echo new >/again/left; echo more >/again/sub/more; echo ready; "
            + "sleep 1000");
        container.CreateAndStart(container.Layers());
        container.WaitForOutput("ready");

        Assert.Equal(
            "C /again\nC /again/left\nD /again/other\nC /again/sub\nD /again/sub/inner\nA /again/sub/more\n",
            container.Call("diff", container.Id).Succeeds().Stdout);
    }

    [Fact]
    public void A_file_that_became_a_directory_and_the_reverse_are_changed()
    {
        Container container = NewContainer();
        Directory.CreateDirectory(container.Bundle.Rootfs + "/was-directory");
        File.WriteAllText(container.Bundle.Rootfs + "/was-directory/file", "f");
        File.WriteAllText(container.Bundle.Rootfs + "/was-file", "f");
        container.RunsScript("rm -r /was-directory; echo x >/was-directory; rm /was-file; mkdir /was-file; echo x >/was-file/new; "
            + "echo ready; sleep 1000");
        container.CreateAndStart(container.Layers());
        container.WaitForOutput("ready");

        Assert.Equal("C /was-directory\nC /was-file\nA /was-file/new\n", container.Call("diff", container.Id).Succeeds().Stdout);
    }

    [Fact]
    public void A_file_of_any_layer_counts_unless_one_above_hides_it()
    {
        Container container = NewContainer();
        string app = Layered.Make(container.Directory + "/app");
        Layered.Make(app + "/data");
        Layered.Whiteout(app + "/data/hidden");
        File.WriteAllText(app + "/data/app", "a");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/data");
        File.WriteAllText(container.Bundle.Rootfs + "/data/hidden", "h");
        File.WriteAllText(container.Bundle.Rootfs + "/data/base", "b");
        container.RunsScript("echo again >/data/hidden; echo 1 >/data/base; rm /data/app; echo ready; sleep 1000");
        container.CreateAndStart(container.Layers(container.Bundle.Rootfs, app));
        container.WaitForOutput("ready");

        Assert.Equal("C /data\nD /data/app\nC /data/base\nA /data/hidden\n", container.Call("diff", container.Id).Succeeds().Stdout);
    }

    [Fact]
    public void Names_that_do_not_print_are_written_so_that_they_do()
    {
        Container container = NewContainer().CreateOn();
        File.WriteAllText(container.Upper() + "/a\nA forged", "");
        File.WriteAllText(container.Upper() + "/\u001b[31mred\\\u202e", "");
        File.WriteAllText(container.Upper() + "/grün", "");

        Assert.Equal(
            "A /\\033[31mred\\\\\\342\\200\\256\nA /a\\nA forged\nA /grün\n",
            container.Call("diff", container.Id).Succeeds().Stdout);
    }

    [Fact]
    public void Json_has_every_path_as_it_is()
    {
        Container container = NewContainer().CreateOn();
        Layered.Fill(container.Upper());
        Layered.Make(container.Upper() + "/bin");
        Layered.Whiteout(container.Upper() + "/bin/sh");
        JsonArray changes = JsonNode.Parse(container.Call("diff", "--json", container.Id).Succeeds().Stdout)!.AsArray();

        Assert.Contains(changes, static change => (string?)change!["kind"] == "A" && (string?)change["path"] == "/new\nline");
        Assert.Contains(changes, static change => (string?)change!["kind"] == "D" && (string?)change["path"] == "/bin/sh");
        string bytes = Convert.ToBase64String([(byte)'/', 0xff, 0xfe, .. "bytes"u8]);
        Assert.Contains(changes, change => (string?)change!["pathBytes"] == bytes);
    }

    [Fact]
    public void Whiteouts_that_are_files_with_an_attribute_are_understood()
    {
        Container container = NewContainer().CreateOn();
        string directory = Layered.Make(container.Upper() + "/etc");
        Layered.Attribute(directory, "trusted.overlay.opaque", "x");
        File.WriteAllText(directory + "/passwd", "");
        Layered.Attribute(directory + "/passwd", "trusted.overlay.whiteout", "");

        Assert.Equal("C /etc\nD /etc/passwd\n", container.Call("diff", container.Id).Succeeds().Stdout);
    }

    [Theory]
    [InlineData("trusted.overlay.redirect", "/etc", "redirect_dir")]
    [InlineData("trusted.overlay.metacopy", "", "metacopy")]
    public void What_the_layer_alone_does_not_tell_is_refused(string attribute, string value, string word)
    {
        Container container = NewContainer().CreateOn();
        if (attribute.EndsWith("redirect", StringComparison.Ordinal))
        {
            Layered.Make(container.Upper() + "/moved");
        }
        else
        {
            File.WriteAllText(container.Upper() + "/moved", "");
        }

        Layered.Attribute(container.Upper() + "/moved", attribute, value);

        _ = container.Call("diff", container.Id).Fails("/moved", word);
        _ = container.Call("commit", container.Id, container.Directory + "/new").Fails("/moved", word);
        _ = container.Call("commit", "--tar", "-", container.Id).Fails("/moved", word);
        Assert.False(Directory.Exists(container.Directory + "/new"));
    }

    [Fact]
    public void A_container_that_does_not_run_on_layers_is_told_so()
    {
        Container container = NewContainer().Sleeps().Create();

        _ = container.Call("diff", container.Id).Fails("does not run on layers");
        _ = container.Call("commit", container.Id, container.Directory + "/new").Fails("does not run on layers");
    }

    [Fact]
    public void A_root_that_is_read_only_has_no_difference_and_nothing_to_commit()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("root", """{"path":"none","readonly":true}""");
        string other = Layered.Make(container.Directory + "/other");
        File.WriteAllText(other + "/x", "x");
        container.Create("--layer", container.Bundle.Rootfs, "--layer", other);

        Assert.Equal("", container.Call("diff", container.Id).Succeeds().Stdout);
        _ = container.Call("commit", container.Id, container.Directory + "/new").Fails("read-only");
    }

    [Fact]
    public void Links_in_the_top_layer_lead_nowhere()
    {
        Container container = NewContainer().CreateOn();
        string host = Layered.Make(container.Directory + "/host");
        File.WriteAllText(host + "/secret", "s");
        Assert.Equal(0, Syscall.symlink(host, container.Upper() + "/etc"));
        Assert.Equal(0, Syscall.symlink("/", container.Upper() + "/up"));

        Assert.Equal("C /etc\nA /up\n", container.Call("diff", container.Id).Succeeds().Stdout);
    }
}
