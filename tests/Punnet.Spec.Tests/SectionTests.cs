using System.Collections.Generic;
using Xunit;

namespace Punnet.Spec.Tests;

/// <summary>The specification's sections, read into the values that they mean.</summary>
public sealed class SectionTests
{
    [Fact]
    public void A_process_is_read_as_the_specification_describes_it()
    {
        Process process = ConfigReader.ReadConfig(Documents.Everything).Process!;

        Assert.True(process.Terminal);
        Assert.Equal(new ConsoleSize(Height: 25, Width: 80), process.ConsoleSize);
        Assert.Equal((1000u, 1001u, 63u), (process.User.Uid, process.User.Gid, process.User.Umask));
        Assert.Equal([5u, 4294967295u], process.User.AdditionalGids);
        Assert.Equal(["/bin/sh", "-c", "echo \"é\\\t\u0001\""], process.Args);
        Assert.Equal(["PATH=/bin", "EMPTY="], process.Env);
        Assert.Equal("/work", process.Cwd);
        Assert.Equal([new Rlimit("RLIMIT_CORE", 1, ulong.MaxValue), new Rlimit("RLIMIT_NOFILE", 512, 1024)], process.Rlimits);
        Assert.True(process.NoNewPrivileges);
        Assert.Equal("profile", process.ApparmorProfile);
        Assert.Equal("system_u:system_r:svirt_lxc_net_t:s0:c124,c675", process.SelinuxLabel);
        Assert.Equal(-998, process.OomScoreAdj);
        Assert.Equal(new IoPriority("IOPRIO_CLASS_IDLE", 4), process.IoPriority);
        Assert.Equal(new ExecCpuAffinity("7", "0-3,7"), process.ExecCpuAffinity);
    }

    [Fact]
    public void Capabilities_and_scheduler_are_read_into_their_own_members()
    {
        Process process = ConfigReader.ReadConfig(Documents.Everything).Process!;

        Assert.Equal(["CAP_CHOWN"], process.Capabilities!.Bounding);
        Assert.Equal(["CAP_KILL"], process.Capabilities.Effective);
        Assert.Equal(["CAP_SETUID"], process.Capabilities.Inheritable);
        Assert.Equal(["CAP_SETGID"], process.Capabilities.Permitted);
        Assert.Equal(["CAP_SYS_TIME", "CAP_UNHEARD_OF"], process.Capabilities.Ambient);
        Assert.Equal(("SCHED_DEADLINE", -19, 7), (process.Scheduler!.Policy, process.Scheduler.Nice, process.Scheduler.Priority));
        Assert.Equal(["SCHED_FLAG_RESET_ON_FORK"], process.Scheduler.Flags);
        Assert.Equal((10UL, 20UL, ulong.MaxValue - 1), (process.Scheduler.Runtime, process.Scheduler.Deadline, process.Scheduler.Period));
    }

    [Fact]
    public void The_common_part_is_read_as_the_specification_describes_it()
    {
        Config config = ConfigReader.ReadConfig(Documents.Everything);

        Assert.Equal("1.3.0", config.OciVersion);
        Assert.Equal(new Root { Path = "rootfs", Readonly = true }, config.Root);
        Assert.Equal(("host", "domain"), (config.Hostname, config.Domainname));
        Assert.Equal("/proc", config.Mounts[0].Destination);
        Assert.Null(config.Mounts[0].Type);
        Assert.Empty(config.Mounts[0].Options);
        Assert.Equal(("none", "/srv/data"), (config.Mounts[1].Type, config.Mounts[1].Source));
        Assert.Equal(["bind", "idmap"], config.Mounts[1].Options);
        Assert.Equal([new IdMapping(ContainerId: 0, HostId: 1000, Size: 1)], config.Mounts[1].UidMappings);
        Assert.Equal([new IdMapping(0, 2000, 2), new IdMapping(2, uint.MaxValue, 1)], config.Mounts[1].GidMappings);
        Assert.Equal(["com.example.second", "com.example.first", "z\"q"], config.Annotations.Keys);
        Assert.Equal("€😀", config.Annotations["z\"q"]);
    }

    [Fact]
    public void A_hook_tells_an_empty_environment_from_an_absent_one()
    {
        Hooks hooks = ConfigReader.ReadConfig(Documents.Everything).Hooks!;

        Assert.Equal(("/a", 30L), (hooks.Prestart[0].Path, hooks.Prestart[0].Timeout));
        Assert.Equal(["a", "1"], hooks.Prestart[0].Args);
        Assert.Equal(["K=V"], hooks.Prestart[0].Env);
        Assert.Null(hooks.CreateRuntime[0].Env);
        Assert.Null(hooks.CreateRuntime[0].Timeout);
        Assert.Equal([], hooks.CreateContainer[0].Env);
        Assert.Equal("/d", hooks.StartContainer[0].Path);
        Assert.Equal(["/e", "/f"], [hooks.Poststart[0].Path, hooks.Poststart[1].Path]);
        Assert.Equal(1, hooks.Poststop[0].Timeout);
    }

