using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using System.Threading;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A test that makes packages of the binary under test, and trees to install them in.</summary>
public abstract class PackageTest : ContainerTest
{
    /// <summary>The top of the checkout.</summary>
    private protected static string Checkout { get; } = Find();

    private static readonly ConcurrentDictionary<string, Lazy<string>> packages = new(StringComparer.Ordinal);

    /// <summary>The package of a kind, which is made once a run.</summary>
    private protected static string Package(string kind) => packages.GetOrAdd(
        kind, static key => new Lazy<string>(() => Make(key, Workplace.Top + "/packages"), LazyThreadSafetyMode.ExecutionAndPublication)).Value;

    /// <summary>Runs .ci/release/package.</summary>
    /// <returns>The path of the package.</returns>
    private protected static string Make(string kind, string directory)
    {
        Runtime.MustBePunnet();
        Assert.SkipWhen(Environment.GetEnvironmentVariable("PUNNET_VM") is not null, "a package is the same under every kernel");
        return new Command(Checkout + "/.ci/release/package", [kind, Runtime.Path]).With("PACKAGES", directory)
            .Run().Succeeds().Stdout.TrimEnd('\n');
    }

    /// <summary>A file system with a shell and the databases of dpkg.</summary>
    private protected Tree NewTree() => new(NewContainer().Directory + "/tree");

    private static string Find()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(directory.FullName + "/.ci/release/package"))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("there is no .ci/release above " + AppContext.BaseDirectory);
    }

    /// <summary>A small system in a directory.</summary>
    private protected sealed class Tree
    {
        /// <summary>Makes it.</summary>
        public Tree(string path)
        {
            Path = path;
            string[] shared = ["man/man5", "man/man8", "bash-completion/completions", "zsh/site-functions", "fish/vendor_completions.d", "doc",
                "licenses", "lintian/overrides"];
            foreach (string directory in (string[])["bin", "dev", "usr/bin", "usr/sbin", "usr/local/bin", .. shared.Select(name => "usr/share/" + name),
                .. shared.Select(name => "usr/local/share/" + name), "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/rpm"])
            {
                // What others have put there: a package manager removes directories that it has emptied.
                Directory.CreateDirectory(path + "/" + directory);
                File.WriteAllText(path + "/" + directory + "/.kept", "");
            }

            Assert.Equal(0, Syscall.mknod(path + "/dev/null", FilePermissions.S_IFCHR | FilePermissions.DEFFILEMODE, 0x103)); // 1:3

            File.WriteAllText(path + "/var/lib/dpkg/status", "");
            File.Copy(Workplace.Busybox, path + "/bin/busybox");
            foreach (string applet in (string[])["sh", "cp", "rm", "cmp"])
            {
                _ = File.CreateSymbolicLink(path + "/bin/" + applet, "busybox");
            }
        }

        /// <summary>Its directory.</summary>
        public string Path { get; }

        /// <summary>Every file and directory but those of the package managers themselves.</summary>
        public string[] Files() => [.. Directory.EnumerateFileSystemEntries(Path, "*", SearchOption.AllDirectories)
            .Select(file => System.IO.Path.GetRelativePath(Path, file))
            .Where(file => !file.StartsWith("var", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

        /// <summary>A program in it.</summary>
        public void WriteScript(string path, string text)
        {
            File.WriteAllText(Path + path, "#!/bin/sh\n" + text + "\n");
            File.SetUnixFileMode(Path + path, (UnixFileMode)0x1ED);
        }

        /// <summary>Installs a package.</summary>
        /// <returns>The prefix of what it brings.</returns>
        public string Install(string kind, string package)
        {
            switch (kind)
            {
                case "deb":
                    Dpkg("--install", package);
                    return "/usr";
                case "rpm":
                    Rpm("--install", package);
                    return "/usr";
                default:
                    Directory.CreateDirectory(Path + ".unpacked");
                    new Command("/bin/tar", ["--extract", "--strip-components=1", "--directory", Path + ".unpacked", "--file", package])
                        .Run().Succeeds();
                    RunInstall();
                    return "/usr/local";
            }
        }

        /// <summary>Removes what a package has brought.</summary>
        public void Remove(string kind, string package)
        {
            switch (kind)
            {
                case "deb":
                    Dpkg("--remove", "punnet");
                    Dpkg("--purge", "punnet");
                    break;
                case "rpm":
                    Rpm("--erase", "punnet");
                    break;
                default:
                    Assert.True(File.Exists(package));
                    RunInstall("--remove");
                    break;
            }
        }

        /// <summary>dpkg on this tree; what a slim image leaves out is installed here.</summary>
        public void Dpkg(params string[] arguments) => new Command(
            "/usr/bin/dpkg", ["--root=" + Path, "--force-not-root", "--force-depends", "--path-include=/usr/share/*", .. arguments]).Run().Succeeds();

        private void Rpm(params string[] arguments) => new Command(
            "/usr/bin/rpm", ["--root", Path, "--dbpath", "/var/lib/rpm", "--nodeps", "--quiet", .. arguments]).Run().Succeeds();

        private void RunInstall(params string[] arguments) =>
            new Command(Path + ".unpacked/install", arguments).With("DESTDIR", Path).Run().Succeeds();
    }
}
