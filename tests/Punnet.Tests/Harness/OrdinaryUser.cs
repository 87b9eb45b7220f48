using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Mono.Unix.Native;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>A user without root's rights, who has a copy of the runtime's binary of its own.</summary>
internal sealed class OrdinaryUser
{
    /// <summary>Its user id, and group id; no other account has them.</summary>
    public const int Id = 61234;

    /// <summary>First of the ids that /etc/subuid and /etc/subgid give it.</summary>
    public const int FirstSubordinate = 700000;

    /// <summary>How many.</summary>
    public const int Subordinates = 65536;

    private static readonly Lazy<string> binary = new(CopyRuntime, LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>The user's own copy of the runtime: whoever is the user may write it.</summary>
    public static string Binary => binary.Value;

    /// <summary>Added to a nearly empty environment.</summary>
    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    /// <summary>sh text that root runs before it becomes the user: <c>echo $$ >…/cgroup.procs;</c>.</summary>
    public string Before { get; set; } = "";

    /// <summary>Capabilities that the user has nevertheless: <c>+sys_admin</c>.</summary>
    public string? Capabilities { get; init; }

    /// <summary>What is mounted over /etc/subuid and /etc/subgid, in a mount namespace of its own; null leaves the machine's.</summary>
    public string? Grants { get; init; }

    /// <summary>
    /// The program and the arguments that start the runtime for it: unshare(1), where an engine has made namespaces before.
    /// </summary>
    public IReadOnlyList<string> Within { get; init; } = [];

    /// <summary>A call of the runtime as this user.</summary>
    public Command Command(IReadOnlyList<string> arguments, string? stdout = null, string? stderr = null)
    {
        return Program([.. Within, Binary, .. arguments], stdout, stderr);
    }

    /// <summary>A call of any program as this user.</summary>
    public Command Program(IReadOnlyList<string> arguments, string? stdout = null, string? stderr = null)
    {
        List<string> words = [];
        string? before = null;
        if (Grants is not null)
        {
            // newuidmap(1) wants its caller in passwd(5).
            string directory = Path.Combine(Workplace.Top, Workplace.UniqueName() + "-etc");
            _ = Directory.CreateDirectory(directory);
            File.WriteAllText(directory + "/passwd", $"root:x:0:0::/root:/bin/sh\ntester:x:{Id}:{Id}::/:/bin/sh\n");
            File.WriteAllText(directory + "/grants", Grants);
            before = $"mount --bind {directory}/passwd /etc/passwd && mount --bind {directory}/grants /etc/subuid && mount --bind "
                + $"{directory}/grants /etc/subgid && exec \"$@\"";
            words.AddRange(["--mount", "--propagation", "private", "/bin/sh", "-c", before, "sh", "/usr/bin/setpriv"]);
        }

        words.AddRange(["--reuid", $"{Id}", "--regid", $"{Id}", "--clear-groups"]);
        if (Capabilities is not null)
        {
            words.AddRange(["--inh-caps", Capabilities, "--ambient-caps", Capabilities]);
        }

        words.AddRange(["/usr/bin/env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]);
        foreach (KeyValuePair<string, string> variable in Environment)
        {
            words.Add(variable.Key + "=" + variable.Value);
        }

        return new Command(before is null ? "/usr/bin/setpriv" : "/usr/bin/unshare", [.. words, .. arguments])
        {
            Before = Before,
            Stdout = stdout,
            Stderr = stderr,
            WorkingDirectory = "/",
        };
    }

    /// <summary>Gives a directory and everything in it to the user; programs that other roots link to are copied before.</summary>
    public static void Give(string directory)
    {
        Assert.Equal(0, Syscall.lchown(directory, Id, Id));
        foreach (string path in Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories))
        {
            // All other tests have the same busybox: Bundle.OwnBusybox.
            Assert.Equal(0, Syscall.lstat(path, out Stat status));
            Assert.Equal(0, Syscall.lstat(Workplace.Busybox, out Stat shared));
            Assert.False((status.st_dev, status.st_ino) == (shared.st_dev, shared.st_ino), path + " is every test's");
            Assert.Equal(0, Syscall.lchown(path, Id, Id));
        }
    }

    private static string CopyRuntime()
    {
        string target = Path.Combine(Workplace.Top, "ordinary-punnet");
        File.Copy(Runtime.Path, target);
        File.SetUnixFileMode(target, (UnixFileMode)0x1ED);
        Assert.Equal(0, Syscall.chown(target, Id, Id));
        return target;
    }
}
