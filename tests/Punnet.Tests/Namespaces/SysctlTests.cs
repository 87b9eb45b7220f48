using System;
using System.IO;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>linux.sysctl: what belongs to a namespace is written, what belongs to the host is refused.</summary>
public sealed class SysctlTests : ContainerTest
{
    [Theory]
    [InlineData("kernel.msgmax", "/proc/sys/kernel/msgmax", "12345")]
    [InlineData("kernel.shm_rmid_forced", "/proc/sys/kernel/shm_rmid_forced", "1")]
    [InlineData("kernel.shmmni", "/proc/sys/kernel/shmmni", "1234")]
    [InlineData("fs.mqueue.msg_max", "/proc/sys/fs/mqueue/msg_max", "17")]
    [InlineData("net.ipv4.ip_unprivileged_port_start", "/proc/sys/net/ipv4/ip_unprivileged_port_start", "77")]
    [InlineData("net.ipv4.ping_group_range", "/proc/sys/net/ipv4/ping_group_range", "5\t10")]
    [InlineData("net/ipv4/ip_forward", "/proc/sys/net/ipv4/ip_forward", "1")]
    [InlineData("net.ipv4.conf.lo.forwarding", "/proc/sys/net/ipv4/conf/lo/forwarding", "1")]
    [InlineData("net.core.somaxconn", "/proc/sys/net/core/somaxconn", "321")]
    public void A_parameter_of_a_namespace_is_written_there(string key, string file, string value)
    {
        Assert.SkipUnless(File.Exists(file), "this kernel has no " + key);
        string before = File.ReadAllText(file);
        Container container = NewContainer().Runs("cat", file);
        container.Bundle.Set("linux.sysctl", new JsonObject { [key] = value.Replace('\t', ' ') }.ToJsonString());
        Assert.Equal(value + "\n", container.RunToEnd());
        Assert.Equal(before, File.ReadAllText(file));
    }

    [Fact]
    public void A_parameter_of_a_user_namespace_is_written_there()
    {
        Container container = NewContainer().Runs("cat", "/proc/sys/user/max_mnt_namespaces");
        container.Bundle.UserNamespace();
        container.Bundle.Set("linux.sysctl", """{"user.max_mnt_namespaces":"123"}""");
        Assert.Equal("123\n", container.RunToEnd());
    }

    [Theory]
    [InlineData("kernel.pid_max", "32768")]
    [InlineData("vm.swappiness", "50")]
    [InlineData("kernel.hostname", "x")]
    [InlineData("fs.file-max", "1000")]
    [InlineData("kernel.core_pattern", "|/bin/evil")]
    [InlineData("kernel", "1")]
    [InlineData("kernel.nosuchparameter", "1")]
    [InlineData("net.ipv4.nosuchparameter", "1")]
    [InlineData("net/../kernel/core_pattern", "x")]
    [InlineData("net.ipv4/../../kernel/core_pattern", "x")]
    public void Another_parameter_is_refused_by_name(string key, string value)
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("linux.sysctl", new JsonObject { [key] = value }.ToJsonString());
        string pattern = File.ReadAllText("/proc/sys/kernel/core_pattern");
        Outcome outcome = container.TryCreate().Fails();
        if (Runtime.IsPunnet)
        {
            Assert.Contains(key, outcome.Stderr, StringComparison.Ordinal);
        }

        Assert.Equal(pattern, File.ReadAllText("/proc/sys/kernel/core_pattern"));
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("net.ipv4.ip_forward", "network")]
    [InlineData("kernel.msgmax", "ipc")]
    [InlineData("fs.mqueue.msg_max", "ipc")]
    public void Without_its_namespace_a_parameter_is_refused(string key, string type)
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Namespace(type, present: false);
        container.Bundle.Set("linux.sysctl", new JsonObject { [key] = "1" }.ToJsonString());
        Outcome outcome = container.TryCreate().Fails(key);
        if (Runtime.IsPunnet)
        {
            Assert.Contains("linux.sysctl", outcome.Stderr, StringComparison.Ordinal);
        }

        container.AssertNothingLeft();
    }

    [Fact]
    public void The_network_of_the_host_by_its_path_is_refused_too()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Namespace("network", $"/proc/{Environment.ProcessId}/ns/net");
        container.Bundle.Set("linux.sysctl", """{"net.ipv4.ip_forward":"1"}""");
        container.TryCreate().Fails("net.ipv4.ip_forward");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_value_that_the_kernel_refuses_is_an_error_that_names_the_parameter()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("linux.sysctl", """{"net.ipv4.ip_unprivileged_port_start":"nonsense"}""");
        container.TryCreate().Fails("ip_unprivileged_port_start", "invalid argument");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_read_only_parameter_is_an_error_that_names_it()
    {
        const string Key = "net.ipv4.tcp_available_congestion_control";
        Assert.SkipUnless(File.Exists("/proc/sys/" + Key.Replace('.', '/')), "this kernel has no " + Key);
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("linux.sysctl", new JsonObject { [Key] = "reno" }.ToJsonString());
        container.TryCreate().Fails($"cannot set {Key} to \"reno\" (linux.sysctl[\"{Key}\"]): permission denied (EACCES)\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_parameter_is_written_although_proc_sys_is_read_only()
    {
        Container container = NewContainer().RunsScript("cat /proc/sys/kernel/msgmax; echo 5 >/proc/sys/kernel/msgmax; echo status $?");
        container.Bundle.Set("linux.sysctl", """{"kernel.msgmax":"4321"}""");
        container.Run();
        Assert.Equal("4321\nstatus 1\n", container.Output);
    }
}
