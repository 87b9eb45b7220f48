using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// The CVEs that are races for a path: for each step of punnet that looks up a path in the root, an attacker who exchanges two names before
/// every single lookup. Each attack first defeats the step as a shell does it, after a check.
/// </summary>
public sealed class CveRaceTests : ContainerTest
{
    private const string Check = "[ -L $A ] && exit; ";

    [Fact]
    public void CVE_2021_30465_A_mount_point_that_becomes_a_link()
    {
        Race race = NewRace(out Container container);
        container.Bundle.Mount("/shared/a/place", "tmpfs", "tmpfs");
        race.Reset = "mkdir -p $S/a/place $O/place";
        Directory.CreateDirectory(race.Outside + "/place");
        race.Defeats(Check + "mount -t tmpfs tmpfs $S/a/place");
        race.IsLostAgainstRun();
    }

    // Otherwise the container has a procfs without its masks, at another place.
    [Fact]
    public void CVE_2019_19921_The_read_only_paths_of_a_proc_that_is_moved_away()
    {
        Race race = NewRace(out Container container, walks: true);
        (race.One, race.Other) = (container.Bundle.Rootfs + "/proc", container.Bundle.Rootfs + "/other");
        Directory.CreateDirectory(race.Other);
        container.Bundle.Set("linux.readonlyPaths", """["/proc/sys"]""");
        container.Bundle.Set("linux.maskedPaths", """["/proc/keys"]""");
        // Without a fork: the names are exchanged before the lookups of every process that has not executed a program.
        container.RunsScript("""
            for p in /proc /other; do
                [ -e $p/self ] || continue
                [ -c $p/keys ] || echo escaped
                while read -r line; do case "$line" in *" $p/sys ro"*) continue 2;; esac; done <$p/self/mountinfo
                echo escaped
            done
            """);
        race.Defeats("mount -t proc proc $R/proc; mount -t tmpfs -o ro tmpfs $R/proc/sys; "
            + "for p in $R/proc $R/other; do [ ! -e $p/self ] || grep -q \" $p/sys ro\" /proc/self/mountinfo || echo escaped; done");
        race.IsLostAgainstRun();
    }

    [Fact]
    public void CVE_2026_42306_The_place_of_a_volume_that_becomes_a_link()
    {
        Race race = NewRace(out Container container);
        container.Bundle.Mount("/shared/a", "bind", Directory.CreateDirectory(container.Directory + "/volume").FullName, "bind");
        race.Defeats(Check + "mount --bind $S/.. $S/a");
        race.IsLostAgainstRun();
    }

    [Fact]
    public void CVE_2019_19921_A_proc_that_becomes_a_link()
    {
        Race race = NewRace(out Container container);
        race.One = container.Bundle.Rootfs + "/proc";
        race.Defeats(Check + "mount -t proc proc $R/proc");
        race.IsLostAgainstRun();
    }

    [Fact]
    public void CVE_2024_45310_Missing_directories_of_a_mount_point()
    {
        Race race = NewRace(out Container container, walks: true);
        container.Bundle.Mount("/shared/a/new/place", "tmpfs", "tmpfs");
        race.Reset = "rm -rf $S/a/new";
        race.Defeats(Check + "mkdir -p $S/a/new/place");
        race.IsLostAgainstRun();
    }

    [Fact]
    public void CVE_2025_24965_A_missing_file_that_is_mounted_over()
    {
        Race race = NewRace(out Container container);
        container.Bundle.Mount("/shared/a/file", "bind", "/etc/hostname", "bind");
        race.Reset = "rm -f $S/a/file";
        race.Defeats(Check + ": >$S/a/file");
        race.IsLostAgainstRun();
    }

    [Fact]
    public void CVE_2026_47766_The_directory_of_a_device()
    {
        Race race = NewRace(out Container container);
        container.Bundle.Add("linux.devices", """{"type":"c","path":"/shared/a/null","major":1,"minor":3,"uid":7,"gid":7}""");
        race.Reset = "rm -f $S/a/null";
        race.Defeats(Check + "mknod $S/a/null c 1 3; chown 7:7 $S/a/null");
        race.IsLostAgainstRun();
    }

    [Theory]
    [InlineData("ln")]
    [InlineData("ln -s")]
    public void CVE_2026_47766_The_device_that_gets_an_owner(string link)
    {
        Race race = NewRace(out Container container);
        container.Bundle.Add("linux.devices", """{"type":"c","path":"/shared/null","major":1,"minor":3,"uid":7,"gid":7}""");
        (race.One, race.Other) = (race.Shared + "/null", race.Shared + "/link");
        race.Reset = $"rm -f $S/null $S/link; {link} $O/secret $S/link";
        race.Defeats("mknod $S/null c 1 3 && chown 7:7 $S/null");
        race.IsLostAgainstRun();
    }

