using System;
using System.Text.Json;

namespace Punnet.Host.Cgroups;

/// <summary>io.stat: a line a device, "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6".</summary>
public static class CgroupStatisticsBlockIo
{
    private static readonly (string List, (string Key, string Operation)[] Keys)[] s_lists =
    [
        ("ioServiceBytesRecursive", [("rbytes", "Read"), ("wbytes", "Write"), ("dbytes", "Discard")]),
        ("ioServicedRecursive", [("rios", "Read"), ("wios", "Write"), ("dios", "Discard")]),
    ];

    internal static void Write(CgroupDirectory cgroup, Utf8JsonWriter json)
    {
        string[] devices = CgroupFile.Text(cgroup, "io.stat").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        json.WriteStartObject("blkio");
        foreach ((string list, (string Key, string Operation)[] keys) in s_lists)
        {
            if (devices.Length > 0)
            {
                json.WriteStartArray(list);
                foreach (string device in devices)
                {
                    WriteDevice(json, device, keys);
                }

                json.WriteEndArray();
            }
        }

        CgroupStatistics.WritePressure(cgroup, json, "io.pressure");
        json.WriteEndObject();
    }

    private static void WriteDevice(Utf8JsonWriter json, string line, (string Key, string Operation)[] keys)
    {
        string[] words = line.Split(' ');
        string[] number = words[0].Split(':');
        if (number.Length != 2 || !uint.TryParse(number[0], out uint major) || !uint.TryParse(number[1], out uint minor))
        {
            return;
        }

        foreach ((string key, string operation) in keys)
        {
            foreach (string word in words)
            {
                if (word.Length > key.Length && word[key.Length] == '=' && word.StartsWith(key, StringComparison.Ordinal)
                    && ulong.TryParse(word.AsSpan(key.Length + 1), out ulong value))
                {
                    json.WriteStartObject();
                    json.WriteNumber("major", major);
                    json.WriteNumber("minor", minor);
                    json.WriteString("op", operation);
                    json.WriteNumber("value", value);
                    json.WriteEndObject();
                }
            }
        }
    }
}
