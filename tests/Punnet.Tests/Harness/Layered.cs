using System;
using System.Collections.Generic;
using System.IO;
using Mono.Unix.Native;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>A container whose root is stacked: the bundle's root file system below, a kept directory of changes above.</summary>
internal static class Layered
{
    /// <summary>Where the container's changes are.</summary>
    public static string Upper(this Container container)
    {
        return container.Directory + "/upper";
    }

    /// <summary>Lets the container run on layers, the lowest first; without any, on its bundle's root file system.</summary>
    public static string[] Layers(this Container container, params IReadOnlyList<string> layers)
    {
        container.Bundle.Set("root", """{"path":"none","readonly":false}""");
        List<string> flags = ["--upper", container.Upper()];
        foreach (string layer in layers.Count == 0 ? [container.Bundle.Rootfs] : layers)
        {
            flags.AddRange(["--layer", layer]);
        }

        return [.. flags];
    }

    /// <summary>A container that waits for start, with a directory of changes that the test fills by hand.</summary>
    public static Container CreateOn(this Container container, params IReadOnlyList<string> layers)
    {
        Make(container.Upper());
        return container.Sleeps().Create(container.Layers(layers));
    }

    /// <summary>Makes a directory with mode 755, whatever the umask.</summary>
    public static string Make(string path)
    {
        _ = Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, (UnixFileMode)0x1ED);
        return path;
    }

    /// <summary>Makes a whiteout as overlayfs does.</summary>
    public static void Whiteout(string path)
    {
        Assert.Equal(0, Syscall.mknod(path, FilePermissions.S_IFCHR, 0));
    }

    /// <summary>Sets an extended attribute.</summary>
    public static void Attribute(string path, string name, string value)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(value);
        bool isSet = Syscall.lsetxattr(path, name, bytes, (ulong)bytes.Length, XattrFlags.XATTR_AUTO) == 0;
        Assert.SkipUnless(isSet || Stdlib.GetLastError() != Errno.EOPNOTSUPP, "a tmpfs has attributes for users from Linux 6.6 on");
        Assert.True(isSet, $"{path}: {name}: {Stdlib.GetLastError()}");
    }

    /// <summary>Skips a test of user namespaces on layers where the files' system cannot map ids: a tmpfs of an old kernel.</summary>
    public static void MapsIds()
    {
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 6),
            "a tmpfs takes ids of its own from Linux 6.3 on, and attributes for users from 6.6 on");
    }

    /// <summary>Fills a directory: every kind of file, or with "deep" what is deeper than any path.</summary>
    public static void Fill(string directory, string what = "make")
    {
        _ = new Command(Workplace.Program("tree"), [what, directory]).Run().Succeeds();
    }

    /// <summary>All that stat and xattr know of a tree, one line a file.</summary>
    public static string Print(string directory, params IReadOnlyList<string> options)
    {
        return new Command(Workplace.Program("tree"), ["print", directory, .. options]).Run().Succeeds().Stdout;
    }
}
