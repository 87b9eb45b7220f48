using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Host.Cgroups;
using Punnet.Kernel;

namespace Punnet.Host.State;

/// <summary>What <c>top</c> shows: a line for each container, those first that need most of the processors.</summary>
public sealed class UsageTable
{
    private readonly StateStore _store;
    private readonly IReadOnlyList<string> _wanted;
    private Row? _before;
    private Row? _first;

    /// <summary>An empty table.</summary>
    /// <param name="store">Where the containers are.</param>
    /// <param name="wanted">The ids to show; empty for all.</param>
    public UsageTable(StateStore store, IReadOnlyList<string> wanted) => (_store, _wanted) = (store, wanted);

    /// <summary>Whether it has no line.</summary>
    public bool IsEmpty => _first is null;

    /// <summary>Looks at all containers again. What cannot be read has no numbers; what is gone has no line.</summary>
    public void Update()
    {
        using Descriptor? root = _store.TryOpen();
        (_before, _first) = (_first, null);
        foreach (string id in root is null ? [] : StateStore.Ids(root))
        {
            if (IsWanted(id) && Look(root!, id) is Row row)
            {
                Insert(row);
            }
        }
    }

    /// <summary>The table.</summary>
    /// <param name="lines">Most lines, the head and a line for the rest included.</param>
    /// <param name="columns">Most characters of a line.</param>
    /// <param name="lineEnd">What follows each line.</param>
    public string Text(int lines, int columns, string lineEnd)
    {
        int width = 12;
        for (Row? row = _first; row is not null; row = row.Next)
        {
            width = Math.Max(width, row.Id.Length);
        }

        // An id is cut before the numbers are.
        const int Numbers = 82;
        width = Math.Min(width, Math.Max(12, columns - Numbers));
        StringBuilder text = new();
        Add(
            text, "ID", "STATUS", ["CPU%", "MEM", "LIMIT", "PIDS", "READ/s", "WRITE/s", "PSIcpu", "PSImem", "PSIio", "OOM"], width,
            columns);
        text.Append(lineEnd);
        int printed = 1;
        for (Row? row = _first; row is not null; row = row.Next)
        {
            if (printed == lines - 1 && row.Next is not null)
            {
                int rest = 0;
                for (Row? hidden = row; hidden is not null; hidden = hidden.Next)
                {
                    rest++;
                }

                text.Append("… and ").Append(rest).Append(" more").Append(lineEnd);
                break;
            }

            Add(text, row.Id, row.Status, row.Cells, width, columns);
            text.Append(lineEnd);
            printed++;
        }

        return text.ToString();
    }

    private static void Add(StringBuilder text, string id, string status, string[] cells, int width, int columns)
    {
        StringBuilder line = new();
        line.Append(id.Length > width ? id[..(width - 1)] + "…" : id.PadRight(width)).Append(' ').Append(status.PadRight(8));
        ReadOnlySpan<int> widths = [6, 7, 7, 7, 7, 7, 6, 6, 6, 4];
        for (int i = 0; i < cells.Length; i++)
        {
            line.Append(' ').Append(cells[i].PadLeft(widths[i]));
        }

        text.Append(line.Length > columns ? line.ToString(0, columns) : line.ToString());
    }

    private bool IsWanted(string id)
    {
        bool isWanted = _wanted.Count == 0;
        foreach (string wanted in _wanted)
        {
            isWanted |= wanted == id;
        }

        return isWanted;
    }

    private Row? Look(Descriptor root, string id)
    {
        string status = "?";
        CgroupUsage? usage = null;
        try
        {
            if (_store.TryOpen(root, id) is not ContainerDirectory directory)
            {
                return null;
            }

            using Container container = Container.Own(directory);
            if (!container.Exists)
            {
                return null;
            }

            status = container.StatusWord;
            using CgroupDirectory? cgroup = container.Status == ContainerStatus.Stopped ? null : container.TryOpenCgroup();
            usage = cgroup is null ? null : CgroupUsage.Of(cgroup);
        }
        catch (Exception failure) when (failure is PunnetException { ExitStatus: null } or SysException)
        {
            // A damaged record, or a container that ends right now: the others are shown.
        }

        if (usage is null)
        {
            return new Row(id, status, ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-"], -1, null);
        }

        CgroupUsage? before = UsageBefore(id);
        long passed = before is null || before.Cpu > usage.Cpu ? 0 : usage.Moment - before.Moment; // It may be another one of that name.
        long tenths = passed > 0 ? (long)(usage.Cpu - before!.Cpu) * 1000 / passed : -1;
        return new Row(
            id, status,
            [
                tenths < 0 ? "-" : (tenths / 10).ToString() + "." + (tenths % 10).ToString(),
                Bytes(usage.Memory),
                usage.Memory is not null && usage.MemoryLimit is null ? "max" : Bytes(usage.MemoryLimit),
                (usage.Pids?.ToString() ?? "-") + (usage.PidsLimit is ulong most ? "/" + most.ToString() : ""),
                Rate(before?.Read, usage.Read, passed),
                Rate(before?.Written, usage.Written, passed),
                usage.Pressures[0] ?? "-", usage.Pressures[1] ?? "-", usage.Pressures[2] ?? "-",
                usage.OomKills?.ToString() ?? "-",
            ],
            tenths, usage);
    }

    private CgroupUsage? UsageBefore(string id)
    {
        Row? row = _before;
        while (row is not null && row.Id != id)
        {
            row = row.Next;
        }

        return row?.Usage;
    }

    // Behind those that need more; equal ones stay in the order of their ids.
    private void Insert(Row row)
    {
        Row? before = null, next = _first;
        while (next is not null && next.Order >= row.Order)
        {
            (before, next) = (next, next.Next);
        }

        row.Next = next;
        if (before is null)
        {
            _first = row;
        }
        else
        {
            before.Next = row;
        }
    }

    private static string Rate(ulong? before, ulong? now, long passed) => now is ulong last && last >= (before ?? 0) && passed > 0
        ? Bytes((ulong)((UInt128)(last - (before ?? 0)) * 1_000_000 / (ulong)passed))
        : "-";

    private static string Bytes(ulong? bytes)
    {
        if (bytes is not ulong number)
        {
            return "-";
        }

        int unit = 0;
        ulong tenths = number;
        for (; tenths >= 10_240 || (unit == 0 && tenths >= 1024); unit++)
        {
            tenths = unit == 0 ? tenths * 10 / 1024 : tenths / 1024;
        }

        return unit == 0 ? number.ToString() : (tenths / 10).ToString() + "." + (tenths % 10).ToString() + "KMGTPE"[unit - 1];
    }

    private sealed class Row(string id, string status, string[] cells, long order, CgroupUsage? usage)
    {
        public string Id => id;

        public string Status => status;

        public string[] Cells => cells;

        public long Order => order;

        public CgroupUsage? Usage => usage;

        public Row? Next { get; set; }
    }
}
