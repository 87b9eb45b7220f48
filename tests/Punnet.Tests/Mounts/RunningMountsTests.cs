using System;
using System.IO;
using System.Linq;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>mounts add</c> and <c>mounts remove</c>: mounts of a container that runs.</summary>
public sealed class RunningMountsTests : RootlessTest
{
    [Theory]
    [InlineData("running")]
    [InlineData("created")]
    [InlineData("paused")]
    public void They_come_with_their_options_and_go(string status)
    {
        Container container = Writable().Create();
        string list = List(container, Bind(Source(container), "/data", "rbind", "ro", "nosuid"),
            Bind(Source(container) + "/file", "/etc/one", "bind"), Entry("/tmp/new", "tmpfs", "tmpfs", "size=64k", "noexec"));
        Bring(container, status);

        Mounts(container, "add", list).Succeeds();

        MountInfo.At(container.Pid, "/data").Has("ro", "nosuid");
        Assert.Equal("of the host", File.ReadAllText(container.Inside("/data/file")));
        Assert.Equal("of the host", File.ReadAllText(container.Inside("/etc/one")));
        Assert.Equal("tmpfs", MountInfo.At(container.Pid, "/tmp/new").Type);
        Assert.Empty(MountInfo.Below(container.Bundle.Rootfs));

        Mounts(container, "remove", list).Succeeds();
        Assert.DoesNotContain(MountInfo.Of(container.Pid), entry => entry.MountPoint is "/data" or "/etc/one" or "/tmp/new");
        Assert.Equal(status, container.Status);
    }

    [Fact]
    public void After_a_failure_none_of_a_list_is_there()
    {
        Container container = Writable().CreateAndStart();
        Assert.Equal(0, Syscall.symlink("loop", container.Bundle.Rootfs + "/loop"));
        string before = Table(container);

        Mounts(container, "add", List(container, Bind(Source(container), "/data", "rbind"), Bind("/nowhere-at-all", "/more", "rbind")))
            .Fails("cannot mount /nowhere-at-all on /more (mounts[1].source): no such file or directory (ENOENT)");
        Mounts(container, "add", List(container, Bind(Source(container), "/data", "rbind"), Bind(Source(container), "/loop", "rbind")))
            .Fails("on /loop (mounts[1])");

        Assert.Equal(before, Table(container));
    }

    // Otherwise a container could have a mask of its own removed, by a link where the mount is thought to be.
    [Theory]
    [InlineData("/link", "a component is a symbolic link")]
    [InlineData("/directory/kcore", "a component is a symbolic link")]
    [InlineData("/bin", "nothing is mounted there")]
    [InlineData("/nowhere", "no such file or directory (ENOENT)")]
    public void Only_a_mount_that_is_at_the_place_itself_is_removed(string destination, string words)
    {
        Container container = Writable().CreateAndStart();
        Assert.Equal(0, Syscall.symlink("/proc/kcore", container.Bundle.Rootfs + "/link"));
        Assert.Equal(0, Syscall.symlink("/proc", container.Bundle.Rootfs + "/directory"));
        string before = Table(container);

        Mounts(container, "remove", List(container, $$"""{"destination":"{{destination}}"}""")).Fails("(mounts[0]): ", words);
        Assert.Equal(before, Table(container));
    }

    [Theory]
    [InlineData("""{"destination":"/","type":"tmpfs"}""", "mounts[0].destination: \"/\" is the container's root itself")]
    [InlineData("""{"destination":"/x","type":"tmpfs","options":["remount"]}""", "mounts[0]: a remount changes what is there")]
    [InlineData("""{"destination":"/x","type":"cgroup2"}""", "mounts[0]: a cgroup file system")]
    [InlineData("""{"destination":"/x","type":3}""", "[0].type: expected a string, found a number")]
    [InlineData("""{"destination":"/proc/irq","type":"tmpfs"}""", "it would cover a part of /proc that must stay visible")]
    public void What_cannot_be_added_is_named(string entry, string words)
    {
        Container container = Writable().CreateAndStart();
        string before = Table(container);
        string list = List(container, entry);

        Outcome outcome = Mounts(container, "add", list).Fails(words);
        Assert.Contains(words.StartsWith("it", StringComparison.Ordinal) ? "mounts[0]" : list, outcome.Stderr, StringComparison.Ordinal);
        Assert.Equal(before, Table(container));
    }

