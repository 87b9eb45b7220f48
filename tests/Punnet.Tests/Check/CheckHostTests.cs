using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What a <c>create</c> would find only on the host, or in the files of the container, which are hostile.</summary>
public sealed class CheckHostTests : CheckTest
{
    [Theory]
    [InlineData("root.path = \"nosuch\"", "root.path: cannot use the root file system ")]
    [InlineData("root.path = \"config.json\"", "root.path: cannot use the root file system ")]
    [InlineData("process.args = [\"nosuch\"]", "process.args[0]: exec: \"nosuch\": executable file not found in $PATH")]
    [InlineData("process.args = [\"/nosuch\"]", "process.args[0]: exec: \"/nosuch\": no such file or directory (ENOENT)")]
    [InlineData("process.args = [\"/bin\"]", "process.args[0]: exec: \"/bin\": is a directory (EISDIR)")]
    [InlineData("process.args = [\"/etc/passwd\"]", "process.args[0]: exec: \"/etc/passwd\": permission denied (EACCES)")]
    [InlineData("process.cwd = \"/bin/busybox\"",
        "process.cwd: chdir to cwd (\"/bin/busybox\") set in config.json: not a directory (ENOTDIR)")]
    [InlineData("process.apparmorProfile = \"x\"", "process.apparmorProfile: ")]
    [InlineData("process.selinuxLabel = \"x\"", "process.selinuxLabel: ")]
    [InlineData("linux.mountLabel = \"x\"", "linux.mountLabel: ")]
    [InlineData("mounts + {\"destination\":\"/tmp\",\"type\":\"bind\",\"source\":\"/nosuch\"}",
        "mounts[7].source: cannot mount /nosuch on /tmp: no such file or directory (ENOENT)")]
    [InlineData("mounts + {\"destination\":\"/etc/passwd\",\"type\":\"bind\",\"source\":\"/tmp\"}",
        "mounts[7]: cannot mount /tmp on /etc/passwd: a directory goes on a directory")]
    [InlineData("mounts + {\"destination\":\"/tmp\",\"type\":\"bind\",\"source\":\"/etc/passwd\"}",
        "mounts[7]: cannot mount /etc/passwd on /tmp: a directory goes on a directory")]
    [InlineData("linux.namespaces[0] = {\"type\":\"pid\",\"path\":\"/nosuch\"}",
        "linux.namespaces[0].path: cannot open /nosuch: no such file")]
    [InlineData("linux.namespaces[0] = {\"type\":\"pid\",\"path\":\"/proc/self/ns/uts\"}",
        "linux.namespaces[0].path: /proc/self/ns/uts is a uts namespace")]
    [InlineData("linux.sysctl = {\"net.ipv4.nosuch\":\"1\"}",
        "linux.sysctl[\"net.ipv4.nosuch\"]: cannot set net.ipv4.nosuch to \"1\": no such file")]
    [InlineData("linux.resources.rdma = {\"mlx\":{\"hcaHandles\":1}}",
        "linux.resources.rdma[\"mlx\"]: cannot set rdma.max: the controller rdma is not available")]
    [InlineData("hooks.createRuntime = [{\"path\":\"/nosuch\"}]",
        "hooks.createRuntime[0].path: createRuntime hook #0 cannot be run: /nosuch: no such file")]
    [InlineData("hooks.createContainer = [{\"path\":\"/etc/passwd\"}]",
        "hooks.createContainer[0].path: createContainer hook #0 cannot be run: /etc/passwd: permission denied")]
    [InlineData("hooks.startContainer = [{\"path\":\"/bin/nosuch\"}]",
        "hooks.startContainer[0].path: startContainer hook #0 cannot be run: /bin/nosuch: no such file")]
    public void What_is_not_there_is_an_error(string change, string error)
    {
        if (change.Contains("rdma", StringComparison.Ordinal))
        {
            Assert.SkipWhen(CgroupTree.Offers("rdma"), "this host has the controller");
        }

        Assert.SkipWhen(
            (change.Contains("apparmor", StringComparison.Ordinal) && File.Exists("/sys/module/apparmor/parameters/enabled"))
            || (change.Contains("abel", StringComparison.Ordinal) && Directory.Exists("/sys/fs/selinux/booleans")),
            "this host has the security module");
        PrintedFinding found = AssertOnly(NewChanged(change), "error: " + error);
        Assert.DoesNotContain("(" + found.Place + ")", found.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("root.path = \"nosuch\"")]
    [InlineData("process.args = [\"nosuch\"]")]
    [InlineData("process.args = [\"/bin\"]")]
    [InlineData("process.args = [\"/etc/passwd\"]")]
    [InlineData("process.cwd = \"/bin/busybox\"")]
    [InlineData("mounts + {\"destination\":\"/tmp\",\"type\":\"bind\",\"source\":\"/nosuch\"}")]
    [InlineData("linux.namespaces[0] = {\"type\":\"pid\",\"path\":\"/nosuch\"}")]
    [InlineData("linux.sysctl = {\"net.ipv4.nosuch\":\"1\"}")]
    [InlineData("hooks.createRuntime = [{\"path\":\"/nosuch\"}]")]
    public void Create_says_the_same_of_it(string change)
    {
        Container container = NewChanged(change);
        string problem = Assert.Single(Check(container).Findings).Problem;
        string said = container.TryCreate().Fails().Stderr.Split('\n')[0];
        string sentence = said.Split("config.json: ")[^1].Split("path: ")[^1].Replace("punnet: create: ", "", StringComparison.Ordinal);
        Assert.StartsWith(problem.Split(": ")[0], sentence, StringComparison.Ordinal);
        Assert.EndsWith(problem.Split(": ")[^1], said.Replace(" (process.args[0])", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("#!/nosuch\n", "the interpreter /nosuch that /bin/program names in its first line is not in the container")]
    [InlineData("#! /bin/second x\n", "the interpreter /nosuch that an interpreter of /bin/program names is not in the container")]
    [InlineData("#!/bin/sh\r\n", "the interpreter /bin/sh\r that /bin/program names in its first line is not in the container")]
    [InlineData("", "exec /bin/program: exec format error (ENOEXEC)")]
    [InlineData("hello", "exec /bin/program: exec format error (ENOEXEC)")]
    public void An_interpreter_must_be_in_the_container(string text, string problem)
    {
        Assert.SkipWhen(
            Directory.Exists("/proc/sys/fs/binfmt_misc") && Directory.GetFiles("/proc/sys/fs/binfmt_misc").Length > 2, "binfmt_misc may run it");
        Container container = NewChanged("process.args = [\"program\"]");
        container.Bundle.WriteScript("/bin/program", text);
        container.Bundle.WriteScript("/bin/second", "#!/nosuch\n");
        PrintedFinding found = Assert.Single(Check(container).Findings);
        Assert.StartsWith("error: process.args[0]: " + problem, found.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void So_must_the_loader_of_a_program()
    {
        Container container = NewChanged("process.args = [\"/bin/program\"]");
        File.Copy("/bin/ls", container.Bundle.Rootfs + "/bin/program");
        string loader = Runtime.IsArm64 ? "/lib/ld-linux-aarch64.so.1" : "/lib64/ld-linux-x86-64.so.2";
        AssertOnly(container, $"error: process.args[0]: the interpreter {loader} that /bin/program names in its ELF header");
    }

    [Theory]
    [InlineData("../../../../../../../../bin")] // of the host
    [InlineData("/proc/self/root/bin")]
    [InlineData("loop")]
    public void A_link_does_not_lead_out_of_the_root(string target)
    {
        Container container = NewChanged("process.args = [\"/tmp/loop/dash\"]");
        _ = File.CreateSymbolicLink(container.Bundle.Rootfs + "/tmp/loop", target);
        Assert.True(File.Exists("/bin/dash"));
        PrintedCheck report = Check(container);

        // Below /proc the container's own decides, which is not there yet.
        Assert.Equal(target.StartsWith("/proc", StringComparison.Ordinal) ? 0 : 1, report.Errors);
    }

    [Fact]
    public void A_fifo_in_the_place_of_a_program_is_not_waited_for()
    {
        Container container = NewChanged("process.args = [\"/tmp/fifo\"]");
        Assert.Equal(0, Syscall.mkfifo(container.Bundle.Rootfs + "/tmp/fifo", (FilePermissions)0x1FF));
        AssertOnly(container, "error: process.args[0]: exec: \"/tmp/fifo\": permission denied (EACCES)");
    }

    [Fact]
    public void A_program_may_be_in_a_mount()
    {
        Container bound = NewChanged("process.args = [\"/opt/link/true\"]");
        _ = Directory.CreateDirectory(bound.Directory + "/volume/bin");
        File.Copy(Workplace.Busybox, bound.Directory + "/volume/bin/true");
        _ = File.CreateSymbolicLink(bound.Directory + "/volume/link", "/opt/bin");
        bound.Bundle.Mount("/opt", "bind", bound.Directory + "/volume", "rbind");
        Assert.Equal([], Check(bound).Findings);
        bound.Bundle.Set("process.args", "[\"/opt/link/false\"]");
        AssertOnly(bound, "error: process.args[0]: exec: \"/opt/link/false\": no such file");

        // What a file system that is not mounted yet holds, nobody knows.
        bound.Bundle.Mount("/opt/bin", "tmpfs", "tmpfs");
        Assert.Equal([], Check(bound).Findings);
    }

    [Fact]
    public void A_source_may_be_a_mount_point_that_create_makes()
    {
        Container container = NewContainer();
        container.Bundle.Set("root.readonly", "false");
        container.Bundle.Mount("/new", "tmpfs", "tmpfs");
        container.Bundle.Mount("/again", "bind", container.Bundle.Rootfs + "/new", "rbind");
        Assert.Equal([], Check(container).Findings);
        container.Runs("true").RunToEnd();
    }

    [Fact]
    public void Ids_must_be_mapped()
    {
        Container container = NewChanged(
            "process.user = {\"uid\":70000,\"gid\":0,\"additionalGids\":[0,70001]}", "process.capabilities = {}",
            "mounts + {\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"options\":[\"mode=700\",\"uid=70002\"]}");
        container.Bundle.UserNamespace();
        PrintedCheck report = Check(container);
        Assert.Equal(
            ["process.user.uid", "process.user.additionalGids[1]", "mounts[7].options[1]"],
            report.Findings.ConvertAll(static found => found.Place));
        Assert.Equal(3, report.Errors);
        container.TryCreate().Fails();
        container.Bundle.Set("linux.uidMappings[0].containerID", "1");
        AssertAmong(container, "error: linux.uidMappings: user 0 is not mapped");
    }

    [Fact]
    public void The_files_of_layers_are_not_looked_for()
    {
        Container container = NewChanged("process.args = [\"nosuch\"]");
        container.Bundle.Set("annotations", "{\"org.punnet.rootfs.upper-tmpfs\":\"64M\"}");
        Assert.Equal(0, Check(container).Errors);
        container.Bundle.Set("annotations", "{\"org.punnet.rootfs.uper\":\"64M\"}");
        AssertAmong(container, "error: annotations[\"org.punnet.rootfs.uper\"]: is not known");
    }
}
