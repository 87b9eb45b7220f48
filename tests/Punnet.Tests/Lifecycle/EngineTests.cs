using System;
using System.Globalization;
using System.IO;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// What containerd, conmon and buildkit do: their argument lists, in their order, with config.json as Docker and Podman write it.
/// </summary>
public sealed class EngineTests : ContainerTest
{
    [Fact]
    public void A_container_as_docker_configures_it_runs()
    {
        Container container = NewContainer();
        container.Bundle.Replace(DockerConfig(container));
        container.RunsScript("""
            hostname; id -u; pwd; echo $HOME; cat /etc/resolv.conf /etc/hostname /etc/hosts
            grep -c -e ' /proc/acpi ' -e ' /sys/firmware ' /proc/self/mountinfo; cat /proc/sys/net/ipv4/ip_unprivileged_port_start
            echo end; sleep 1000
            """);
        container.Create("--no-new-keyring").Start();
        string[] lines = container.WaitForOutput("\n0\nend\n").Split('\n');
        Assert.Equal(["0123456789ab", "0", "/", "/root", "nameserver 127.0.0.11", "0123456789ab", "127.0.0.1 localhost"], lines[..7]);
        int pid = container.Pid;
        MountInfo.At(pid, "/sys/fs/cgroup").Has("ro", "nosuid", "nodev", "noexec");
        MountInfo.At(pid, "/dev/shm").Has("nosuid", "nodev", "noexec");
        // Docker's default list of capabilities.
        Assert.Equal(0xA80425FBul, ProcFile.CapabilitySet(pid, "CapEff"));
        Assert.Equal("0\n", File.ReadAllText($"/proc/{pid}/oom_score_adj"));
        container.Stop().Delete().Succeeds();
    }

    [Fact]
    public void A_container_as_podman_configures_it_runs()
    {
        Container container = NewContainer();
        container.Bundle.Replace(PodmanConfig(container));
        container.RunsScript("""
            hostname; echo $container; cat /etc/hostname; ls /run/.containerenv; cat /data/kept; touch /data/new /tmp/x && echo writable; cat /proc/self/uid_map | tr -s ' '
            sleep 1000
            """);
        container.CreateAndStart();
        string[] lines = container.WaitForOutput("\n 0 ").Split('\n');
        Assert.Equal(["a-pod", "podman", "a-pod", "/run/.containerenv", "kept", "writable"], lines[..6]);
        int pid = container.Pid;
        MountInfo.At(pid, "/data").Has("nosuid", "nodev", "noexec");
        MountInfo.At(pid, "/dev/shm").Has("nosuid", "nodev", "noexec");
        Assert.Equal("0022", ProcFile.Status(pid, "Umask"));
        Assert.Equal(("1024", "2048"), ProcFile.Limit(pid, "Max open files"));
        container.Stop().Delete().Succeeds();
    }

