using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What a container has from the host, and what it has of its own: mounts, namespaces, layers.</summary>
public sealed class CheckpointMountTests : CheckpointTest
{
    [Fact]
    public void The_contents_of_its_memory_file_systems_come_with_it()
    {
        Container container = NewCounter().RunsScript("mkdir /dev/shm/d; echo kept >/dev/shm/d/file; echo own >/cache/file; " + Counting);
        container.Bundle.Mount("/cache", "tmpfs", "tmpfs", "nosuid", "size=1m");
        Restore(Checkpoint(StartCounting(container)));
        Assert.Equal("kept\n", File.ReadAllText(container.Inside("/dev/shm/d/file")));
        Assert.Equal("own\n", File.ReadAllText(container.Inside("/cache/file")));
        container.Exec("sh", "-c", "echo x >/dev/null && head -c 4 /dev/zero | wc -c").Succeeds();
    }

    [Fact]
    public void Bind_mounts_lead_to_the_host_again()
    {
        Container container = NewCounter();
        string host = Directory.CreateDirectory(container.Directory + "/host/below").Parent!.FullName;
        string nested = Directory.CreateDirectory(container.Directory + "/nested").FullName;
        string file = container.Directory + "/file";
        File.WriteAllText(file, "one\n");
        File.CreateSymbolicLink(container.Bundle.Rootfs + "/link", "var/target");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/var/target");
        container.Bundle.Mount("/data", "bind", host, "bind", "rw");
        container.Bundle.Mount("/data/below", "bind", nested, "bind", "ro", "nodev");
        container.Bundle.Mount("/link", "bind", nested, "rbind", "rw");
        container.Bundle.Mount("/etc/file", "bind", file, "bind", "ro");
        container.Bundle.Mount("/a b\\c", "bind", nested, "bind", "ro");
        Checkpoint(StartCounting(container));
        File.WriteAllText(host + "/late", "late\n");
        File.WriteAllText(nested + "/late", "nested\n");
        Restore(container);
        Assert.Equal("late\n", File.ReadAllText(container.Inside("/data/late")));
        Assert.Equal("nested\n", File.ReadAllText(container.Inside("/data/below/late")));
        Assert.Equal("nested\n", File.ReadAllText(container.Inside("/var/target/late")));
        Assert.Equal("nested\n", File.ReadAllText(container.Inside("/a b\\c/late")));
        Assert.Equal("one\n", File.ReadAllText(container.Inside("/etc/file")));
        Assert.Contains("ro", MountInfo.At(container.Pid, "/data/below").Options);
        Assert.Contains("nodev", MountInfo.At(container.Pid, "/data/below").Options);
        Assert.Contains("ro", MountInfo.At(container.Pid, "/etc/file").Options);
        Assert.Contains("rw", MountInfo.At(container.Pid, "/data").Options);
        container.Stop();
        container.Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_mount_below_a_recursive_bind_comes_from_the_host_too()
    {
        Container container = NewCounter();
        string host = Directory.CreateDirectory(container.Directory + "/host/below").Parent!.FullName;
        new Command("mount", ["-t", "tmpfs", "tmpfs", host + "/below"]).Run().Succeeds();
        try
        {
            File.WriteAllText(host + "/below/file", "deep\n");
            container.Bundle.Mount("/data", "bind", host, "rbind", "rw");
            TryCheckpoint(StartCounting(container)).Succeeds();
            Restore(container);
            Assert.Equal("deep\n", File.ReadAllText(container.Inside("/data/below/file")));
            container.Delete("--force").Succeeds();
        }
        finally
        {
            new Command("umount", ["-l", host + "/below"]).Run().Succeeds();
        }
    }

    [Fact]
    public void Masked_and_read_only_paths_stay_so()
    {
        Container container = NewCounter();
        container.Bundle.Mount("/data", "bind", Directory.CreateDirectory(container.Directory + "/host/secret").Parent!.FullName, "bind");
        File.WriteAllText(container.Directory + "/host/secret/key", "secret\n");
        File.WriteAllText(container.Directory + "/host/file", "secret\n");
        container.Bundle.Add("linux.maskedPaths", "\"/data/secret\"");
        container.Bundle.Add("linux.maskedPaths", "\"/data/file\"");
        Checkpoint(StartCounting(container));
        Restore(container);
        Assert.Equal("", container.Exec("cat", "/data/file", "/proc/keys").Succeeds().Stdout);
        Assert.Equal("", container.Exec("ls", "/data/secret", "/sys/firmware").Succeeds().Stdout.Replace("/data/secret:", "",
            StringComparison.Ordinal).Replace("/sys/firmware:", "", StringComparison.Ordinal).Trim());
        Assert.Contains("ro", MountInfo.At(container.Pid, "/proc/sys").Options);
        Assert.NotEqual(0, container.Exec("sh", "-c", "echo 1 >/proc/sys/kernel/panic").ExitCode);
    }

    [Fact]
    public void A_network_namespace_that_it_has_joined_is_joined_again()
    {
        string name = Workplace.UniqueName();
        new Command("ip", ["netns", "add", name]).Run().Succeeds();
        try
        {
            Container container = NewCounter();
            container.Bundle.Namespace("network", "/run/netns/" + name);
            Checkpoint(StartCounting(container));
            Restore(container);
            AssertCountsOn(container, 3);
            Assert.Equal(
                new Command("stat", ["-L", "-c", "net:[%i]", "/run/netns/" + name]).Run().Succeeds().Stdout.Trim(),
                ProcFile.Namespace(container.Pid, "net"));
            container.Delete("--force").Succeeds();
        }
        finally
        {
            new Command("ip", ["netns", "delete", name]).Run().Succeeds();
        }
    }

    [Fact]
    public void The_namespaces_of_a_pod_are_joined_again()
    {
        Container pod = NewContainer().Sleeps().CreateAndStart();
        Container container = NewCounter();
        foreach ((string type, string file) in new[] { ("network", "net"), ("ipc", "ipc"), ("uts", "uts") })
        {
            container.Bundle.Namespace(type, $"/proc/{pod.Pid}/ns/{file}");
        }

        container.Bundle.Remove("hostname");
        Checkpoint(StartCounting(container));
        Restore(container);
        AssertCountsOn(container, 3);
        foreach (string file in new[] { "net", "ipc", "uts" })
        {
            Assert.Equal(ProcFile.Namespace(pod.Pid, file), ProcFile.Namespace(container.Pid, file));
        }
    }

    [Fact]
    public void A_container_with_its_own_user_namespace_keeps_its_ids()
    {
        Container container = NewCounter();
        container.Bundle.UserNamespace();
        Checkpoint(StartCounting(container));
        int before = Count(container.Bundle);
        Restore(container);
        AssertCountsOn(container, before);
        Assert.StartsWith("100000\t", ProcFile.Status(container.Pid, "Uid"), StringComparison.Ordinal);
        Assert.Equal("0\n", container.Exec("id", "-u").Succeeds().Stdout);
    }

    [Fact]
    public void A_filter_is_kept()
    {
        Container container = NewCounter();
        container.Bundle.Set("linux.seccomp",
            """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["chmod","fchmodat","fchmodat2"],"action":"SCMP_ACT_ERRNO"}]}""");
        container.RunsScript("trap 'chmod 600 /count; echo $? >/answer' USR1; " + Counting);
        Restore(Checkpoint(StartCounting(container)));
        Assert.Equal("2", ProcFile.Status(container.Pid, "Seccomp"));
        container.Kill("USR1").Succeeds();
        Eventually.True(() => File.Exists(container.Bundle.Rootfs + "/answer")
            && File.ReadAllText(container.Bundle.Rootfs + "/answer") == "1\n", "chmod is refused");
    }

    [Fact]
    public void Layers_are_stacked_again()
    {
        Container container = NewCounter();
        string upper = container.Directory + "/upper";
        Directory.CreateDirectory(upper);
        container.Bundle.SetText("root.path", "merged");
        Directory.CreateDirectory(container.Bundle.Path + "/merged");
        string[] flags = ["--layer", container.Bundle.Rootfs, "--upper", upper];
        Detached(container, "run", flags).Run().Succeeds();
        Eventually.True(() => File.Exists(upper + "/count") && File.ReadAllLines(upper + "/count").Length > 2, "it counts");
        Checkpoint(container);
        int before = File.ReadAllLines(upper + "/count").Length;
        Restore(container, flags);
        Eventually.True(() => File.ReadAllLines(upper + "/count").Length > before + 2, "it counts on");
        string[] lines = File.ReadAllLines(upper + "/count");
        Assert.Equal($"{lines.Length}", lines[^1]);
        Assert.Equal("overlay", MountInfo.At(container.Pid, "/").Type);
        Assert.False(File.Exists(container.Bundle.Rootfs + "/count"));
        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void What_criu_would_restore_otherwise_is_refused()
    {
        Container container = NewCounter();
        StartCounting(container);
        container.Bundle.Mount("/data", "bind", container.Directory, "bind");
        container.Bundle.Set("mounts[7].uidMappings", """[{"containerID":0,"hostID":1000,"size":1}]""");
        container.Bundle.Set("mounts[7].gidMappings", """[{"containerID":0,"hostID":1000,"size":1}]""");
        container.Bundle.Write();
        TryCheckpoint(container).Fails("mounts[7]: criu cannot restore a mount with ids of its own");
        Assert.Equal("running", container.Status);
    }
}