    [Fact]
    public void CVE_2026_55686_A_working_directory_that_is_made()
    {
        Race race = NewRace(out Container container);
        container.RunsScript("[ -e secret ] || [ -e ../secret ] && echo escaped");
        container.Bundle.Set("process.cwd", "\"/shared/a/work\"");
        race.Reset = "rm -rf $S/a/work";
        race.Defeats(Check + "mkdir $S/a/work; cd $S/a/work; [ -e ../secret ] && echo escaped");
        race.IsLostAgainstRun();
    }

    [Fact]
    public void CVE_2024_21626_A_working_directory_that_exists()
    {
        Race race = NewRace(out Container container);
        container.RunsScript("[ -e secret ] && echo escaped");
        container.Bundle.Set("process.cwd", "\"/shared/a\"");
        race.Defeats(Check + "cd $S/a; [ -e secret ] && echo escaped");
        race.IsLostAgainstRun();
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a/in")]
    public void CVE_2018_15664_What_is_copied_into_a_tmpfs(string exchanged)
    {
        Race race = NewRace(out Container container);
        Directory.CreateDirectory(race.Shared + "/a/in");
        race.One = race.Shared + "/" + exchanged;
        container.RunsScript("for d in /shared/a /shared/b; do [ -e $d/secret ] || [ -e $d/in/secret ] && echo escaped; done");
        container.Bundle.Mount("/shared/a", "tmpfs", "tmpfs", "tmpcopyup");
        race.Defeats(Check + "rm -rf $R/tmp/t; cp -r $A/. $R/tmp/t; [ -e $R/tmp/t/secret ] && echo escaped");
        race.IsLostAgainstRun();
    }

    [Fact]
    public void CVE_2025_62161_The_null_device_behind_a_mask()
    {
        Race race = NewRace(out Container container, walks: true);
        UseAsDev(race, container);
        (race.One, race.Other) = (race.Shared + "/null", race.Shared + "/link");
        race.Reset = "[ -c $S/null ] || mknod -m 666 $S/null c 1 3; ln -sf /etc/bait $S/link";
        File.WriteAllText(container.Bundle.Rootfs + "/etc/bait", "bait");
        File.WriteAllText(container.Bundle.Rootfs + "/etc/secret", "hidden");
        container.Bundle.Set("linux.maskedPaths", """["/etc/secret"]""");
        container.RunsScript("read x </etc/secret && echo escaped $x; [ -s /etc/secret ] && echo escaped");
        race.Defeats("mount --bind $S $R/dev; chroot $R /bin/sh -c "
            + "'PATH=/bin; [ -L /dev/null ] && exit; mount --bind /dev/null /etc/secret; [ -s /etc/secret ] && echo escaped'");
        race.IsLostAgainstRun();
    }

    [Fact]
    public void CVE_2023_27561_A_path_that_becomes_read_only()
    {
        Race race = NewRace(out Container container);
        container.Bundle.Add("linux.readonlyPaths", "\"/shared/a\"");
        race.Defeats(Check + "mount --bind $S/a $S/a; mount -o remount,bind,ro $S/a");
        race.IsLostAgainstRun();
    }

    [Fact]
    public void CVE_2026_41579_The_place_of_a_link_that_is_copied()
    {
        Race race = NewRace(out Container container);
        _ = File.CreateSymbolicLink(container.Directory + "/localtime", "UTC");
        container.Bundle.Mount("/shared/a/etc/localtime", "bind", container.Directory + "/localtime", "bind", "copy-symlink");
        race.Reset = "rm -rf $S/a/etc";
        race.Defeats(Check + "mkdir -p $S/a/etc; ln -s UTC $S/a/etc/localtime");
        race.IsLostAgainstRun();
    }

    [Fact]
    public void CVE_2026_115521_The_dev_that_becomes_read_only()
    {
        Race race = NewRace(out Container container, walks: true);
        (race.One, race.Other) = (container.Bundle.Rootfs + "/dev", container.Bundle.Rootfs + "/link");
        _ = File.CreateSymbolicLink(race.Other, "tmp");
        container.Bundle.Set("mounts[1].options", """["nosuid","size=4320k","ro"]""");
        container.Bundle.Mount("/tmp", "tmpfs", "tmpfs");
        const string Writable = "grep size=4320k /proc/self/mountinfo | grep -q ' rw,.* - ' && echo escaped";
        container.RunsScript(Writable);
        race.Defeats(Check + "mount -t tmpfs -o size=4320k tmpfs $R/dev; mount -t tmpfs tmpfs $R/tmp; mkdir $R/dev/x; [ -L $A ] && exit; "
            + "mount -o remount,bind,ro $R/dev; grep size=4320k /proc/self/mountinfo | grep -q ' rw,.* - ' && echo escaped");
        race.IsLostAgainstRun();
    }

    [Theory]
    [InlineData("/new")]
    [InlineData("/secret")]
    public void CVE_2026_88264_The_console(string target)
    {
        Race race = NewRace(out Container container);
        UseAsDev(race, container);
        (race.One, race.Other) = (race.Shared + "/console", race.Shared + "/link");
        race.Reset = $"[ -e $S/console ] || : >$S/console; ln -sf $O{target} $S/link";
        race.Defeats(Check + ": >>$S/console; mount --bind /dev/null $S/console");
        IsLostWithTerminal(race, container);
    }

    [Fact]
    public void CVE_2025_52565_The_terminal_that_becomes_the_console()
    {
        Race race = NewRace(out Container container);
        UseAsDev(race, container);
        (race.One, race.Other) = (race.Shared + "/pts", race.Shared + "/fake");
        Directory.CreateDirectory(race.Shared + "/pts");
        Directory.CreateDirectory(race.Shared + "/fake");
        File.WriteAllText(race.Shared + "/console", "");
        foreach (string name in new[] { "ptmx", "0" })
        {
            File.WriteAllText($"{race.Shared}/fake/{name}", "escaped");
            Assert.Equal(0, Syscall.mknod($"{race.Shared}/pts/{name}", FilePermissions.S_IFCHR | FilePermissions.ALLPERMS, 0x103));
        }

        race.Defeats("[ -c $S/pts/0 ] && mount --bind $S/pts/0 $S/console; cat $S/console");
        IsLostWithTerminal(race, container);
    }

    // A container that runs changes its files as it likes while they are copied.
    [Theory]
    [InlineData("commit --no-pause --tar LAYER ID")]
    [InlineData("commit --no-pause ID LAYER")]
    public void CVE_2018_15664_What_a_commit_copies(string command)
    {
        Runtime.MustHaveMountCalls();
        Container container = NewContainer();
        container.CreateOn(container.Bundle.Rootfs);
        Race race = new(container) { One = container.Upper() + "/a", Other = container.Upper() + "/b" };
        Directory.CreateDirectory(race.One);
        File.WriteAllText(race.One + "/own", "");
        _ = File.CreateSymbolicLink(race.Other, race.Outside);
        string layer = container.Directory + "/layer";
        race.Reset = $"grep -a -q -r secret {layer} 2>/dev/null && echo escaped; rm -rf {layer}";
        race.Defeats(Check + $"cp -r $A/. {layer}; [ -e {layer}/secret ] && echo escaped");
        string[] words = command.Replace("LAYER", layer, System.StringComparison.Ordinal)
            .Replace("ID", container.Id, System.StringComparison.Ordinal).Split(' ');
        race.IsLostAgainst("all", "exec \"$@\"", container.Command(words).Words);
    }

    // The fourth field of mountinfo is the file or directory that a mount shows.
    private static void IsLostWithTerminal(Race race, Container container)
    {
        container.Sleeps().Bundle.Set("process.terminal", "true");
        using ConsoleSocket socket = new(container.Directory + "/tty.sock", waiting: 1000);
        race.IsLostAgainst("init", $"""
            "$@" && awk '$4 ~ /outside|fake/ && $0 = "escaped: " $0' /proc/$(cat {container.PidFile})/mountinfo
            "$1" "$2" "$3" delete --force {container.Id}; rm -f {container.PidFile}
            """, container.CreateCommand("--console-socket", socket.Path).Words);
    }

    private static void UseAsDev(Race race, Container container)
    {
        container.Bundle.Unmount("/dev");
        string mounts = container.Bundle.Config["mounts"]!.ToJsonString();
        container.Bundle.Set("mounts", "[]");
        container.Bundle.Mount("/dev", "bind", race.Shared, "bind");
        foreach (System.Text.Json.Nodes.JsonNode? mount in System.Text.Json.Nodes.JsonNode.Parse(mounts)!.AsArray())
        {
            container.Bundle.Add("mounts", mount!.ToJsonString());
        }
    }

    private Race NewRace(out Container container, bool walks = false)
    {
        container = NewContainer().Runs("true");
        Race race = new(container, walks);
        container.Bundle.Mount("/shared", "bind", race.Shared, "bind");

        // Each lookup is a run: those that have nothing to do with the attack go.
        foreach (string place in new[] { "/dev/shm", "/dev/mqueue", "/sys/fs/cgroup", "/sys" })
        {
            container.Bundle.Unmount(place);
        }

        container.Bundle.Set("linux.maskedPaths", "[]");
        container.Bundle.Set("linux.readonlyPaths", "[]");
        return race;
    }
}
