using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Host.Tracing;

/// <summary>From records to spans.</summary>
public static class TraceSpans
{
    private const int Lanes = 16; // A command has three processes at most, and a file may say anything.

    /// <summary>The spans of records: each ends with its record, and begins with the one before of the same process.</summary>
    /// <param name="records">In any order; sorted by this.</param>
    /// <param name="begin">What ended before is left out, and what began before is cut.</param>
    /// <param name="container">The container's plan, or null where it is not known.</param>
    /// <param name="process">The program's plan, or null.</param>
    public static List<TraceSpan> Of(Span<TraceRecord> records, long begin, ContainerPlan? container, ProcessPlan? process)
    {
        Sort(records);
        Span<long> last = stackalloc long[Lanes]; // 0: no record of this process yet.
        Span<int> latest = stackalloc int[Lanes]; // Where its latest span is, from 1 on.
        List<TraceSpan> spans = [];
        foreach (TraceRecord record in records)
        {
            if (record.Lane is < 0 or >= Lanes)
            {
                continue;
            }

            long from = last[record.Lane];
            last[record.Lane] = record.Nanoseconds;
            if (record.Nanoseconds < begin || from == 0)
            {
                continue;
            }

            string name = TraceWords.Of(record, container, process);
            string result = record.Errno == 0 ? TraceJson.Good : ((Errno)record.Errno).Words();
            long start = Math.Max(from, begin);
            int before = latest[record.Lane] - 1;
            if (before >= 0 && spans[before].Name == name && spans[before].Result == result)
            {
                start = spans[before].Begin;
                spans[before] = new TraceSpan(name, record.Lane, start, record.Nanoseconds, result);
                continue;
            }

            spans.Add(new TraceSpan(name, record.Lane, start, record.Nanoseconds, result));
            latest[record.Lane] = spans.Count;
        }

        return spans;
    }

    // By time. They are nearly in this order; and with Array.Sort every start of punnet would set up what that needs.
    private static void Sort(Span<TraceRecord> records)
    {
        for (int i = 1; i < records.Length; i++)
        {
            TraceRecord record = records[i];
            int at = i;
            for (; at > 0 && records[at - 1].Nanoseconds > record.Nanoseconds; at--)
            {
                records[at] = records[at - 1];
            }

            records[at] = record;
        }
    }
}
