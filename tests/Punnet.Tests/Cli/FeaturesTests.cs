using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>The JSON of <c>features</c>: what engines ask before they use something.</summary>
public sealed class FeaturesTests
{
    private static readonly string[] options =
    [
        "async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "iversion", "lazytime", "loud", "mand", "noatime",
        "nodev",
        "nodiratime", "noexec", "noiversion", "nolazytime", "nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow", "private",
        "ratime",
        "rbind", "rdev", "rdiratime", "relatime", "remount", "rexec", "rnoatime", "rnodev", "rnodiratime", "rnoexec", "rnorelatime",
        "rnostrictatime", "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave", "rstrictatime",
        "rsuid",
        "rsymfollow", "runbindable", "rw", "shared", "silent", "slave", "strictatime", "suid", "symfollow", "sync", "tmpcopyup",
        "unbindable",
    ];

    [Fact]
    public void Features_is_json_on_stdout_and_silence_on_stderr()
    {
        Outcome outcome = Runtime.Run("features").Succeeds();
        Assert.Equal("", outcome.Stderr);
        PrintedFeatures features = Printed.Features(outcome.Stdout);
        Assert.Equal("1.0.0", features.OciVersionMin);
        Assert.StartsWith("1.", features.OciVersionMax, StringComparison.Ordinal);
    }

    [Fact]
    public void All_six_hooks_are_listed()
    {
        Assert.Equal(["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"], Printed.Features().Hooks);
    }

    [Fact]
    public void Mount_options_are_sorted_and_complete()
    {
        string[] listed = Printed.Features().MountOptions;
        string[] sorted = [.. listed];
        Array.Sort(sorted, StringComparer.Ordinal);
        Assert.Equal(sorted, listed);
        foreach (string option in options)
        {
            Assert.Contains(option, listed);
        }
    }

    [Fact]
    public void Namespaces_are_listed()
    {
        string[] listed = Printed.Features().Linux.Namespaces;
        foreach (string type in new[] { "cgroup", "ipc", "mount", "network", "pid", "user", "uts" })
        {
            Assert.Contains(type, listed);
        }

        if (Runtime.IsPunnet)
        {
            Assert.Contains("time", listed);
        }
    }

    [Fact]
    public void Capabilities_are_listed_by_their_full_names()
    {
        string[] listed = Printed.Features().Linux.Capabilities;
        foreach (string name in new[] { "CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_BPF", "CAP_CHECKPOINT_RESTORE" })
        {
            Assert.Contains(name, listed);
        }
    }

    [Fact]
    public void Cgroup_versions_are_said()
    {
        PrintedCgroupFeatures cgroup = Printed.Features().Linux.Cgroup;
        Assert.True(cgroup.V2);
        if (Runtime.IsPunnet)
        {
            Assert.False(cgroup.V1);
        }
    }

    [Fact]
    public void Idmapped_mounts_are_answered_one_way_or_the_other()
    {
        Runtime.MustBePunnet();
        Assert.NotNull(Printed.Features().Linux.MountExtensions);
    }

    [Fact]
    public void Unsafe_annotations_are_listed()
    {
        Runtime.MustBePunnet();
        Assert.Contains("run.oci.hooks.stdout", Printed.Features().PotentiallyUnsafeConfigAnnotations!);
    }

    [Fact]
    public void Checkpoints_are_announced_where_there_is_a_criu()
    {
        Runtime.MustBePunnet();
        const string Enabled = "\"org.opencontainers.runc.checkpoint.enabled\": ";
        string folder = Directory.CreateDirectory(Path.Combine(Workplace.Top, Workplace.UniqueName())).FullName;
        Assert.Contains(Enabled + "\"false\"", Runtime.Command("features").With("PATH", folder).Run().Succeeds().Stdout,
            StringComparison.Ordinal);
        File.WriteAllText(folder + "/criu", "");
        File.SetUnixFileMode(folder + "/criu", (UnixFileMode)0x1ED);
        Assert.Contains(Enabled + "\"true\"", Runtime.Command("features").With("PATH", folder).Run().Succeeds().Stdout,
            StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Architectures_of_a_profile_are_listed()
    {
        Runtime.MustBePunnet();
        PrintedLinuxFeatures features = Printed.Features().Linux;
        string[] listed = features.Seccomp.Archs;
        string[] sorted = [.. listed];
        Array.Sort(sorted, StringComparer.Ordinal);
        Assert.Equal(sorted, listed);
        Assert.Contains("SCMP_ARCH_X86_64", listed);
        Assert.Contains("SCMP_ARCH_AARCH64", listed);
        Assert.Contains("SCMP_ARCH_LOONGARCH64", listed);
        Assert.True(features.IntelRdt!.Enabled);
    }

    [Fact]
    public void Features_needs_no_state_root()
    {
        string root = Path.Combine(Workplace.Top, Workplace.UniqueName());
        Runtime.Run("--root", root, "features").Succeeds();
        Assert.False(Directory.Exists(root) && Runtime.IsPunnet);
        if (Directory.Exists(root))
        {
            Directory.Delete(root);
        }
    }
}
