using System;
using System.Collections.Generic;
using System.Formats.Tar;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A top layer as an OCI layer tar, read by other programs.</summary>
public sealed class LayerTarTests : ContainerTest
{
    [Fact]
    public void What_gnu_tar_unpacks_is_the_top_layer_file_by_file()
    {
        Container container = NewContainer().CreateOn();
        Layered.Fill(container.Upper());
        string tar = container.Directory + "/layer.tar";
        container.Call("commit", "--tar", tar, container.Id).Succeeds();
        string unpacked = Layered.Make(container.Directory + "/unpacked");
        _ = new Command("tar",
            ["--extract", "--file", tar, "--directory", unpacked, "--numeric-owner", "--same-owner", "--preserve-permissions",
            "--xattrs", "--xattrs-include=*", "--delay-directory-restore"]).Run().Succeeds();
        foreach (string mountPoint in new[] { "dev", "proc", "sys" })
        {
            _ = Syscall.rmdir($"{container.Upper()}/{mountPoint}");
        }

        // GNU tar gives no attributes to links and fifos.
        Assert.Equal(
            WithoutSpecialAttributes(Layered.Print(container.Upper(), "--no-sockets", "--no-holes", "--no-root")),
            WithoutSpecialAttributes(Layered.Print(unpacked, "--no-sockets", "--no-holes", "--no-root")));
    }

    [Fact]
    public void The_same_layer_makes_the_same_bytes_also_from_its_own_copy()
    {
        Container container = NewContainer().CreateOn();
        Layered.Fill(container.Upper());
        string[] files = [container.Directory + "/1", container.Directory + "/2", container.Directory + "/3", container.Directory + "/4"];
        container.Call("commit", "--tar", files[0], container.Id).Succeeds();
        container.Call("commit", "--tar", files[1], container.Id).Succeeds();
        container.Call("commit", container.Id, container.Directory + "/copy").Succeeds();
        Container of = NewContainer();
        Directory.Move(container.Directory + "/copy", of.Upper());
        of.Sleeps().Create(of.Layers()).Call("commit", "--tar", files[2], of.Id).Succeeds();
        using (RunningCommand running = new Command(Runtime.Path,
            ["--root", container.StateRoot, "commit", "--tar", "-", container.Id])
        { Stdout = files[3] }.Start())
        {
            running.Wait().Returns(0);
        }

        byte[] first = File.ReadAllBytes(files[0]);
        Assert.True(first.Length > 25_000_000);
        for (int other = 1; other < files.Length; other++)
        {
            Assert.True(first.AsSpan().SequenceEqual(File.ReadAllBytes(files[other])), files[other]);
        }
    }

    [Fact]
    public void Compressed_it_is_the_same_for_gunzip_and_the_same_twice()
    {
        Container container = NewContainer().CreateOn();
        Layered.Fill(container.Upper());
        string directory = container.Directory;
        container.Call("commit", "--tar", directory + "/plain", container.Id).Succeeds();
        container.Call("commit", "--gzip", "--tar", directory + "/one.gz", container.Id).Succeeds();
        container.Call("commit", "--gzip", "--tar", directory + "/two.gz", container.Id).Succeeds();

        Assert.True(File.ReadAllBytes(directory + "/one.gz").AsSpan().SequenceEqual(File.ReadAllBytes(directory + "/two.gz")));
        _ = new Command("gunzip", [directory + "/one.gz"]).Run().Succeeds();
        Assert.True(File.ReadAllBytes(directory + "/one").AsSpan().SequenceEqual(File.ReadAllBytes(directory + "/plain")));
    }

    [Fact]
    public void Deleted_files_and_opaque_directories_have_oci_names_before_their_siblings()
    {
        Container container = NewContainer()
            .RunsScript("rm -r /etc; mkdir /etc; echo a >/etc/.a; rm /bin/sh; echo b >/bin/.a; echo ready; sleep 1000");
        container.CreateAndStart(container.Layers()).WaitForOutput("ready");
        string tar = container.Directory + "/layer.tar";
        container.Call("commit", "--tar", tar, container.Id).Succeeds();

        List<string> names = [];
        using FileStream file = File.OpenRead(tar);
        using TarReader reader = new(file);
        while (reader.GetNextEntry() is TarEntry entry)
        {
            names.Add(entry.Name);
            Assert.True(entry.Name.Contains(".wh.", StringComparison.Ordinal)
                ? entry is { Length: 0, EntryType: TarEntryType.RegularFile } : entry.Uid == 0);
        }

        Assert.Equal(["./", "bin/", "bin/.wh.sh", "bin/.a", "etc/", "etc/.wh..wh..opq", "etc/.a"], names);
    }

    [Theory]
    [InlineData(".wh.passwd")]
    [InlineData(".wh..wh..opq")]
    [InlineData(".wh.")]
    public void A_name_that_would_delete_something_is_refused(string name)
    {
        Container container = NewContainer().CreateOn();
        File.WriteAllText(Layered.Make(container.Upper() + "/etc") + "/" + name, "");

        _ = container.Call("commit", "--tar", container.Directory + "/layer.tar", container.Id)
            .Fails("/etc/" + name + " cannot be in an OCI layer");
        Assert.False(File.Exists(container.Directory + "/layer.tar"));
        Assert.Empty(Directory.GetFileSystemEntries(container.Directory, ".punnet-commit*"));
        Assert.Equal("created", container.Status);
    }

