using System;
using System.Collections.Immutable;
using System.Globalization;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// What systemd is told of a limit that is also written to the cgroup's file: it writes the files again when it reloads, and then it must
/// know. From the file, not from config.json: so unified and an update say the same.
/// </summary>
public static class UnitLimit
{
    private const ulong Unlimited = ulong.MaxValue;

    /// <summary>The properties that stand for a file's value; none where systemd does not know the file, or not such a value.</summary>
    /// <param name="file">Such as memory.max.</param>
    /// <param name="value">What is written; for cpu.max both words.</param>
    public static ImmutableArray<UnitProperty> Of(string file, string value)
    {
        string text = value.TrimEnd('\n');
        return file switch
        {
            "memory.max" => Size("MemoryMax", text),
            "memory.high" => Size("MemoryHigh", text),
            "memory.low" => Size("MemoryLow", text),
            "memory.min" => Size("MemoryMin", text),
            "memory.swap.max" => Size("MemorySwapMax", text),
            "pids.max" when text != "0" => Size("TasksMax", text),
            "cpu.weight" => Weight("CPUWeight", text),
            "io.weight" => Weight("IOWeight", text.StartsWith("default ", StringComparison.Ordinal) ? text["default ".Length..] : text),
            "cpu.max" => Bandwidth(text),
            "cpuset.cpus" => Numbers("AllowedCPUs", text),
            "cpuset.mems" => Numbers("AllowedMemoryNodes", text),
            _ => [],
        };
    }

    /// <summary>CPUWeight=idle, which systemd knows from version 252 on.</summary>
    public static UnitProperty Idle { get; } = Number("CPUWeight", 0);

    /// <summary>
    /// What stands for memory.oom.group, which systemd otherwise sets back when it reloads: OOMPolicy=, systemd.scope(5). Only for a unit
    /// that is made (systemd does not change it later), and only where scopes have it, officially from version 253 on.
    /// </summary>
    /// <param name="value">What is written to the file.</param>
    public static ImmutableArray<UnitProperty> OomPolicy(string value) => value.TrimEnd('\n') switch
    {
        "1" => [new UnitProperty("OOMPolicy", BusText.Of("kill"), "")],
        "0" => [new UnitProperty("OOMPolicy", BusText.Of("continue"), "")],
        _ => [],
    };

    private static ImmutableArray<UnitProperty> Size(string name, string text) =>
        text == "max" ? [Number(name, Unlimited)] : TryRead(text, out ulong number) ? [Number(name, number)] : [];

    private static ImmutableArray<UnitProperty> Weight(string name, string text) =>
        TryRead(text, out ulong number) && number is >= 1 and <= 10_000 ? [Number(name, number)] : [];

    // systemd keeps whole percents of a CPU: rounded up, since what it writes must not be less than what was asked for.
    private static ImmutableArray<UnitProperty> Bandwidth(string text)
    {
        const ulong Second = 1_000_000, Percent = 10_000;
        int blank = text.IndexOf(' ', StringComparison.Ordinal);
        if (blank < 0 || !TryRead(text[(blank + 1)..], out ulong period) || period is 0 or > Second)
        {
            return [];
        }

        UnitProperty length = Number("CPUQuotaPeriodUSec", period);
        string first = text[..blank];
        if (first == "max")
        {
            return [Number("CPUQuotaPerSecUSec", Unlimited), length];
        }

        if (!TryRead(first, out ulong quota) || quota > ulong.MaxValue / Second)
        {
            return [];
        }

        ulong perSecond = quota * Second / period;
        return [Number("CPUQuotaPerSecUSec", (perSecond + Percent - 1) / Percent * Percent), length];
    }

    private static ImmutableArray<UnitProperty> Numbers(string name, string list)
    {
        const int Most = 8192;
        ImmutableArray<BusValue>.Builder bytes = ImmutableArray.CreateBuilder<BusValue>();
        try
        {
            foreach (ulong word in list.Length == 0 ? [] : NumberList.Mask(list, name, Most))
            {
                for (int shift = 0; shift < 64; shift += 8)
                {
                    bytes.Add(new BusNumber('y', (word >> shift) & 0xff));
                }
            }
        }
        catch (SpecException)
        {
            return []; // The kernel says better what is wrong with it.
        }

        return [new UnitProperty(name, new BusArray("y", bytes.ToImmutable()), "")];
    }

    private static UnitProperty Number(string name, ulong value) => new(name, new BusNumber('t', value), "");

    private static bool TryRead(string text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
