using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Systemd;

namespace Punnet.Cgroups;

/// <summary>linux.resources: writes the planned values.</summary>
internal static class CgroupLimits
{
    /// <summary>Applies limits to a new cgroup.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="path">Its path below the mount.</param>
    /// <param name="plan">What to write.</param>
    /// <param name="log">Takes the plan's warnings.</param>
    /// <exception cref="PunnetException">A limit cannot be had.</exception>
    public static void Apply(CgroupDirectory cgroup, string path, ResourcePlan plan, Log log)
    {
        Warn(plan, log);
        CgroupControllers.Enable(path);
        WriteAll(cgroup, path, plan.Writes, null);
    }

    /// <summary>Changes limits of a cgroup in use: all of them, or none.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="path">Its path below the mount.</param>
    /// <param name="plan">What to check and to write.</param>
    /// <param name="log">Takes the plan's warnings.</param>
    /// <param name="unit">The unit that the cgroup belongs to, with the systemd driver.</param>
    /// <exception cref="PunnetException">A limit cannot be had; the old ones hold.</exception>
    public static void Update(CgroupDirectory cgroup, string path, ResourcePlan plan, Log log, UnitUpdate? unit)
    {
        Warn(plan, log);
        CheckUsage(cgroup, plan.UsageChecks);
        CgroupControllers.Enable(path);
        CgroupSnapshot old = new(cgroup);
        if (unit is not null)
        {
            // systemd writes the same files, and before.
            foreach (CgroupWrite write in plan.Writes)
            {
                old.Remember(write.File, write.Value);
            }

            unit.Change(plan.Writes, cgroup, log);
        }

        try
        {
            WriteAll(cgroup, path, plan.Writes, old);
        }
        catch (PunnetException failure)
        {
            unit?.Restore();
            List<string> changed = old.Restore();
            throw changed.Count == 0
                ? failure
                : new PunnetException(failure.Message + "; " + string.Join(", ", changed) + " did not take the old value back", failure.Hint);
        }
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
                throw new PunnetException("rejecting " + check.What + " " + check.Limit.ToString() + " <= usage " + usage.ToString() + " (" + check.Place + ")");
            }
        }
    }

    private static void WriteAll(CgroupDirectory cgroup, string path, IReadOnlyList<CgroupWrite> writes, CgroupSnapshot? old)
    {
        for (int i = 0; i < writes.Count; i++)
        {
            CgroupWrite write = writes[i];
            Errno errno = Write(cgroup, write, old);
            if (errno == Errno.EINVAL && write.OnError == CgroupError.RetryAfterNext && i + 1 < writes.Count)
            {
                Check(writes[i + 1], Write(cgroup, writes[i + 1], old), cgroup, path);
                errno = Write(cgroup, write, old);
                i++;
            }

            Check(write, errno, cgroup, path);
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
        return errno == Errno.ENOENT && write.Otherwise is CgroupWrite other ? Write(cgroup, other, old) : errno;
    }

    private static void Check(CgroupWrite write, Errno errno, CgroupDirectory cgroup, string path)
    {
        if (errno == Errno.None || (errno == Errno.ENOENT && write.OnError == CgroupError.IgnoreMissing))
        {
            return;
        }

        string? hint = CgroupCause.Of(cgroup, path, write, errno);
        bool isMissing = errno == Errno.ENOENT && write.Controller.Length > 0;
        string reason = isMissing ? CgroupControllers.Explain(path, write.Controller, out hint) : errno.Words();
        hint ??= isMissing ? CgroupCause.OfMissing(write.File) : null;
        string file = write.Otherwise is null ? write.File : write.File + " or " + write.Otherwise.File;
        throw new PunnetException(
            "cannot set " + file + " to \"" + write.Value.TrimEnd('\n') + "\" (" + write.Place + ") in " + cgroup.Path + ": " + reason, hint);
    }
}
