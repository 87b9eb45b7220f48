using System;
using System.Globalization;
using System.Text.Json;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet.Host.Resctrl;

/// <summary>
/// The member <c>intel_rdt</c> of the statistics, with runc's names: what the processor can divide, what the default class and the
/// container's have of it, and what was counted (Documentation/filesystems/resctrl.rst).
/// </summary>
public static class ResctrlStatistics
{
    private const string Cache = "L3", Bandwidth = "MB";

    private static readonly (string Counter, string List)[] s_counters =
    [
        ("mbm_total_bytes", "mbm_stats"), ("mbm_local_bytes", "mbm_stats"), ("llc_occupancy", "cmt_stats"),
    ];

    /// <summary>Writes one object; what the kernel does not have is left out.</summary>
    /// <param name="record">The container's class of service, or null.</param>
    /// <param name="json">Where to.</param>
    public static void Write(ResctrlRecord? record, Utf8JsonWriter json)
    {
        json.WriteStartObject("intel_rdt");
        if (record is not null && Top(record.Directory) is string top)
        {
            WriteResource(json, top, record.Directory, Cache, "l3_cache", ["cbm_mask", "min_cbm_bits", "num_closids"]);
            WriteResource(
                json, top, record.Directory, Bandwidth, "mem_bw", ["bandwidth_gran", "delay_linear", "min_bandwidth", "num_closids"]);
            WriteSchemata(json, record.Directory);
            WriteCounters(json, (record.Monitor ?? record.Directory) + "/mon_data");
        }

        json.WriteEndObject();
    }

    private static void WriteResource(
        Utf8JsonWriter json, string top, string directory, string resource, string member, ReadOnlySpan<string> files)
    {
        if (Text(top + "/info/" + resource + "/num_closids").Length == 0)
        {
            return;
        }

        json.WriteStartObject(member + "_info");
        foreach (string file in files)
        {
            string text = Text(top + "/info/" + resource + "/" + file);
            if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && file != "cbm_mask")
            {
                json.WriteNumber(file, number);
            }
            else if (text.Length > 0)
            {
                json.WriteString(file, text);
            }
        }

        json.WriteEndObject();
        json.WriteString(member + "_schema_root", Line(top, resource));
        json.WriteString(member + "_schema", Line(directory, resource));
    }

    private static void WriteSchemata(Utf8JsonWriter json, string directory)
    {
        json.WriteStartArray("schemata");
        foreach (string line in Lines(directory))
        {
            json.WriteStringValue(line);
        }

        json.WriteEndArray();
    }

    // A directory for each domain, in the order of their numbers: mon_L3_00, mon_L3_01, ….
    private static void WriteCounters(Utf8JsonWriter json, string data)
    {
        Errno errno =
            Sys.Openat(Sys.WorkingDirectory, CString.Of(data).WithNul, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out int directory);
        if (errno != Errno.None)
        {
            return;
        }

        using Descriptor owned = new(directory);
        string[] domains = DirectoryListing.SortedDirectories(directory);
        foreach (string list in (ReadOnlySpan<string>)["mbm_stats", "cmt_stats"])
        {
            json.WriteStartArray(list);
            foreach (string domain in domains)
            {
                json.WriteStartObject();
                foreach ((string counter, string where) in s_counters)
                {
                    // "Unavailable" and "Error" are words that the kernel writes there too.
                    if (where == list && ulong.TryParse(
                        Text(data + "/" + domain + "/" + counter), NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
                    {
                        json.WriteNumber(counter, value);
                    }
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
    }

    // The mount point: it alone has the directory info.
    private static string? Top(string directory)
    {
        for (string top = directory; top.Length > 1; top = top[..int.Max(top.LastIndexOf('/'), 0)])
        {
            if (Sys.Statx(Sys.WorkingDirectory, CString.Of(top + "/info").WithNul, out _) == Errno.None)
            {
                return top;
            }
        }

        return null;
    }

    private static string Line(string directory, string resource)
    {
        foreach (string line in Lines(directory))
        {
            if (line.StartsWith(resource + ":", StringComparison.Ordinal))
            {
                return line;
            }
        }

        return string.Empty;
    }

    private static string[] Lines(string directory) =>
        Text(directory + "/schemata").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string Text(string path) => HostFile.TryReadText(Sys.WorkingDirectory, CString.Of(path).WithNul)?.Trim() ?? string.Empty;
}