    [Fact]
    public void A_proc_shows_the_processes_of_the_container()
    {
        Container container = Writable().CreateAndStart();
        Outcome outcome = Mounts(container, "add", List(container, Entry("/run/proc", "proc", "proc")));
        if (outcome.ExitCode != 0)
        {
            // Before Linux 6.18 a procfs is of the pid namespace of the process that mounts it.
            outcome.Fails("on /run/proc (mounts[0])");
            return;
        }

        Assert.Equal("sleep", container.Exec("cat", "/run/proc/1/comm").Succeeds().Stdout.Trim());
        string[] seen = [.. container.Exec("ls", "/run/proc").Succeeds().Stdout.Split('\n').Where(name => int.TryParse(name, out int pid) && pid > 9)];
        Assert.True(seen.Length < 9, string.Join(' ', seen));
    }

    [Fact]
    public void In_a_user_namespace_what_is_made_belongs_to_its_root()
    {
        Container container = Writable();
        container.Bundle.UserNamespace();
        container.CreateAndStart();
        string list = List(container, Bind(Source(container), "/made", "rbind", "ro"), Entry("/mem", "tmpfs", "tmpfs"));

        Mounts(container, "add", list).Succeeds();

        Assert.Equal("of the host", container.Exec("cat", "/made/file").Succeeds().Stdout);
        container.Exec("touch", "/mem/new").Succeeds();
        container.Exec("umount", "/made").Returns(1);
        Mounts(container, "remove", list).Succeeds();
        Assert.True(Syscall.stat(container.Bundle.Rootfs + "/made", out Stat made) == 0 && made.st_uid == 100000);
    }

    [Fact]
    public void A_mount_may_have_ids_of_its_own()
    {
        Container container = Writable().CreateAndStart();
        const string Mapping = """[{"containerID":0,"hostID":5000,"size":100}]""";
        string entry = $$"""
            {"destination":"/data","type":"bind","source":"{{Source(container)}}","options":["bind"],
             "uidMappings":{{Mapping}},"gidMappings":{{Mapping}}}
            """;

        Mounts(container, "add", List(container, entry)).Succeeds();
        Assert.Equal("5000:5000", container.Exec("stat", "-c", "%u:%g", "/data/file").Succeeds().Stdout.Trim());
    }

    [Fact]
    public void An_ordinary_user_adds_and_removes_too()
    {
        Container container = NewRootless();
        container.Sleeps();
        container.Bundle.Set("root.readonly", "false");
        container.CreateAndStart();
        string list = List(container, Bind(Source(container), "/data", "rbind"), Entry("/mem", "tmpfs", "tmpfs"));

        Mounts(container, "add", list).Succeeds();
        Assert.Equal("of the host", container.Exec("cat", "/data/file").Succeeds().Stdout);
        Mounts(container, "remove", list).Succeeds();
        container.Exec("cat", "/data/file").Returns(1);
    }

    [Fact]
    public void A_container_that_has_ended_or_has_no_mounts_of_its_own_is_refused()
    {
        Container ended = NewContainer().Runs("true").CreateAndStart().WaitFor("stopped");
        Mounts(ended, "add", List(ended, Entry("/mem", "tmpfs", "tmpfs"))).Fails("container not running");

        Container shared = NewContainer().Sleeps();
        shared.Bundle.Namespace("mount", present: false);
        shared.Bundle.Set("mounts", "[]");
        shared.Bundle.Remove("linux.maskedPaths");
        shared.Bundle.Remove("linux.readonlyPaths");
        Outcome outcome = shared.TryCreate();
        Assert.SkipUnless(outcome.ExitCode == 0, outcome.Stderr);
        Mounts(shared, "add", List(shared, Entry("/mem", "tmpfs", "tmpfs"))).Fails("no mount namespace of its own");
    }

    private Container Writable()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("root.readonly", "false");
        return container;
    }

    private static void Bring(Container container, string status)
    {
        if (status != "created")
        {
            container.Start();
        }

        if (status == "paused")
        {
            container.Call("pause", container.Id).Succeeds();
        }
    }

    private static Outcome Mounts(Container container, string verb, string list) => container.Call("mounts", verb, container.Id, list);

    private static string Table(Container container) => File.ReadAllText($"/proc/{container.Pid}/mountinfo");

    private static string Source(Container container)
    {
        string source = container.Directory + "/source";
        Directory.CreateDirectory(source);
        File.WriteAllText(source + "/file", "of the host");
        return source;
    }

    private static string Bind(string source, string destination, params string[] options) =>
        Entry(destination, "bind", source, options);

    private static string Entry(string destination, string type, string source, params string[] options) =>
        $$"""{"destination":"{{destination}}","type":"{{type}}","source":"{{source}}","options":[{{string.Join(',', options.Select(static word => '"' + word + '"'))}}]}""";

    private static string List(Container container, params string[] entries)
    {
        string path = container.Directory + "/mounts.json";
        File.WriteAllText(path, "[" + string.Join(',', entries) + "]");
        return path;
    }
}
