using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What the host, its kernel or the caller do not give: which of the causes of one error number it was.</summary>
public sealed class HostCauseTests : ContainerTest
{
    [Theory]
    [InlineData("sys_admin", "hint: punnet itself lacks CAP_SYS_ADMIN")]
    [InlineData("setgid",
        "cannot set the groups (process.user.additionalGids): operation not permitted (EPERM)\nhint: punnet itself lacks CAP_SETGID")]
    [InlineData("setuid", "cannot become user 5 (process.user.uid): operation not permitted (EPERM)\nhint: punnet itself lacks CAP_SETUID")]
    [InlineData("setpcap", "(process.capabilities.bounding): operation not permitted (EPERM)\nhint: punnet itself lacks CAP_SETPCAP")]
    [InlineData("net_admin",
        "cannot bring up the loopback device: operation not permitted (EPERM)\nhint: punnet itself lacks CAP_NET_ADMIN")]
    public void A_capability_that_punnet_lacks_is_named(string capability, string words)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.user", """{"uid":5,"gid":5,"additionalGids":[7]}""");
        new Command("/usr/bin/setpriv",
            ["--bounding-set", "-" + capability, "--inh-caps", "-" + capability, .. container.CreateCommand().Words]).Run().Fails(words);
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("pid",
        "cannot clone a process into new namespaces (linux.namespaces): no space left on device (ENOSPC)\nhint: "
        + "namespaces of this kind are forbidden here: sysctl user.max_pid_namespaces is 0")]
    [InlineData("mnt", "hint: namespaces of this kind are forbidden here: sysctl user.max_mnt_namespaces is 0")]
    [InlineData("cgroup",
        "cannot make a cgroup namespace: no space left on device (ENOSPC)\nhint: a limit is reached: "
        + "sysctl user.max_cgroup_namespaces is 0")]
    public void A_limit_of_namespaces_is_not_reported_as_a_full_disk(string kind, string words)
    {
        Container container = NewContainer().Sleeps();
        string set = $"echo 0 >/proc/sys/user/max_{kind}_namespaces && exec \"$@\"";
        new Command("/usr/bin/unshare", ["--user", "--map-root-user", "/bin/sh", "-c", set, "sh", .. container.CreateCommand().Words])
            .Run().Fails(words);
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_limit_of_open_files_is_told_with_its_value()
    {
        Container container = NewContainer().Sleeps();
        new Command("/usr/bin/prlimit", ["--nofile=8", .. container.CreateCommand().Words]).Run()
            .Fails("too many open files (EMFILE)\nhint: punnet may open 8 files (RLIMIT_NOFILE of its caller)\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void More_files_than_the_host_lets_any_process_open_are_told_so()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.rlimits", """[{"type":"RLIMIT_NOFILE","hard":99999999999,"soft":5}]""");
        container.TryCreate().Fails("(process.rlimits[0]): operation not permitted (EPERM)\nhint: no process of this host may open "
            + "more than ", "(sysctl fs.nr_open)");
    }

    [Theory]
    [InlineData("{\"uid\":70,\"gid\":0}",
        "cannot become user 70 (process.user.uid): invalid argument (EINVAL)\nhint: the container's user namespace has no user 70 "
        + "(linux.uidMappings)")]
    [InlineData("{\"uid\":0,\"gid\":70}",
        "cannot become group 70 (process.user.gid): invalid argument (EINVAL)\nhint: the container's user namespace has no group 70 "
        + "(linux.gidMappings)")]
    [InlineData("{\"uid\":0,\"gid\":0,\"additionalGids\":[70]}",
        "invalid argument (EINVAL)\nhint: the container's user namespace lacks one of these groups (linux.gidMappings)")]
    public void The_error_says_that_an_id_is_not_mapped(string user, string words)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.UserNamespace();
        container.Bundle.Unmount("/dev/pts");
        container.Bundle.Set("linux.uidMappings[0].size", "10");
        container.Bundle.Set("linux.gidMappings[0].size", "10");
        container.Bundle.Set("process.user", user);
        container.TryCreate().Fails(words);
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("net.ipv4.ip_unprivileged_port_start", "99999",
        "invalid argument (EINVAL)\nhint: the kernel does not take this value for it; the host's own is \"")]
    [InlineData("net.ipv4.missing", "1",
        "no such file or directory (ENOENT)\nhint: this kernel has no such parameter, or the module that has it is not loaded")]
    [InlineData("net.ipv4.tcp_congestion_control", "missing",
        "no such file or directory (ENOENT)\nhint: what the value names is not on this host")]
    [InlineData("net.ipv4.tcp_available_congestion_control", "cubic", "permission denied (EACCES)\nhint: it can only be read")]
    [InlineData("net.core.rmem_max", "4194304", "\nhint: only the host's network namespace has it to change")]
    public void A_kernel_parameter_has_the_cause_of_its_refusal(string name, string value, string words)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("linux.sysctl", $$"""{"{{name}}":"{{value}}"}""");
        container.TryCreate().Fails($"cannot set {name} to \"{value}\" (linux.sysctl[\"{name}\"]): ", words);
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("user", "/proc/self/ns/user", "invalid argument (EINVAL)\nhint: punnet is in this user namespace already")]
    [InlineData("network", "/missing/net", "no such file or directory (ENOENT)\nhint: the directory /missing does not exist")]
    [InlineData("network", "/proc/4194305/ns/net",
        "no such file or directory (ENOENT)\nhint: the directory /proc/4194305 does not exist: the process may have ended")]
    public void A_namespace_that_cannot_be_joined_has_its_cause(string type, string path, string words)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Namespace(type, path);
        container.TryCreate().Fails(path, words);
        container.AssertNothingLeft();
    }

    [Fact]
    public void Huge_pages_of_a_size_that_the_host_lacks_are_answered_with_its_sizes()
    {
        Controllers.Need("hugetlb");
        Container container = NewContainer().Sleeps().Limits("""{"hugepageLimits":[{"pageSize":"3MB","limit":1}]}""");
        container.TryCreate().Fails("cannot set hugetlb.3MB.max", "hint: this host has the sizes hugepages-", "kB");
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("cpu", """{"cpu":{"quota":100,"period":100000}}""", "hint: the shortest quota is 1000 microseconds")]
    [InlineData("cpu", """{"cpu":{"quota":5000,"period":2000000}}""", "hint: a period is from 1000 to 1000000 microseconds")]
    [InlineData("cpu", """{"cpu":{"quota":5000,"period":10000,"burst":6000}}""",
        "hint: a burst may not be longer than the quota (cpu.max)")]
    [InlineData("cpu", """{"unified":{"cpu.weight":"20000"}}""", "hint: a weight is from 1 to 10000")]
    [InlineData("pids", """{"pids":{"limit":5000000}}""", "hint: the largest limit is 4194304; -1 means no limit")]
    [InlineData("io", """{"blockIO":{"throttleReadBpsDevice":[{"major":4000,"minor":1,"rate":1000}]}}""",
        "hint: there is no block device 4000:1 here")]
    public void A_limit_that_the_kernel_refuses_has_its_cause(string controller, string limits, string hint)
    {
        Controllers.Need(controller);
        Container container = NewContainer().Sleeps().Limits(limits);
        container.TryCreate().Fails(hint);
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_burst_that_an_update_makes_longer_than_the_quota_is_told_so()
    {
        Controllers.Need("cpu");
        Container container = NewContainer().Sleeps().Limits("""{"cpu":{"quota":5000,"period":10000}}""").Create();
        container.Call("update", "--cpu-burst", "6000", container.Id)
            .Fails("cpu.max.burst", "hint: a burst may not be longer than the quota (cpu.max)");
    }

    [Fact]
    public void A_limit_of_a_partition_is_told_so()
    {
        Controllers.Need("io");
        _ = Controllers.BlockDevice();
        new Command("addpart", ["/dev/ram0", "1", "0", "64"]).Run().Succeeds();
        try
        {
            string[] numbers = File.ReadAllText("/sys/block/ram0/ram0p1/dev").Trim().Split(':');
            Container container = NewContainer().Sleeps().Limits(
                $$$"""{"blockIO":{"throttleReadBpsDevice":[{"major":{{{numbers[0]}}},"minor":{{{numbers[1]}}},"rate":1000}]}}""");
            container.TryCreate().Fails($"hint: device {numbers[0]}:{numbers[1]} is a partition, and limits are for whole disks");
            container.AssertNothingLeft();
        }
        finally
        {
            new Command("delpart", ["/dev/ram0", "1"]).Run().Succeeds();
        }
    }

    [Fact]
    public void As_many_processes_as_a_cgroup_above_may_have_are_told_with_both_numbers()
    {
        Controllers.Need("pids");
        Container container = NewContainer().Sleeps();
        string above = Directory.CreateDirectory($"{CgroupTree.MountPoint}/{container.Id}-above").FullName;
        File.WriteAllText(CgroupTree.MountPoint + "/cgroup.subtree_control", "+pids");
        File.WriteAllText(above + "/pids.max", "0");
        container.Bundle.Set("linux.cgroupsPath", $"\"/{container.Id}-above/{container.Id}\"");
        container.TryCreate().Fails(
            $"resource temporarily unavailable (EAGAIN)\nhint: the cgroup {above} has 0 processes, and may have 0 (pids.max)\n");
        Directory.Delete(above);
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_error_says_that_nothing_listens_on_the_console_socket()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.terminal", "true");
        File.WriteAllText(container.Directory + "/file", "");
        container.TryCreate("--console-socket", container.Directory + "/file")
            .Fails("connection refused (ECONNREFUSED)\nhint: nobody listens there\n");
        container.TryCreate("--console-socket", "/missing/a/b")
            .Fails("no such file or directory (ENOENT)\nhint: the directory /missing does not exist\n");
    }
}
