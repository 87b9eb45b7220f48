using System;
using System.Collections.Generic;
using System.Formats.Tar;
using System.Globalization;
using System.Text;

namespace Punnet.Fuzz.Tests;

/// <summary>One header with its records, read as strictly as pax(1) describes them. Names are Latin-1, a character a byte.</summary>
internal sealed class PaxReader
{
    private const int Block = 512;

    public string Path { get; private set; } = "";

    public string Target { get; private set; } = "";

    public byte Type { get; private init; }

    public uint Mode { get; private init; }

    public ulong Uid { get; private set; }

    public ulong Gid { get; private set; }

    public uint Major { get; private init; }

    public uint Minor { get; private init; }

    public decimal? Seconds { get; private set; }

    /// <summary>How exact a reader's times are.</summary>
    public decimal Tolerance { get; private init; }

    public Dictionary<string, byte[]> Attributes { get; } = [];

    /// <summary>Reads a header, and the records before it if there are any.</summary>
    public static PaxReader Read(ReadOnlySpan<byte> blocks)
    {
        ReadOnlySpan<byte> records = default;
        if (blocks[156] == 'x')
        {
            CheckSum(blocks[..Block]);
            int length = (int)Octal(blocks.Slice(124, 12));
            records = blocks.Slice(Block, length);
            blocks = blocks[(Block + ((length + Block - 1) / Block * Block))..];
        }

        CheckSum(blocks[..Block]);
        Fault.If(blocks.Length != Block, "more than a header");
        string prefix = Name(blocks.Slice(345, 155));
        PaxReader read = new()
        {
            Path = (prefix.Length == 0 ? "" : prefix + "/") + Name(blocks[..100]),
            Target = Name(blocks.Slice(157, 100)),
            Type = blocks[156],
            Mode = (uint)Octal(blocks.Slice(100, 8)),
            Uid = Octal(blocks.Slice(108, 8)),
            Gid = Octal(blocks.Slice(116, 8)),
            Major = (uint)Octal(blocks.Slice(329, 8)),
            Minor = (uint)Octal(blocks.Slice(337, 8)),
            Seconds = Octal(blocks.Slice(136, 12)),
        };
        while (!records.IsEmpty)
        {
            records = records[read.Record(records)..];
        }

        return read;
    }

    /// <summary>What another reader has read.</summary>
    public static PaxReader Of(TarEntry entry)
    {
        PosixTarEntry? posix = entry as PosixTarEntry;
        bool isDevice = entry.EntryType is TarEntryType.BlockDevice or TarEntryType.CharacterDevice;
        return new PaxReader
        {
            Path = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(entry.Name)),
            Target = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(entry.LinkName)),
            Type = (byte)entry.EntryType,
            Mode = (uint)entry.Mode,
            Uid = (uint)entry.Uid,
            Gid = (uint)entry.Gid,
            Major = isDevice ? (uint)posix!.DeviceMajor : 0,
            Minor = isDevice ? (uint)posix!.DeviceMinor : 0,
            Seconds = (decimal)(entry.ModificationTime - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerSecond,
            Tolerance = 0.001m,
        };
    }

    // "LENGTH KEY=VALUE\n"
    private int Record(ReadOnlySpan<byte> records)
    {
        int blank = records.IndexOf((byte)' ');
        int length = int.Parse(records[..blank], NumberStyles.None, CultureInfo.InvariantCulture);
        ReadOnlySpan<byte> record = records[(blank + 1)..length];
        Fault.If(record[^1] != '\n', "a record without its end");
        int equals = record.IndexOf((byte)'=');
        string key = Encoding.Latin1.GetString(record[..equals]);
        ReadOnlySpan<byte> value = record[(equals + 1)..^1];
        switch (key)
        {
            case "path": Path = Encoding.Latin1.GetString(value); break;
            case "linkpath": Target = Encoding.Latin1.GetString(value); break;
            case "uid": Uid = ulong.Parse(value, CultureInfo.InvariantCulture); break;
            case "gid": Gid = ulong.Parse(value, CultureInfo.InvariantCulture); break;
            case "mtime": Seconds = decimal.Parse(value, CultureInfo.InvariantCulture); break;
            case var _ when key.StartsWith("SCHILY.xattr.", StringComparison.Ordinal):
                string name = key["SCHILY.xattr.".Length..].Replace("%3D", "=", StringComparison.Ordinal);
                Attributes.Add(name.Replace("%25", "%", StringComparison.Ordinal), value.ToArray());
                break;
            default: throw new Fault("an unknown record: " + key);
        }

        return length;
    }

    private static void CheckSum(ReadOnlySpan<byte> block)
    {
        ulong sum = 8 * ' ';
        for (int i = 0; i < block.Length; i++)
        {
            sum += i is >= 148 and < 156 ? 0u : block[i];
        }

        Fault.If(sum != Octal(block.Slice(148, 8)), "a wrong sum");
        Fault.If(!block.Slice(257, 8).SequenceEqual("ustar\000"u8), "no ustar");
    }

    private static ulong Octal(ReadOnlySpan<byte> field)
    {
        ulong number = 0;
        foreach (byte digit in field[..field.IndexOf((byte)0)])
        {
            Fault.If(digit is < (byte)'0' or > (byte)'7', "no octal digit: " + digit);
            number = (number * 8) + digit - '0';
        }

        return number;
    }

    private static string Name(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]);
    }
}
