using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Cgroups;

/// <summary>linux.resources: writes the planned values.</summary>
public static class CgroupLimits
{
    /// <summary>Applies limits to a new cgroup.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="plan">What to write.</param>
    /// <param name="log">Takes the plan's warnings.</param>
    /// <exception cref="PunnetException">A limit cannot be set.</exception>
    public static void Apply(CgroupDirectory cgroup, ResourcePlan plan, Log log)
    {
        Warn(plan, log);
        CgroupControllers.Enable(cgroup.BelowMount);
        WriteAll(cgroup, plan.Writes, null);
    }

    /// <summary>Checks new limits of a cgroup in use against its usage.</summary>
    /// <returns>Takes the values that change.</returns>
    /// <exception cref="PunnetException">A limit is below the usage.</exception>
    public static CgroupSnapshot Prepare(CgroupDirectory cgroup, ResourcePlan plan, Log log)
    {
        Warn(plan, log);
        CheckUsage(cgroup, plan.UsageChecks);
        CgroupControllers.Enable(cgroup.BelowMount);
        return new CgroupSnapshot(cgroup);
    }

    private static void Warn(ResourcePlan plan, Log log)
    {
        foreach (string warning in plan.Warnings)
        {
            log.Warn(warning);
        }
    }

    // runc's words, which people search for.
    private static void CheckUsage(CgroupDirectory cgroup, IReadOnlyList<UsageCheck> checks)
    {
        foreach (UsageCheck check in checks)
        {
            if (long.TryParse(HostFile.TryReadText(cgroup.Number, "memory.current\0"u8)?.TrimEnd(), out long usage) && check.Limit <= usage)
            {
                throw new PunnetException(
                    "rejecting " + check.What + " " + check.Limit.ToString() + " <= usage " + usage.ToString() + " (" + check.Place + ")");
            }
        }
    }

    /// <summary>Writes values; what a file had before goes into the snapshot.</summary>
    /// <exception cref="PunnetException">A limit cannot be set.</exception>
    public static void WriteAll(CgroupDirectory cgroup, IReadOnlyList<CgroupWrite> writes, CgroupSnapshot? old)
    {
        for (int i = 0; i < writes.Count; i++)
        {
            CgroupWrite write = writes[i];
            Errno errno = Write(cgroup, write, old);
            if (errno == Errno.EINVAL && write.OnError == CgroupError.RetryAfterNext && i + 1 < writes.Count)
            {
                Check(writes[i + 1], Write(cgroup, writes[i + 1], old), cgroup);
                errno = Write(cgroup, write, old);
                i++;
            }

            Check(write, errno, cgroup);
        }
    }

    private static Errno Write(CgroupDirectory cgroup, CgroupWrite write, CgroupSnapshot? old)
    {
        if (write.UnlessIdle && (HostFile.TryReadText(cgroup.Number, "cpu.idle\0"u8)?.StartsWith('1') ?? false))
        {
            return Errno.None;
        }

        string value = write.Value;
        if (write.KeepsFirstWord && HostFile.TryReadText(cgroup.Number, CString.Of(write.File).WithNul) is string now)
        {
            value = now.Split(' ', '\n')[0] + " " + value;
        }

        old?.Remember(write.File, value);
        Errno errno = cgroup.TryWrite(write.File, Encoding.UTF8.GetBytes(value));
        return errno == Errno.ENOENT && write.Fallback is CgroupWrite other ? Write(cgroup, other, old) : errno;
    }

    private static void Check(CgroupWrite write, Errno errno, CgroupDirectory cgroup)
    {
        if (errno == Errno.None || (errno == Errno.ENOENT && write.OnError == CgroupError.IgnoreMissing))
        {
            return;
        }

        string? hint = CgroupCause.Of(cgroup, write, errno);
        bool isMissing = errno == Errno.ENOENT && write.Controller.Length > 0;
        string reason = isMissing ? CgroupControllers.Explain(cgroup.BelowMount, write.Controller, out hint) : errno.Words();
        hint ??= isMissing ? CgroupCause.OfMissing(write.File) : null;
        string file = write.Fallback is null ? write.File : write.File + " or " + write.Fallback.File;
        throw new PunnetException(
            "cannot set " + file + " to \"" + write.Value.TrimEnd('\n') + "\" (" + write.Place + ") in " + cgroup.Path + ": "
                + reason, hint);
    }
}
