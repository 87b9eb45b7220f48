using System.Globalization;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Where the process of an <c>exec</c> lives: in which cgroup, whose child it is, and whose words decide.</summary>
public sealed class ExecPlaceTests : ContainerTest
{
    [Theory]
    [InlineData("below")]
    [InlineData("/below")]
    [InlineData(":below")]
    [InlineData("memory:/below/")]
    public void A_cgroup_below_the_containers_can_be_named(string written)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Directory.CreateDirectory(container.Cgroup + "/below");
        int pid = ExecDetached(container, "--cgroup", written);
        Assert.Equal(container.Cgroup + "/below", CgroupTree.DirectoryOf(pid));
    }

    [Theory]
    [InlineData("nosuch", "/nosuch: it does not exist")]
    [InlineData("../other", "--cgroup \"../other\" does not lead below the container's cgroup")]
    [InlineData("a/../../other", "--cgroup \"a/../../other\" does not lead below the container's cgroup")]
    [InlineData("a//b", "--cgroup \"a//b\" does not lead below the container's cgroup")]
    public void Crun_1_29_Another_place_is_refused(string written, string refusal)
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Sleeps().CreateAndStart();
        container.ExecWith(["--cgroup", written], "true").FailsWith(255, refusal);
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void A_detached_process_belongs_to_the_nearest_subreaper_once_exec_has_returned()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        string pidFile = container.Directory + "/exec.pid";
        Command command = new(
            Workplace.Program("subreaper"),
            [pidFile, Runtime.Path, "--root", container.StateRoot, "exec", "--detach", "--pid-file", pidFile, container.Id, "sleep",
                "1000"])
        {
            Stdout = container.Directory + "/reaper.out",
            Stderr = container.Directory + "/reaper.err",
        };
        Assert.Equal("child 1\n", command.Run().Succeeds().Stdout);
    }

    [Fact]
    public void A_detached_process_of_a_container_with_a_user_namespace_does_too()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.UserNamespace();
        container.CreateAndStart();
        string pidFile = container.Directory + "/exec.pid";
        Command command = new(
            Workplace.Program("subreaper"),
            [pidFile, Runtime.Path, "--root", container.StateRoot, "exec", "--detach", "--pid-file", pidFile, container.Id, "sleep",
                "1000"])
        {
            Stdout = container.Directory + "/reaper.out",
            Stderr = container.Directory + "/reaper.err",
        };
        Assert.Equal("child 1\n", command.Run().Succeeds().Stdout);
    }

    [Fact]
    public void A_process_file_replaces_what_config_json_says_of_the_process()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1000,"umask":63,"additionalGids":[7]}""");
        container.Bundle.Set("process.rlimits", """[{"type":"RLIMIT_NOFILE","soft":77,"hard":77}]""");
        container.Bundle.Set("process.oomScoreAdj", "300");
        container.Bundle.Add("process.env", "\"FROM=config\"");
        container.CreateAndStart();
        string file = container.Directory + "/process.json";
        File.WriteAllText(file, """
            {"args":["sh","-c","id -u; id -G; umask; ulimit -n; cat /proc/self/oom_score_adj; echo $FROM; grep CapEff /proc/self/status"],
             "cwd":"/","env":["PATH=/bin"],"user":{"uid":5,"gid":6},"rlimits":[{"type":"RLIMIT_NOFILE","soft":99,"hard":99}]}
            """);
        // The fields after the ids: no umask of config.json, no score, no variable, no capability.
        string score = File.ReadAllText("/proc/self/oom_score_adj").Trim();
        Assert.Equal(
            $"5\n6\n0022\n99\n{score}\n\nCapEff:\t0000000000000000\n",
            container.Call("exec", "--process", file, container.Id).Succeeds().Stdout);
    }

    [Fact]
    public void Flags_change_only_what_they_name()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1001,"umask":63,"additionalGids":[7]}""");
        container.Bundle.Set("process.cwd", "\"/tmp\"");
        container.CreateAndStart();
        const string Script = "id -u; id -g; id -G; umask; pwd; echo $TERM";
        Assert.Equal("1000\n1001\n1001 7\n0077\n/tmp\nxterm\n", container.Exec("sh", "-c", Script).Succeeds().Stdout);
        Assert.Equal("5\n0\n0 7 9\n0077\n/tmp\nxterm\n", container.ExecWith(["-u", "5", "-g", "9"], "sh", "-c", Script).Succeeds().Stdout);
        Assert.Equal("1000\n1001\n1001 7\n0077\n/etc\ndumb\n",
            container.ExecWith(["--cwd", "/etc", "-e", "TERM=dumb"], "sh", "-c", Script).Succeeds().Stdout);
    }

    private static int ExecDetached(Container container, params string[] flags)
    {
        string pidFile = container.Directory + "/exec.pid";
        Command command = new(
            Runtime.Path,
                ["--root", container.StateRoot, "exec", "--detach", "--pid-file", pidFile, .. flags, container.Id, "sleep", "1000"])
        {
            Stdout = container.Directory + "/exec.out",
            Stderr = container.Directory + "/exec.err",
        };
        command.Run().Succeeds();
        return int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture);
    }
}
