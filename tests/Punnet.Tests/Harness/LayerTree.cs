using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using Mono.Unix.Native;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>Layers for tests: small trees, and whether anything in them has changed.</summary>
internal static class LayerTree
{
    /// <summary>Makes a layer beside a container's bundle, with files that hold their own path and the layer's name.</summary>
    public static string Layer(this Container container, string name, params string[] files)
    {
        string path = container.Directory + "/" + name;
        Directory.CreateDirectory(path);
        foreach (string file in files)
        {
            string full = path + file;
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, file + " of " + name + "\n");
        }

        return path;
    }

    /// <summary>Lets the container's root be written.</summary>
    public static Container Writable(this Container container)
    {
        container.Bundle.Set("root.readonly", "false");
        return container;
    }

    /// <summary>A user namespace whose root is an id of the host, without giving it the root file system.</summary>
    public static Container Maps(this Container container, int host)
    {
        container.Bundle.Namespace("user");
        container.Bundle.Set("linux.uidMappings", $$"""[{"containerID":0,"hostID":{{host}},"size":65536}]""");
        container.Bundle.Set("linux.gidMappings", $$"""[{"containerID":0,"hostID":{{host}},"size":65536}]""");
        return container;
    }

    /// <summary>Everything that a write to a tree would change: names, types, modes, owners, times and contents.</summary>
    public static string Hash(string path)
    {
        List<string> lines = [];
        foreach (string entry in (string[])[path, .. Directory.GetFileSystemEntries(path, "*", SearchOption.AllDirectories)])
        {
            Assert.Equal(0, Syscall.lstat(entry, out Stat stat));
            string content = (stat.st_mode & FilePermissions.S_IFMT) switch
            {
                FilePermissions.S_IFREG => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(entry))),
                FilePermissions.S_IFLNK => new FileInfo(entry).LinkTarget!,
                _ => "",
            };

            // Another root file system's link to the same busybox changes its ctime.
            string changed = (stat.st_mode & FilePermissions.S_IFMT) == FilePermissions.S_IFREG && stat.st_nlink > 1
                ? "" : $"{stat.st_ctime}.{stat.st_ctime_nsec}";
            lines.Add($"{entry} {stat.st_mode} {stat.st_uid}:{stat.st_gid} {stat.st_mtime}.{stat.st_mtime_nsec} {changed} {content}");
        }

        lines.Sort(StringComparer.Ordinal);
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
    }

    /// <summary>What the host's mount table holds now.</summary>
    public static string HostMounts() => File.ReadAllText("/proc/self/mountinfo");
}