    [Fact]
    public void The_linux_part_is_read_as_the_specification_describes_it()
    {
        Linux linux = ConfigReader.ReadConfig(Documents.Everything).Linux!;

        Assert.Equal([new Namespace("pid", null), new Namespace("network", "/run/netns/one")], linux.Namespaces);
        Assert.Equal([new IdMapping(0, 100000, 65536)], linux.UidMappings);
        Assert.Equal([new IdMapping(1, 200000, 65535)], linux.GidMappings);
        Assert.Equal(new TimeOffset(172800, 7), linux.TimeOffsets["monotonic"]);
        Assert.Equal(new TimeOffset(-604800, 0), linux.TimeOffsets["boottime"]);
        Assert.Equal(
            [new Device { Type = "c", Path = "/dev/fuse", Major = 10, Minor = 229, FileMode = 438, Uid = 1, Gid = 2 },
                new Device { Type = "p", Path = "/dev/pipe" }],
            linux.Devices);
        Assert.Equal(new NetDevice("container_eth1"), linux.NetDevices["eth1"]);
        Assert.Equal(new NetDevice(null), linux.NetDevices["ens4"]);
        Assert.Equal(("/group/container", "slave"), (linux.CgroupsPath, linux.RootfsPropagation));
        Assert.Equal("256", linux.Sysctl["net.core.somaxconn"]);
        Assert.Equal(["/proc/kcore"], linux.MaskedPaths);
        Assert.Equal(["/proc/sys"], linux.ReadonlyPaths);
        Assert.Equal("system_u:object_r:svirt_sandbox_file_t:s0:c715,c811", linux.MountLabel);
        Assert.Equal(
            ("guaranteed", "L3:0=7f0", "MB:0=20"), (linux.IntelRdt!.ClosId, linux.IntelRdt.L3CacheSchema, linux.IntelRdt.MemBwSchema));
        Assert.Equal(["L2:0=ff"], linux.IntelRdt.Schemata);
        Assert.True(linux.IntelRdt.EnableMonitoring);
        Assert.Equal(("MPOL_INTERLEAVE", "2-3"), (linux.MemoryPolicy!.Mode, linux.MemoryPolicy.Nodes));
        Assert.Equal(["MPOL_F_STATIC_NODES"], linux.MemoryPolicy.Flags);
        Assert.Equal("LINUX32", linux.Personality!.Domain);
        Assert.Equal(["NONE"], linux.Personality.Flags);
    }

    [Fact]
    public void A_system_call_filter_is_read_as_the_specification_describes_it()
    {
        Seccomp seccomp = ConfigReader.ReadConfig(Documents.Everything).Linux!.Seccomp!;

        Assert.Equal(("SCMP_ACT_ERRNO", 38u), (seccomp.DefaultAction, seccomp.DefaultErrnoRet));
        Assert.Equal(["SCMP_ARCH_X86_64"], seccomp.Architectures);
        Assert.Equal(["SECCOMP_FILTER_FLAG_LOG"], seccomp.Flags);
        Assert.Equal(("/run/agent.sock", "opaque"), (seccomp.ListenerPath, seccomp.ListenerMetadata));
        Assert.Equal(["getcwd", "chmod"], seccomp.Syscalls[0].Names);
        Assert.Equal(("SCMP_ACT_ALLOW", (uint?)null), (seccomp.Syscalls[0].Action, seccomp.Syscalls[0].ErrnoRet));
        Assert.Equal(1u, seccomp.Syscalls[1].ErrnoRet);
        Assert.Equal(
            [new SeccompArgument(0, 2114060288, 0, "SCMP_CMP_EQ"), new SeccompArgument(1, ulong.MaxValue, 5, "SCMP_CMP_MASKED_EQ")],
            seccomp.Syscalls[1].Args);
    }

    [Fact]
    public void Absent_flags_and_empty_flags_are_told_apart_and_written_apart()
    {
        Config absent = ConfigReader.ReadConfig("""{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_LOG"}}}"""u8);
        Config empty = ConfigReader.ReadConfig("""{"linux":{"seccomp":{"flags":[]}}}"""u8);

        Assert.Null(absent.Linux!.Seccomp!.Flags);
        Assert.Equal([], empty.Linux!.Seccomp!.Flags);
        Assert.Null(ConfigReader.ReadConfig(ConfigWriter.Write(absent)).Linux!.Seccomp!.Flags);
        Assert.Equal([], ConfigReader.ReadConfig(ConfigWriter.Write(empty)).Linux!.Seccomp!.Flags);
    }