    [Fact]
    public void A_whiteout_by_such_a_name_is_refused_too()
    {
        Container container = NewContainer().CreateOn();
        Layered.Whiteout(container.Upper() + "/.wh..opq");

        _ = container.Call("commit", "--tar", "-", container.Id).Fails("cannot be in an OCI layer");
    }

    [Fact]
    public void Attributes_of_overlayfs_are_not_in_the_tar_however_they_are_escaped()
    {
        Container container = NewContainer().CreateOn();
        string directory = Layered.Make(container.Upper() + "/etc");
        Layered.Attribute(directory, "trusted.overlay.opaque", "y");
        Layered.Attribute(directory, "trusted.overlay.overlay.opaque", "y");
        Layered.Attribute(directory, "user.overlay.redirect", "/bin");
        Layered.Attribute(directory, "user.kept", "y");
        string tar = container.Directory + "/layer.tar";
        container.Call("commit", "--tar", tar, container.Id).Succeeds();

        string text = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(tar));
        Assert.Contains("SCHILY.xattr.user.kept=y", text, StringComparison.Ordinal);
        Assert.DoesNotContain("overlay", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tar_that_is_not_read_to_its_end_is_an_error_and_the_container_goes_on()
    {
        Container container = NewContainer().Sleeps();
        Layered.Make(container.Upper());
        Layered.Fill(container.Upper());
        container.CreateAndStart(container.Layers());
        Command command = new("/bin/sh",
            ["-c", "\"$0\" \"$@\" | head -c 1000 | wc -c; ", Runtime.Path, "--root", container.StateRoot, "commit", "--tar", "-",
            container.Id]);
        Outcome outcome = command.Run();

        Assert.Equal("1000\n", outcome.Stdout);
        Assert.Contains("cannot write standard output: broken pipe (EPIPE)", outcome.Stderr, StringComparison.Ordinal);
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void An_image_with_the_layer_is_for_umoci_what_the_container_saw()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/umoci"), "needs umoci");
        Assert.SkipUnless(
            Environment.OSVersion.Version >= new Version(6, 6), "umoci needs attributes for users, which a tmpfs has from Linux 6.6 on");
        Container container = NewContainer();
        // tar fails when a file changes while it reads.
        container.Bundle.OwnBusybox();
        Layered.Make(container.Upper());
        Layered.Fill(container.Upper());
        container.RunsScript("rm -r /root /etc/group; rm -r /var; mkdir /var; echo v >/var/v; echo ready; sleep 1000");
        container.CreateAndStart(container.Layers()).WaitForOutput("ready");
        string tar = container.Directory + "/layer.tar", image = container.Directory + "/image";
        container.Call("commit", "--tar", tar, container.Id).Succeeds();
        string script = $"""
            set -e; cd {container.Directory}; tar --create --file base.tar --numeric-owner --xattrs --xattrs-include=* --directory {container.Bundle.Rootfs} .
            umoci init --layout {image}; umoci new --image {image}:x
            umoci raw add-layer --image {image}:x base.tar; umoci raw add-layer --image {image}:x {tar}
            umoci raw unpack --image {image}:x unpacked
            """;
        _ = new Command("/bin/sh", ["-c", script]).Run().Succeeds();
        string seen = container.Inside("/");

        // Beside what is mounted in the container, and times of directories that umoci itself has changed things in. Go's tar knows
        // neither an empty attribute nor GNU's way to write the "=" in a name.
        string[] expected = Comparable(Layered.Print(seen, "--no-sockets", "--no-holes", "--no-root", "--no-marks", "--no-mounts"));
        string[] actual = Comparable(Layered.Print(container.Directory + "/unpacked", "--no-sockets", "--no-holes", "--no-root",
            "--no-marks"));
        Assert.Equal(expected, actual);
    }

    private static string WithoutSpecialAttributes(string printed) => printed
        .Replace(" trusted.on-fifo=74", "", StringComparison.Ordinal).Replace(" trusted.on-link=74", "", StringComparison.Ordinal);

    private static string[] Comparable(string printed)
    {
        List<string> lines = [];
        string known = WithoutSpecialAttributes(printed).Replace(" user.empty=", "", StringComparison.Ordinal)
            .Replace(" user.odd=name%41=76", "", StringComparison.Ordinal)
                .Replace(" user.odd%3Dname%2541=76", "", StringComparison.Ordinal);
        foreach (string line in known.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ');
            bool isMounted = words[0] is "/dev" or "/proc" or "/sys"
                || words[0].StartsWith("/dev/", StringComparison.Ordinal) || words[0].StartsWith("/proc/", StringComparison.Ordinal)
                || words[0].StartsWith("/sys/", StringComparison.Ordinal);
            if (!isMounted)
            {
                lines.Add(words[1].StartsWith("04", StringComparison.Ordinal)
                    ? string.Join(' ', [words[0], words[1], words[2], .. words[4..]]) : line);
            }
        }

        return [.. lines];
    }
}
