using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Xunit;

namespace Punnet.Abi.Tests;

/// <summary>Every struct that is passed to the kernel: its size and the offsets of its fields.</summary>
public sealed class LayoutTests
{
    private const string OldStatus =
        "FileSystem=st_dev Inode=st_ino Links=st_nlink Mode=st_mode Uid=st_uid Gid=st_gid Device=st_rdev Size=st_size BlockSize=st_blksize "
        + "Blocks=st_blocks Accessed=st_atime Modified=st_mtime Changed=st_ctime";

    /// <summary>Type, C struct, fields as "ours=theirs".</summary>
    public static TheoryData<Type, string, string> Structs { get; } = new()
    {
        {
            typeof(CloneArguments), "struct clone_args",
            "Flags=flags Pidfd=pidfd ChildTid=child_tid ParentTid=parent_tid ExitSignal=exit_signal Stack=stack StackSize=stack_size "
            + "Tls=tls SetTid=set_tid SetTidSize=set_tid_size Cgroup=cgroup"
        },
        { typeof(OpenHow), "struct open_how", "Flags=flags Mode=mode Resolve=resolve" },
        {
            typeof(MountAttributeChange), "struct mount_attr",
            "Set=attr_set Clear=attr_clr Propagation=propagation UserNamespace=userns_fd"
        },
        { typeof(PollDescriptor), "struct pollfd", "Descriptor=fd Wanted=events Found=revents" },
        { typeof(FileTime), "struct statx_timestamp", "Seconds=tv_sec Nanoseconds=tv_nsec" },
        {
            typeof(FileStatus), "struct statx",
            "Mask=stx_mask BlockSize=stx_blksize Attributes=stx_attributes Links=stx_nlink Uid=stx_uid Gid=stx_gid Mode=stx_mode "
            + "Inode=stx_ino Size=stx_size Blocks=stx_blocks AttributesMask=stx_attributes_mask Accessed=stx_atime Born=stx_btime "
            + "Changed=stx_ctime Modified=stx_mtime DeviceMajor=stx_rdev_major DeviceMinor=stx_rdev_minor "
            + "FileSystemMajor=stx_dev_major FileSystemMinor=stx_dev_minor"
        },
        { typeof(OldFileTime), "struct __kernel_timespec", "Seconds=tv_sec Nanoseconds=tv_nsec" },
        { typeof(OldFileStatusX64), "struct stat", OldStatus },
        { typeof(OldFileStatusArm64), "struct stat", OldStatus },
        {
            typeof(SchedulerAttributes), "struct sched_attr",
            "Size=size Policy=sched_policy Flags=sched_flags Nice=sched_nice Priority=sched_priority Runtime=sched_runtime "
            + "Deadline=sched_deadline Period=sched_period UtilizationMinimum=sched_util_min UtilizationMaximum=sched_util_max"
        },
        { typeof(BpfInstruction), "struct sock_filter", "Code=code JumpTrue=jt JumpFalse=jf K=k" },
        {
            typeof(SeccompNotification), "struct seccomp_notif",
            "Id=id Thread=pid Flags=flags Number=data.nr Architecture=data.arch "
            + "InstructionPointer=data.instruction_pointer Arguments=data.args"
        },
        { typeof(SeccompResponse), "struct seccomp_notif_resp", "Id=id Value=val Error=error Flags=flags" },
        { typeof(EbpfInstruction), "struct bpf_insn", "Code=code Offset=off Immediate=imm" },
    };

    public static MatrixTheoryData<int, string> StructsOnMachines { get; } = new(Enumerable.Range(0, Structs.Count), Machine.Names);

    // Sequential fields have the same offsets on every 64-bit machine; the headers may not.
    [Theory]
    [MemberData(nameof(StructsOnMachines))]
    public void A_struct_is_laid_out_as_in_the_headers(int row, string machineName)
    {
        Machine machine = Machine.Of(machineName);
        (Type type, string native, string fields) = Structs.ElementAt(row).Data;
        if (Machine.Names.Any(name => name != machineName && type.Name.EndsWith(name, StringComparison.Ordinal)))
        {
            return; // Another machine's own.
        }

        Dictionary<string, int> ours = fields.Split(' ')
            .Select(pair => pair.Split('='))
            .ToDictionary(pair => $"__builtin_offsetof({native}, {pair[1]})", pair => OffsetOf(type, pair[0]), StringComparer.Ordinal);
        ours.Add($"sizeof({native})", Marshal.SizeOf(type));

        Assert.Equal(
            ours.ToDictionary(pair => pair.Key, pair => (ulong)pair.Value, StringComparer.Ordinal),
            CHeaders.Evaluate(machine, ours.Keys));
    }

    [Fact]
    public void No_struct_is_left_out()
    {
        Type[] neverGivenToTheKernel = [typeof(CString), typeof(CapabilitySets), typeof(SeccompArgumentValues)];
        IEnumerable<Type> structs = typeof(Errno).Assembly.GetExportedTypes().Where(type => type is { IsValueType: true, IsEnum: false });

        Assert.Empty(structs.Except(neverGivenToTheKernel).Except(Structs.Select(row => row.Data.Item1)));
    }

    // The backing field of a property has a name of the compiler.
    private static int OffsetOf(Type type, string field) =>
        (int)Marshal.OffsetOf(type, type.GetField(field) is null ? $"<{field}>k__BackingField" : field);
}
