using System;
using System.Globalization;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Cgroups;

/// <summary>Why a file of a cgroup does not take a value (admin-guide/cgroup-v2.rst): the kernel has few numbers for many causes.</summary>
public static class CgroupCause
{
    /// <summary>What an ordinary user can do about a cgroup without permission to enter it.</summary>
    public const string Delegation =
        "an ordinary user can limit only below a cgroup that is delegated to it, and from inside of that: "
        + "see \"Delegation\" in cgroups(7), or run it with systemd-run --user --scope --property=Delegate=yes";

    private const string LongBurst = "a burst may not be longer than the quota (cpu.max)";

    /// <summary>The cause, or null when nothing is known.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="write">What was written.</param>
    /// <param name="errno">What the kernel says.</param>
    public static string? Of(CgroupDirectory cgroup, CgroupWrite write, Errno errno)
    {
        string value = write.Value.TrimEnd('\n');
        return (write.File, errno) switch
        {
            (_, Errno.ENOENT) => null,
            (_, Errno.EACCES or Errno.EPERM) when Sys.Geteuid() != 0 => Delegation,
            ("cpuset.cpus" or "cpuset.mems", Errno.EINVAL or Errno.ERANGE) when !IsList(value) => "a list is numbers and ranges: 0-2,5",
            _ when write.Controller == "cpuset" => Above(cgroup, write.File),
            ("cpu.max", Errno.EINVAL) => Bandwidth(cgroup, value),
            ("cpu.max.burst", Errno.EINVAL) => LongBurst,
            ("cpu.weight" or "io.weight", Errno.ERANGE or Errno.EINVAL) => "a weight is from 1 to 10000",
            ("pids.max", Errno.EINVAL) => "the largest limit is 4194304; -1 means no limit",
            ("io.max" or "io.weight" or "io.bfq.weight" or "io.latency", Errno.ENODEV or Errno.ENXIO or Errno.EINVAL) => Disk(value),
            (_, Errno.EOPNOTSUPP) when write.Controller == "io" =>
                "a weight needs the scheduler bfq on the device, or the io cost model enabled for it (io.cost.qos of the root cgroup)",
            ("rdma.max", Errno.EINVAL or Errno.ENODEV) => "there may be no such RDMA device here (/sys/class/infiniband)",
            (_, Errno.EACCES or Errno.EPERM) => "the kernel keeps this file for reading",
            (_, Errno.EINVAL or Errno.ERANGE) => "the kernel does not take this value for it",
            _ => null,
        };
    }

    /// <summary>Why an existing controller may lack a file, or null.</summary>
    public static string? OfMissing(string file)
    {
        const string Sizes = "/sys/kernel/mm/hugepages";
        if (!file.StartsWith("hugetlb.", StringComparison.Ordinal)
            || Sys.Openat(
                Sys.WorkingDirectory, CString.Of(Sizes).WithNul, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out int number) != Errno.None)
        {
            return null;
        }

        using Descriptor sizes = new(number);
        return "this host has the sizes " + string.Join(", ", DirectoryListing.SortedDirectories(number)) + " (" + Sizes + ")";
    }

    private static bool IsList(string value) => value.AsSpan().TrimStart("0123456789-,").IsEmpty;

    // tg_set_bandwidth: both from 1 ms, the period up to 1 s; and no shorter than the burst, which is written before.
    private static string? Bandwidth(CgroupDirectory cgroup, string value)
    {
        string[] numbers = value.Split(' ');
        if (long.TryParse(numbers[0], CultureInfo.InvariantCulture, out long quota))
        {
            if (quota < 1000)
            {
                return "the shortest quota is 1000 microseconds";
            }

            string? text = HostFile.TryReadText(cgroup.Number, "cpu.max.burst\0"u8);
            if (long.TryParse(text, CultureInfo.InvariantCulture, out long burst) && burst > quota)
            {
                return LongBurst;
            }
        }

        return numbers.Length > 1 && long.TryParse(numbers[1], CultureInfo.InvariantCulture, out long period)
            && period is < 1000 or > 1_000_000
            ? "a period is from 1000 to 1000000 microseconds"
            : "the kernel does not take this value for it";
    }

    private static string? Disk(string value)
    {
        string numbers = value.Split(' ')[0];
        string device = "/sys/dev/block/" + numbers;
        if (!numbers.Contains(':', StringComparison.Ordinal))
        {
            return null;
        }

        return Sys.Statx(Sys.WorkingDirectory, CString.Of(device).WithNul, out _) != Errno.None
            ? "there is no block device " + numbers + " here"
            : Sys.Statx(Sys.WorkingDirectory, CString.Of(device + "/partition").WithNul, out _) == Errno.None
                ? "device " + numbers + " is a partition, and limits are for whole disks"
            : null;
    }

    // The kernel says only that the list does not fit.
    private static string? Above(CgroupDirectory cgroup, string list)
    {
        string file = cgroup.Path[..cgroup.Path.LastIndexOf('/')] + "/" + list + ".effective";
        string? numbers = HostFile.TryReadText(Sys.WorkingDirectory, CString.Of(file).WithNul)?.TrimEnd();
        return string.IsNullOrEmpty(numbers) ? null : "the cgroup above has " + numbers + " (" + file + ")";
    }
}
