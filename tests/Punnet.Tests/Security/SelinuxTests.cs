using System;
using System.IO;
using System.Text;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>SELinux, enforced: <c>tests/vm/run --selinux</c>, whose policy is tests/vm/selinux.cil.</summary>
public sealed class SelinuxTests : ContainerTest
{
    private const string Program = "system_u:system_r:container_t:s0:c1,c2";
    private const string Other = "system_u:system_r:other_t:s0:c3";
    private const string Files = "system_u:object_r:container_file_t:s0:c1,c2";
    private const string Host = "system_u:object_r:host_t:s0";

    /// <summary>Skips everything where there is no SELinux.</summary>
    public SelinuxTests()
    {
        Assert.SkipUnless(File.Exists("/sys/fs/selinux/enforce"), "needs SELinux: tests/run --selinux");
        Assert.Equal("1", File.ReadAllText("/sys/fs/selinux/enforce"));
    }

    [Fact]
    public void The_label_of_the_process_is_the_containers_and_that_of_an_exec()
    {
        Container container = Labelled().Sleeps();
        container.CreateAndStart();

        Assert.Equal(Program, LabelOf(container.Pid));
        Assert.Equal(Program + "\0", container.Exec("cat", "/proc/self/attr/current").Succeeds().Stdout);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void A_created_container_has_the_label_once_its_program_runs(string noNewPrivileges)
    {
        Container container = Labelled().Sleeps();
        container.Bundle.Set("process.noNewPrivileges", noNewPrivileges);
        container.Create();
        string before = LabelOf(container.Pid);
        container.Start();

        Assert.Equal("system_u:system_r:host_t:s0", before);
        Eventually.True(() => LabelOf(container.Pid) == Program, "the program has its label");
    }

    [Fact]
    public void An_exec_may_have_a_label_of_its_own()
    {
        Container container = Labelled().Sleeps();
        container.CreateAndStart();
        string file = container.Directory + "/process.json";
        File.WriteAllText(
            file, $$"""{"cwd":"/","args":["/bin/cat","/proc/self/attr/current"],"user":{"uid":0,"gid":0},"selinuxLabel":"{{Other}}"}""");

        Assert.Equal(Other + "\0", container.ExecWith(["--process-label", Other], "cat", "/proc/self/attr/current").Succeeds().Stdout);
        Assert.Equal(Other + "\0", container.Call("exec", "--process", file, container.Id).Succeeds().Stdout);
    }

    [Fact]
    public void In_a_user_namespace_labels_are_the_same()
    {
        Container container = Labelled().Sleeps();
        container.Bundle.UserNamespace();
        container.CreateAndStart();

        Assert.Equal(Program, LabelOf(container.Pid));
        Assert.Equal(Files, LabelOf(container.Inside("/dev/shm")));
        Assert.Equal(Files, LabelOf(container.Inside("/dev/mqueue")));
    }

    [Fact]
    public void The_file_systems_of_the_container_have_the_label_of_mounts()
    {
        Container container = Labelled().RunsScript("touch /dev/shm/new; echo ready; exec sleep 1000");
        container.Bundle.Mount("/copied", "tmpfs", "tmpfs", "tmpcopyup");
        _ = Directory.CreateDirectory(container.Bundle.Rootfs + "/copied");
        File.WriteAllText(container.Bundle.Rootfs + "/copied/file", "text");
        container.CreateAndStart().WaitForOutput("ready");

        foreach (string path in new[] { "/dev", "/dev/null", "/dev/pts", "/dev/shm", "/dev/shm/new", "/dev/mqueue", "/copied",
            "/copied/file", "/sys/firmware" })
        {
            Assert.Equal((path, Files), (path, LabelOf(container.Inside(path))));
        }

        // What has a label of its own keeps it: the root is the bundle's, and procfs and sysfs are the kernel's.
        foreach (string path in new[] { "/", "/bin", "/proc", "/sys", "/sys/fs/cgroup" })
        {
            Assert.Equal((path, Host), (path, LabelOf(container.Inside(path))));
        }
    }

    [Fact]
    public void A_bind_keeps_the_label_of_its_source()
    {
        Container container = Labelled().Sleeps();
        string source = container.Directory + "/source";
        _ = Directory.CreateDirectory(source);
        Layered.Attribute(source, "security.selinux", "system_u:object_r:container_file_t:s0:c3");
        container.Bundle.Mount("/bound", "bind", source, "rbind");
        container.CreateAndStart();

        Assert.Equal("system_u:object_r:container_file_t:s0:c3", LabelOf(container.Inside("/bound")));
    }

    [Fact]
    public void A_root_of_layers_and_an_overlay_mount_have_the_label_too()
    {
        Container container = Labelled().RunsScript("echo x >/mnt/new && echo y >/new && echo ready && exec sleep 1000");
        container.Bundle.Set("root.readonly", "false");
        foreach (string name in new[] { "low", "up", "work" })
        {
            _ = Directory.CreateDirectory(container.Directory + "/" + name);
        }

        string top = container.Directory;
        container.Bundle.Mount("/mnt", "overlay", "overlay", $"lowerdir={top}/low", $"upperdir={top}/up", $"workdir={top}/work");
        container.CreateAndStart("--layer", container.Layer("layer", "/of-layer")).WaitForOutput("ready");

        foreach (string path in new[] { "/", "/of-layer", "/new", "/mnt", "/mnt/new" })
        {
            Assert.Equal((path, Files), (path, LabelOf(container.Inside(path))));
        }
    }

    [Theory]
    [InlineData("rootcontext", Files, Host)]
    [InlineData("context", Files, Files)]
    public void Another_kind_of_label_may_be_asked_for(string kind, string ofRoot, string ofFile)
    {
        Container container = Labelled().RunsScript("touch /mnt/new; echo ready; exec sleep 1000");
        container.Bundle.Mount("/mnt", "tmpfs", "tmpfs");
        container.Bundle.Set("annotations", $$"""{"run.oci.mount_context_type":"{{kind}}"}""");
        container.Bundle.Remove("process.selinuxLabel");
        container.CreateAndStart().WaitForOutput("ready");

        Assert.Equal(ofRoot, LabelOf(container.Inside("/mnt")));
        // fs_use_trans: a file takes the type of its directory where no context is forced on the whole file system.
        Assert.Equal(kind == "context" ? ofFile : "system_u:object_r:container_file_t:s0", LabelOf(container.Inside("/mnt/new")));
    }

    [Fact]
    public void The_session_keyring_has_the_label_of_the_process()
    {
        Container container = Labelled().RunsScript("/keys label; exec sleep 1000");
        File.Copy(Workplace.Program("keys"), container.Bundle.Rootfs + "/keys");
        container.CreateAndStart().WaitForOutput("\n");

        Assert.Equal(Program + "\n", container.Output);
        Assert.Equal(Program + "\n", container.Exec("/keys", "label").Succeeds().Stdout);
    }

    [Fact]
    public void What_the_policy_does_not_let_the_label_do_is_refused()
    {
        Container container = Labelled().RunsScript("mkdir /mnt/new");
        container.Bundle.Mount("/mnt", "tmpfs", "tmpfs", "context=system_u:object_r:sealed_t:s0");
        container.Bundle.Remove("linux.mountLabel");
        container.Run().Fails("can't create directory '/mnt/new': Permission denied");
    }

    [Theory]
    [InlineData("process.selinuxLabel", "system_u:system_r:nobody_t:s0",
        "cannot set the label \"system_u:system_r:nobody_t:s0\" (process.selinuxLabel)")]
    [InlineData("process.selinuxLabel", "no label", "cannot set the label \"no label\" (process.selinuxLabel)")]
    [InlineData("linux.mountLabel", "system_u:object_r:nothing_t:s0",
        "cannot label mounts with \"system_u:object_r:nothing_t:s0\" (linux.mountLabel)")]
    [InlineData("linux.mountLabel", "system_u:object_r:container_file_t",
        "cannot label mounts with \"system_u:object_r:container_file_t\" (linux.mountLabel)")]
    public void A_label_that_the_policy_does_not_know_is_refused_with_its_place(string place, string label, string expected)
    {
        Container container = Labelled().Sleeps();
        container.Bundle.SetText(place, label);
        Assert.Equal(
            $"punnet: create: {expected}: the SELinux policy of this host does not know it\n", container.TryCreate().Fails().Stderr);
        container.AssertNothingLeft();
    }

    [Fact]
    public void An_exec_with_an_unknown_label_fails_in_the_same_words_and_leaves_the_container()
    {
        Container container = Labelled().Sleeps();
        container.CreateAndStart();
        container.ExecWith(["--process-label", "no label"], "true")
            .FailsWith(255, "cannot set the label \"no label\" (process.selinuxLabel): the SELinux policy of this host does not know it");
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void A_program_that_the_policy_does_not_let_start_with_the_label_is_told_with_a_hint()
    {
        const string Label = "system_u:system_r:forbidden_t:s0";
        const string Hint = "\nhint: the SELinux policy may not let punnet start a program as " + Label + " (process.selinuxLabel)\n";
        Container container = Labelled().Sleeps();
        container.Bundle.SetText("process.selinuxLabel", Label);
        container.Run().Fails("exec /bin/sleep: permission denied (EACCES)" + Hint);
        container.AssertNothingLeft();

        Container created = Labelled().Sleeps();
        created.Bundle.SetText("process.selinuxLabel", Label);
        created.Create();
        created.Call("start", created.Id).Fails("exec /bin/sleep: permission denied (EACCES)" + Hint);
        created.Delete("--force");
        created.AssertNothingLeft();
    }

    [Fact]
    public void A_mount_that_the_policy_does_not_let_have_the_label_is_told_with_a_hint()
    {
        Container container = Labelled().Sleeps();
        container.Bundle.SetText("linux.mountLabel", "system_u:object_r:unmountable_t:s0");
        container.TryCreate().Fails(
            "cannot mount tmpfs on /dev (mounts[1]): permission denied (EACCES)",
            "\nhint: the SELinux policy may not allow a mount with context=system_u:object_r:unmountable_t:s0 (linux.mountLabel)\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Features_say_that_it_is_there() =>
        Assert.Contains("\"selinux\":{\"enabled\":true}",
            Runtime.Run("features").Succeeds().Stdout.ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal).Replace("\t", "",
            StringComparison.Ordinal), StringComparison.Ordinal);

    private Container Labelled()
    {
        Container container = NewContainer();
        container.Bundle.SetText("process.selinuxLabel", Program);
        container.Bundle.SetText("linux.mountLabel", Files);
        return container;
    }

    private static string LabelOf(int pid) => File.ReadAllText($"/proc/{pid}/attr/current").TrimEnd('\0', '\n');

    private static string LabelOf(string path)
    {
        byte[] label = new byte[256];
        long length = Syscall.lgetxattr(path, "security.selinux", label, (ulong)label.Length);
        Assert.True(length > 0, $"{path}: {Stdlib.GetLastError()}");
        return Encoding.UTF8.GetString(label, 0, (int)length).TrimEnd('\0');
    }
}
