using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// A mount that cannot be made: which of the causes of one error number it was. @ in a path is the container's own directory.
/// </summary>
public sealed class MountCauseTests : ContainerTest
{
    [Theory]
    [InlineData("/missing/a/b", "no such file or directory (ENOENT)\nhint: the directory /missing does not exist\n")]
    [InlineData("/etc/passwd/b", "not a directory (ENOTDIR)\nhint: /etc/passwd is not a directory\n")]
    [InlineData("@/circle/x",
        "too many levels of symbolic links (ELOOP)\nhint: @/circle is a symbolic link to circle, and so round in a circle\n")]
    [InlineData("@/dangling",
        "no such file or directory (ENOENT)\nhint: @/dangling is a symbolic link to /missing/t, which does not exist\n")]
    public void A_source_names_the_first_part_that_fails(string source, string words)
    {
        Container container = NewContainer().Sleeps();
        Assert.Equal(0, Syscall.symlink("circle", container.Directory + "/circle"));
        Assert.Equal(0, Syscall.symlink("/missing/t", container.Directory + "/dangling"));
        container.Bundle.Mount("/m", "bind", source.Replace("@", container.Directory, System.StringComparison.Ordinal), "bind");
        container.TryCreate().Fails("(mounts[7].source): " + words.Replace("@", container.Directory, System.StringComparison.Ordinal));
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_root_names_the_first_part_that_fails()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.SetText("root.path", "no/such/root");
        container.TryCreate().Fails($"cannot use the root file system {container.Bundle.Path}/no/such/root (root.path): "
            + $"no such file or directory (ENOENT)\nhint: the directory {container.Bundle.Path}/no does not exist\n");
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("/etc/passwd/x", "not a directory (ENOTDIR)", "/etc/passwd is not a directory")]
    [InlineData("/proc/missing", "no such file or directory (ENOENT)", "nothing can be made in /proc, whose files are the kernel's")]
    [InlineData("/sys/missing/x", "read-only file system (EROFS)",
        "/sys is read-only, and has no such mount point: make one in the root file system")]
    public void A_destination_names_what_is_in_the_way(string destination, string words, string hint)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Mount(destination, "tmpfs", "tmpfs");
        container.TryCreate()
            .Fails($"cannot mount tmpfs on {destination} (mounts[7]): cannot use the destination: {words}\nhint: {hint}\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_destination_that_root_of_the_user_namespace_may_not_use_is_named()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.UserNamespace();
        Assert.Equal(0, Syscall.chown(container.Bundle.Rootfs, 0, 0));
        container.Bundle.Mount("/new/x", "tmpfs", "tmpfs");
        container.TryCreate()
            .Fails("cannot use the destination: permission denied (EACCES)\nhint: root of the container's user namespace may not use / so");
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("ext4", "@/state", "a user namespace may not mount ext4: mount it on the host, and bind it")]
    [InlineData("debugfs", "none", "a user namespace may not mount debugfs: mount it on the host, and bind it")]
    public void A_file_system_that_a_user_namespace_may_not_mount_is_told_so(string type, string source, string hint)
    {
        Assert.SkipUnless(
            File.ReadAllText("/proc/filesystems").Contains(type + "\n", System.StringComparison.Ordinal), "this kernel has no " + type);
        Container container = NewContainer().Sleeps();
        container.Bundle.UserNamespace();
        container.Bundle.Mount("/m", type, source);
        container.TryCreate().Fails($"cannot mount {type} on /m (mounts[7]): operation not permitted (EPERM)\nhint: {hint}\n");
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("tmpfs", "size=lots", "it does not take the option \"size=lots\"", "tmpfs: Bad value for 'size'")]
    [InlineData("tmpfs", "odd=1", "it does not take the option \"odd=1\"", "tmpfs: Unknown parameter 'odd'")]
    [InlineData("overlay", "lowerdir=/etc/passwd", "it cannot use what the option names: \"lowerdir=/etc/passwd\"",
        "overlay: /etc/passwd is not a directory")]
    public void What_the_kernel_says_of_an_option_is_told(string type, string option, string words, string kernel)
    {
        Assert.SkipUnless(type != "overlay" || System.Environment.OSVersion.Version >= new System.Version(6, 5),
            "before Linux 6.5 overlayfs looks at its options only at the end");
        Container container = NewContainer().Sleeps();
        container.Bundle.Mount("/m", type, type, option);
        container.TryCreate().Fails(words, "invalid argument (EINVAL)\nhint: the kernel says: " + kernel + "\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_lower_directory_without_search_permission_is_not_reported_as_a_wrong_option()
    {
        Assert.SkipUnless(System.Environment.OSVersion.Version >= new System.Version(6, 5),
            "before Linux 6.5 overlayfs looks at its options only at the end");
        Container container = NewContainer().Sleeps();
        container.Bundle.UserNamespace();
        string closed = container.Directory + "/closed";
        Directory.CreateDirectory(closed + "/lower");
        File.SetUnixFileMode(closed, (UnixFileMode)0x1C0);
        container.Bundle.Mount("/m", "overlay", "overlay", $"lowerdir={closed}/lower:/etc");
        container.TryCreate().Fails("it cannot use what the option names: ",
            $"permission denied (EACCES)\nhint: the directory {closed} cannot be searched by user 100000, root of the container's user "
            + $"namespace\n");
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("upperdir=@/upper", null, "upperdir needs a workdir")]
    [InlineData("upperdir=@/upper", "workdir=/dev/shm", "workdir must be on the mount that upperdir is on")]
    [InlineData("upperdir=/proc/self", "workdir=/proc/self/fd",
        "upperdir must be on a file system that takes the changes of an overlay, which proc may not do")]
    public void An_overlay_that_is_refused_as_a_whole_has_its_cause(string upper, string? work, string hint)
    {
        Container container = NewContainer().Sleeps();
        Directory.CreateDirectory(container.Directory + "/upper");
        string[] options = work is null ? ["lowerdir=/etc", upper] : ["lowerdir=/etc", upper, work];
        container.Bundle.Mount("/m", "overlay", "overlay",
            System.Array.ConvertAll(options, option => option.Replace("@", container.Directory, System.StringComparison.Ordinal)));
        container.TryCreate().Fails("cannot mount overlay on /m (mounts[7]): invalid argument (EINVAL)\nhint: " + hint);
        container.AssertNothingLeft();
    }

    [Fact]
    public void An_option_with_an_id_that_is_not_mapped_is_told_so_in_a_user_namespace_around_punnet()
    {
        Assert.SkipUnless(System.Environment.OSVersion.Version >= new System.Version(6, 14),
            "older kernels do not say which option of devpts they refuse");
        Container container = NewContainer().Sleeps();
        new Command("/usr/bin/unshare", ["--user", "--map-root-user", "--mount", .. container.CreateCommand().Words]).Run()
            .Fails("\"gid=5\" (mounts[2].options), an id that must be mapped (linux.gidMappings): invalid argument");
        container.AssertNothingLeft();
    }
}