    [Fact]
    public void Resources_are_read_as_the_specification_describes_them()
    {
        Resources resources = ConfigReader.ReadConfig(Documents.Everything).Linux!.Resources!;

        Assert.Equal(
            [new DeviceRule { Allow = false, Access = "rwm" },
                new DeviceRule { Allow = true, Type = "c", Major = 10, Minor = 229, Access = "rw" }],
            resources.Devices);
        Assert.Equal(
            new MemoryResources
            {
                Limit = 536870912,
                Reservation = 268435456,
                Swap = -1,
                Kernel = 1,
                KernelTcp = 2,
                Swappiness = 60,
                DisableOomKiller = false,
                UseHierarchy = true,
                CheckBeforeUpdate = true,
            },
            resources.Memory);
        Assert.Equal(
            new CpuResources
            {
                Shares = 1024,
                Quota = -1,
                Burst = 3,
                Period = 500000,
                RealtimeRuntime = 950000,
                RealtimePeriod = 1000000,
                Cpus = "2-3",
                Mems = "0-7",
                Idle = 1,
            },
            resources.Cpu);
        Assert.Equal(32771, resources.PidsLimit);
        Assert.Equal((10u, 11u), (resources.BlockIo!.Weight, resources.BlockIo.LeafWeight));
        Assert.Equal([new WeightDevice(8, 0, 500, 300), new WeightDevice(8, 16, null, null)], resources.BlockIo.WeightDevice);
        Assert.Equal([new ThrottleDevice(8, 1, 600)], resources.BlockIo.ThrottleReadBpsDevice);
        Assert.Equal([new ThrottleDevice(8, 2, 601)], resources.BlockIo.ThrottleWriteBpsDevice);
        Assert.Equal([new ThrottleDevice(8, 3, 602)], resources.BlockIo.ThrottleReadIopsDevice);
        Assert.Equal([new ThrottleDevice(8, 4, ulong.MaxValue)], resources.BlockIo.ThrottleWriteIopsDevice);
        Assert.Equal([new HugepageLimit("2MB", 209715200)], resources.HugepageLimits);
        Assert.Equal(1048577u, resources.Network!.ClassId);
        Assert.Equal(new RdmaLimit(3, 10000), resources.Rdma["mlx5_1"]);
        Assert.Equal(new RdmaLimit(null, 1), resources.Rdma["rxe3"]);
        Assert.Equal("1073741824", resources.Unified["hugetlb.1GB.max"]);
    }

    [Fact]
    public void Network_priorities_are_counted()
    {
        Resources resources = ConfigReader.ReadResources("""{"network":{"priorities":[{"name":"eth0","priority":500},{"name":"eth1","priority":1000}]}}"""u8);

        Assert.Equal(2, resources.Network!.Priorities);
    }

    [Fact]
    public void An_update_that_gives_nothing_has_nothing()
    {
        Resources resources = ConfigReader.ReadResources("{}"u8);

        Assert.Null(resources.Devices);
        Assert.Null(resources.PidsLimit);
        Assert.Equal(resources, new Resources { Rdma = resources.Rdma, Unified = resources.Unified });
    }

    [Fact]
    public void A_process_file_has_its_places_from_the_process_on()
    {
        Assert.Equal(["sh"], ConfigReader.ReadProcess("""{"args":["sh"],"cwd":"/"}"""u8).Args);
        Assert.Equal("user.uid: expected a number, found a string",
            Documents.Refusal(() => ConfigReader.ReadProcess("""{"user":{"uid":"root"}}"""u8)));
    }

    [Fact]
    public void Null_in_a_list_or_a_map_is_an_empty_value()
    {
        Config config = ConfigReader.ReadConfig("""{"process":{"args":["a",null]},"mounts":[null],"annotations":{"k":null},"linux":{"netDevices":{"e":null}}}"""u8);

        Assert.Equal(["a", ""], config.Process!.Args);
        Assert.Equal(Structure.Of(new Mount()), Structure.Of(Assert.Single(config.Mounts)));
        Assert.Equal(new Dictionary<string, string> { ["k"] = "" }, config.Annotations);
        Assert.Equal(new NetDevice(null), config.Linux!.NetDevices["e"]);
    }

    [Fact]
    public void Names_may_be_written_with_escapes()
    {
        Assert.Equal("/", ConfigReader.ReadProcess("""{"\u0063w\u0064":"\/"}"""u8).Cwd);
    }

    [Theory]
    [InlineData("docker", 14, 8, 10)]
    [InlineData("podman", 14, 2, 20)]
    public void What_an_engine_sends_has_nothing_unknown(string engine, int mounts, int deviceRules, int leastRules)
    {
        UnknownProperties unknown = new();

        Config config = ConfigReader.ReadConfig(Documents.Case(engine), unknown);

        Assert.Empty(unknown.Found);
        Assert.Equal(mounts, config.Mounts.Count);
        Assert.Equal(deviceRules, config.Linux!.Resources!.Devices!.Count);
        Assert.InRange(config.Linux.Seccomp!.Syscalls.Count, leastRules, 30);
    }
}