    [Fact]
    public void The_shim_of_containerd_can_live_with_it()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Write();
        string log = container.Bundle.Path + "/log.json";
        string pidFile = container.Bundle.Path + "/init.pid";
        string[] global = ["--root", container.StateRoot, "--log", log, "--log-format", "json"];
        Quiet(container, [.. global, "create", "--bundle", container.Bundle.Path, "--pid-file", pidFile, container.Id]);
        Quiet(container, [.. global, "start", container.Id]);
        int pid = int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture);
        File.WriteAllText(
            container.Directory + "/exec.json", """{"args":["sleep","999"],"cwd":"/","env":["PATH=/bin"],"user":{"uid":0,"gid":0}}""");
        Quiet(container,
            [.. global, "exec", "--process", container.Directory + "/exec.json", "--detach", "--pid-file", container.Directory
            + "/exec.pid", container.Id]);
        string processes = Runtime.Run([.. global, "ps", "--format", "json", container.Id]).Succeeds().Stdout;
        Assert.Equal(2, JsonNode.Parse(processes)!.AsArray().Count);
        Quiet(container, [.. global, "kill", container.Id, "9"]);
        Eventually.True(() => !ProcFile.IsAlive(pid), "init is dead");
        Outcome again = Runtime.Run([.. global, "kill", container.Id, "9"]);
        Assert.Matches("process already finished|container not running|no such process", again.Fails().Stderr);
        Quiet(container, [.. global, "delete", container.Id]);
        Runtime.Run([.. global, "delete", container.Id]).Fails("does not exist");
        Quiet(container, [.. global, "delete", "--force", container.Id]);
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_last_error_of_the_log_is_what_the_shim_reports()
    {
        Container container = NewContainer().Runs("no-such-program");
        container.Bundle.Write();
        string log = container.Bundle.Path + "/log.json";
        _ = Runtime.Run("--root", container.StateRoot, "--log", log, "--log-format", "json", "create", "--bundle", container.Bundle.Path,
            container.Id).Fails();
        string[] lines = File.ReadAllLines(log);
        JsonNode last = JsonNode.Parse(lines[^1])!;
        Assert.Equal("error", (string?)last["level"]);
        Assert.Contains("executable file not found in $PATH", (string?)last["msg"], StringComparison.Ordinal);
    }

    [Fact]
    public void Conmon_finds_the_useful_words_first()
    {
        Container container = NewContainer().Runs("no-such-program");
        container.Bundle.Write();
        Outcome outcome = Runtime.Run("--root", container.StateRoot, "create", "--bundle", container.Bundle.Path, "--pid-file",
            container.PidFile, container.Id).Fails();
        // It reads one chunk of stderr.
        Assert.True(outcome.Stderr.Length < 8191);
        Assert.Contains("executable file not found in $PATH", outcome.Stderr, StringComparison.Ordinal);
    }

    // CRI-O itself is in no Debian: what it does without conmon, as its sources say.
    [Fact]
    public void Cri_o_gets_statuses_documents_and_words_that_it_can_read()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        int pid = container.Pid;
        string[] global = ["--root", container.StateRoot];
        File.WriteAllText(container.Directory + "/exec.json",
            """{"args":["sh","-c","echo out; exit 9"],"cwd":"/","env":["PATH=/bin"],"user":{"uid":0,"gid":0}}""");
        Assert.Equal(
            "out\n", Runtime.Run([.. global, "exec", "--process", container.Directory + "/exec.json", container.Id]).Returns(9).Stdout);
        File.WriteAllText(container.Directory + "/resources.json", "{}");
        new Command(Runtime.Path,
            [.. global, "update", "--resources", "-", container.Id])
        { Stdin = container.Directory + "/resources.json" }.Run().Succeeds();
        PrintedState state = Printed.State(Runtime.Run([.. global, "state", container.Id]).Succeeds().Stdout);
        Assert.Equal((container.Id, pid, "running"), (state.Id, state.Pid, state.Status));

        // It reads both streams as one document.
        Outcome features = Runtime.Run("features").Succeeds();
        Assert.Equal("", features.Stderr);
        Assert.Contains("rro", Printed.Features(features.Stdout).MountOptions);

        Quiet(container, [.. global, "kill", container.Id, "9"]);
        Eventually.True(() => !ProcFile.IsAlive(pid), "init is dead");
        Assert.Matches(
            "no such process|container not running|invalid process", Runtime.Run([.. global, "kill", container.Id, "9"]).Fails().Stderr);
        Quiet(container, [.. global, "delete", "--force", container.Id]);
        container.AssertNothingLeft();
    }

    [Fact]
    public void Conmon_finds_init_in_its_final_cgroup_when_create_returns()
    {
        Container container = NewContainer().Sleeps().Create();
        string created = ProcFile.Cgroup(container.Pid);
        container.Start();
        Assert.Equal(created, ProcFile.Cgroup(container.Pid));
    }

    [Fact]
    public void Buildkit_runs_in_the_foreground_and_keeps_the_cgroup_until_delete()
    {
        Container container = NewContainer().RunsScript("exit 17");
        container.Bundle.Write();
        string log = container.Directory + "/log.json";
        string[] global = ["--root", container.StateRoot, "--log", log, "--log-format", "json"];
        Runtime.Run([.. global, "run", "--bundle", container.Bundle.Path, "--keep", container.Id]).Returns(17);
        Assert.Equal("stopped", container.State().Status);
        Quiet(container, [.. global, "delete", container.Id]);
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_session_keyring_can_be_left_alone()
    {
        Container container = NewContainer().Runs("true");
        container.RunToEnd("--no-new-keyring");
    }

    [Fact]
    public void Listening_sockets_are_handed_over_as_systemd_does_it()
    {
        Container container = NewContainer().RunsScript("echo $LISTEN_FDS $LISTEN_PID; cat <&3; cat <&4");
        File.WriteAllText(container.Directory + "/three", "third");
        File.WriteAllText(container.Directory + "/four", "fourth\n");
        container.Bundle.Write();
        Command command = new(
            Runtime.Path, ["--root", container.StateRoot, "run", "--preserve-fds", "1", "--bundle", container.Bundle.Path, container.Id])
        {
            // sd_listen_fds(3): meant for the runtime, whose pid this shell's becomes.
            Before = "export LISTEN_FDS=1 LISTEN_PID=$$;",
            Redirections = $"3<'{container.Directory}/three' 4<'{container.Directory}/four'",
        };
        Assert.Equal("1 1\nthirdfourth\n", command.Run().Succeeds().Stdout);
    }

    // An engine reads both streams: silence is part of the contract.
    private static void Quiet(Container container, string[] arguments)
    {
        Command command = new(Runtime.Path, arguments)
        { Stdout = container.Directory + "/stdout", Stderr = container.Directory + "/stderr" };
        Outcome outcome = command.Run().Succeeds();
        Assert.Equal("", outcome.Stdout + outcome.Stderr);
    }

    private static string DockerConfig(Container container)
    {
        Write(container, "resolv.conf", "nameserver 127.0.0.11\n");
        Write(container, "hostname", "0123456789ab\n");
        Write(container, "hosts", "127.0.0.1 localhost\n");
        Directory.CreateDirectory(container.Directory + "/shm", (UnixFileMode)0x3FF);
        const string Capabilities = """
            "CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FSETID","CAP_FOWNER","CAP_MKNOD","CAP_NET_RAW","CAP_SETGID","CAP_SETUID","CAP_SETFCAP","CAP_SETPCAP",
            "CAP_NET_BIND_SERVICE","CAP_SYS_CHROOT","CAP_KILL","CAP_AUDIT_WRITE"
            """;
        return $$"""
            { "ociVersion": "1.2.0",
              "process": { "user": { "uid": 0, "gid": 0, "additionalGids": [ 0, 10 ] }, "args": [ "sh" ],
                "env": [ "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=0123456789ab" ], "cwd": "/",
                "capabilities": { "bounding": [ {{Capabilities}} ], "effective": [ {{Capabilities}} ], "permitted": [ {{Capabilities}} ] },
                "oomScoreAdj": 0 },
              "root": { "path": "{{container.Bundle.Rootfs}}" }, "hostname": "0123456789ab",
              "mounts": [
                { "destination": "/proc", "type": "proc", "source": "proc", "options": [ "nosuid", "noexec", "nodev" ] },
                { "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": [ "nosuid", "strictatime", "mode=755", "size=65536k" ] },
                { "destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": [ "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" ] },
                { "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": [ "nosuid", "noexec", "nodev", "ro" ] },
                { "destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": [ "ro", "nosuid", "noexec", "nodev" ] },
                { "destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": [ "nosuid", "noexec", "nodev" ] },
                { "destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": [ "nosuid", "noexec", "nodev", "mode=1777", "size=67108864" ] },
                { "destination": "/etc/resolv.conf", "type": "bind", "source": "{{container.Directory}}/resolv.conf", "options": [ "rbind", "rprivate" ] },
                { "destination": "/etc/hostname", "type": "bind", "source": "{{container.Directory}}/hostname", "options": [ "rbind", "rprivate" ] },
                { "destination": "/etc/hosts", "type": "bind", "source": "{{container.Directory}}/hosts", "options": [ "rbind", "rprivate" ] } ],
              "annotations": { "org.example.engine": "docker" },
              "linux": {
                "sysctl": { "net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647" },
                "cgroupsPath": "/{{container.Id}}-docker",
                "resources": { "devices": [ { "allow": false, "access": "rwm" },
                  { "allow": true, "type": "c", "major": 1, "minor": 5, "access": "rwm" }, { "allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwm" },
                  { "allow": true, "type": "c", "major": 1, "minor": 9, "access": "rwm" }, { "allow": true, "type": "c", "major": 1, "minor": 8, "access": "rwm" },
                  { "allow": true, "type": "c", "major": 5, "minor": 0, "access": "rwm" }, { "allow": true, "type": "c", "major": 5, "minor": 1, "access": "rwm" },
                  { "allow": false, "type": "c", "major": 10, "minor": 229, "access": "rwm" } ] },
                "namespaces": [ { "type": "mount" }, { "type": "network" }, { "type": "uts" }, { "type": "pid" }, { "type": "ipc" }, { "type": "cgroup" } ],
                "maskedPaths": [ "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                  "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap" ],
                "readonlyPaths": [ "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger" ] } }
            """;
    }

    private static string PodmanConfig(Container container)
    {
        Write(container, "hostname", "a-pod\n");
        Write(container, "containerenv", "");
        Directory.CreateDirectory(container.Directory + "/shm", (UnixFileMode)0x3FF);
        Assert.Equal(0, Syscall.chown(container.Directory + "/shm", 100000, 100000));
        Directory.CreateDirectory(container.Bundle.Rootfs + "/data");
        File.WriteAllText(container.Bundle.Rootfs + "/data/kept", "kept\n");
        container.Bundle.GiveRootTo(100000);
        return $$"""
            { "ociVersion": "1.2.1",
              "process": { "user": { "uid": 0, "gid": 0, "umask": 18, "additionalGids": [ 0, 10 ] }, "args": [ "sh" ],
                "env": [ "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "container=podman", "HOME=/root", "HOSTNAME=a-pod" ], "cwd": "/",
                "capabilities": { "bounding": [ "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SETUID" ], "effective": [ "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SETUID" ],
                  "permitted": [ "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SETUID" ] },
                "rlimits": [ { "type": "RLIMIT_NOFILE", "hard": 2048, "soft": 1024 } ] },
              "root": { "path": "{{container.Bundle.Rootfs}}" }, "hostname": "a-pod",
              "mounts": [
                { "destination": "/proc", "type": "proc", "source": "proc", "options": [ "nosuid", "noexec", "nodev" ] },
                { "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": [ "nosuid", "noexec", "strictatime", "mode=755", "size=65536k" ] },
                { "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": [ "nosuid", "noexec", "nodev", "ro" ] },
                { "destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": [ "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" ] },
                { "destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": [ "nosuid", "noexec", "nodev" ] },
                { "destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": [ "rprivate", "nosuid", "noexec", "nodev", "relatime", "ro" ] },
                { "destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": [ "rprivate", "nosuid", "nodev", "noexec", "tmpcopyup", "size=10m" ] },
                { "destination": "/run/.containerenv", "type": "bind", "source": "{{container.Directory}}/containerenv", "options": [ "bind", "rprivate" ] },
                { "destination": "/dev/shm", "type": "bind", "source": "{{container.Directory}}/shm", "options": [ "bind", "rprivate", "nosuid", "noexec", "nodev" ] },
                { "destination": "/etc/hostname", "type": "bind", "source": "{{container.Directory}}/hostname", "options": [ "bind", "rprivate" ] } ],
              "annotations": { "io.container.manager": "libpod", "org.opencontainers.image.stopSignal": "15" },
              "linux": {
                "uidMappings": [ { "containerID": 0, "hostID": 100000, "size": 65536 } ], "gidMappings": [ { "containerID": 0, "hostID": 100000, "size": 65536 } ],
                "sysctl": { "net.ipv4.ping_group_range": "0 0" },
                "cgroupsPath": "/{{container.Id}}-libpod",
                "resources": { "devices": [ { "allow": false, "access": "rwm" } ] },
                "namespaces": [ { "type": "pid" }, { "type": "network" }, { "type": "ipc" }, { "type": "uts" }, { "type": "mount" }, { "type": "cgroup" }, { "type": "user" } ],
                "maskedPaths": [ "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi",
                  "/sys/firmware", "/sys/fs/selinux", "/sys/dev/block" ],
                "readonlyPaths": [ "/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger" ] } }
            """;
    }

    private static void Write(Container container, string name, string text)
    {
        File.WriteAllText($"{container.Directory}/{name}", text);
    }
}
