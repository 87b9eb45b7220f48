using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;

namespace Punnet.Host.Layers;

/// <summary>typeflag of a tar header, pax(1) "ustar Interchange Format".</summary>
public enum TarType : byte
{
    /// <summary>Regular file.</summary>
    File = (byte)'0',

    /// <summary>Another name of a file before it.</summary>
    HardLink = (byte)'1',

    /// <summary>Symbolic link.</summary>
    SymbolicLink = (byte)'2',

    /// <summary>Character device.</summary>
    CharacterDevice = (byte)'3',

    /// <summary>Block device.</summary>
    BlockDevice = (byte)'4',

    /// <summary>Directory.</summary>
    Directory = (byte)'5',

    /// <summary>Fifo.</summary>
    Fifo = (byte)'6',

    /// <summary>Records for the next file, pax(1) "pax Header Block".</summary>
    Records = (byte)'x',
}

/// <summary>
/// The header of one file in a tar: pax(1). System.Formats.Tar is not used, since it takes names and attributes as text: capabilities
/// and ACLs are bytes, and so are names. What fits into the old header stands there alone; a record is written only where it does not.
/// </summary>
public sealed record TarHeader
{
    /// <summary>Size of a block, bytes.</summary>
    public const int Block = 512;

    private const ulong LargestOctal = 0x1FFFFFFFF; // 11 octal digits
    private const uint LargestId = 0x1FFFFF; // 7 octal digits

    /// <summary>Path, without a slash at its beginning; with one at the end of a directory. As <see cref="FileNameBytes"/>.</summary>
    public required string Path { get; init; }

    /// <summary>What it is.</summary>
    public required TarType Type { get; init; }

    /// <summary>Permissions.</summary>
    public uint Mode { get; init; }

    /// <summary>Owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group.</summary>
    public uint Gid { get; init; }

    /// <summary>Bytes of content that follow.</summary>
    public ulong Size { get; init; }

    /// <summary>Time of change.</summary>
    public FileTime Modified { get; init; }

    /// <summary>Target of a link, as <see cref="FileNameBytes"/>.</summary>
    public string Target { get; init; } = "";

    /// <summary>Major number of a device.</summary>
    public uint Major { get; init; }

    /// <summary>Minor number of a device.</summary>
    public uint Minor { get; init; }

    /// <summary>Extended attributes: records SCHILY.xattr.NAME, as every tool for images has them.</summary>
    public IReadOnlyList<ExtendedAttribute> Attributes { get; init; } = [];

    /// <summary>The header's blocks, whole.</summary>
    public byte[] ToArray()
    {
        bool isShort = TrySplit(Path, out string prefix, out string name);
        byte[] records = Records(isShort);
        if (records.Length > 0 && prefix.Length > 0)
        {
            records = Records(isShort: false); // System.Formats.Tar ignores a prefix behind records.
        }

        int length = records.Length == 0 ? 0 : Block + Padded(records.Length);
        byte[] blocks = new byte[length + Block];
        if (records.Length > 0)
        {
            TarHeader holder =
                new() { Path = "PaxHeaders/next", Type = TarType.Records, Mode = Permissions.Mode0644, Size = (ulong)records.Length };
            holder.Fill(blocks, "", holder.Path);
            records.CopyTo(blocks.AsSpan(Block));
        }

        Fill(blocks.AsSpan(length), prefix, name);
        return blocks;
    }

    /// <summary>A length filled up to whole blocks.</summary>
    public static int Padded(int length) => (length + Block - 1) / Block * Block;

    private byte[] Records(bool isShort)
    {
        List<byte> records = [];
        if (!isShort || IsForeign(Path))
        {
            Add(records, "path", FileNameBytes.Bytes(Path));
        }

        if (Target.Length > 100 || IsForeign(Target))
        {
            Add(records, "linkpath", FileNameBytes.Bytes(Target));
        }

        AddNumber(records, "size", Size, LargestOctal);
        AddNumber(records, "uid", Uid, LargestId);
        AddNumber(records, "gid", Gid, LargestId);
        if (Modified.Nanoseconds != 0 || Modified.Seconds < 0 || (ulong)Modified.Seconds > LargestOctal)
        {
            Add(records, "mtime", Encoding.ASCII.GetBytes(Time(Modified)));
        }

        foreach (ExtendedAttribute attribute in Attributes)
        {
            // As GNU tar has it: a name must not hold what ends it.
            string name = attribute.Name.Replace("%", "%25", StringComparison.Ordinal).Replace("=", "%3D", StringComparison.Ordinal);
            Add(records, "SCHILY.xattr." + name, attribute.Value);
        }

        return [.. records];
    }

    private static void AddNumber(List<byte> records, string key, ulong value, ulong largest)
    {
        if (value > largest)
        {
            Add(records, key, Encoding.ASCII.GetBytes(value.ToString()));
        }
    }

    // "LENGTH KEY=VALUE\n", where the length counts its own digits too.
    private static void Add(List<byte> records, string key, byte[] value)
    {
        int rest = 1 + key.Length + 1 + value.Length + 1;
        int length = rest + rest.ToString().Length;
        length = rest + length.ToString().Length;
        records.AddRange(FileNameBytes.Bytes(length.ToString() + " " + key + "="));
        records.AddRange(value);
        records.Add((byte)'\n');
    }

    // The old header's names are ASCII by the standard; a name that is not UTF-8 must not be in a record, which is UTF-8 by the standard.
    private static bool IsForeign(string raw)
    {
        foreach (char one in raw)
        {
            if (one > 0x7f)
            {
                return FileNameBytes.TryText(raw) is not null;
            }
        }

        return false;
    }

    private static string Time(FileTime time)
    {
        // Seconds are rounded down, also before 1970.
        bool isNegative = time.Seconds < 0 && time.Nanoseconds > 0;
        long seconds = isNegative ? time.Seconds + 1 : time.Seconds;
        uint nanoseconds = isNegative ? 1_000_000_000 - time.Nanoseconds : time.Nanoseconds;
        string sign = isNegative && seconds == 0 ? "-" : "";
        return nanoseconds == 0 ? seconds.ToString() : sign + seconds.ToString() + "." + nanoseconds.ToString("D9").TrimEnd('0');
    }

    // A path that is too long for the name may be divided at a slash.
    private static bool TrySplit(string path, out string prefix, out string name)
    {
        (prefix, name) = ("", path);
        if (path.Length <= 100)
        {
            return true;
        }

        int slash = path.Length > 256 ? -1 : path.IndexOf('/', Math.Max(path.Length - 101, 1));
        if (slash is > 0 and <= 155 && slash < path.Length - 1)
        {
            (prefix, name) = (path[..slash], path[(slash + 1)..]);
            return true;
        }

        name = path[..100];
        return false;
    }

    private void Fill(Span<byte> block, string prefix, string name)
    {
        Text(block[..100], name);
        Octal(block.Slice(100, 8), Mode);
        Octal(block.Slice(108, 8), Uid > LargestId ? 0 : Uid);
        Octal(block.Slice(116, 8), Gid > LargestId ? 0 : Gid);
        Octal(block.Slice(124, 12), Size > LargestOctal ? 0 : Size);
        Octal(block.Slice(136, 12), Modified.Seconds < 0 || (ulong)Modified.Seconds > LargestOctal ? 0 : (ulong)Modified.Seconds);
        block[156] = (byte)Type;
        Text(block.Slice(157, 100), Target);
        "ustar\0"u8.CopyTo(block[257..]);
        "00"u8.CopyTo(block[263..]);
        Octal(block.Slice(329, 8), Major);
        Octal(block.Slice(337, 8), Minor);
        Text(block.Slice(345, 155), prefix);

        // The sum is taken with blanks in its own place.
        block.Slice(148, 8).Fill((byte)' ');
        uint sum = 0;
        foreach (byte one in block[..Block])
        {
            sum += one;
        }

        Octal(block.Slice(148, 7), sum);
    }

    private static void Text(Span<byte> field, string raw) =>
        Encoding.Latin1.GetBytes(raw.AsSpan(0, Math.Min(raw.Length, field.Length)), field);

    private static void Octal(Span<byte> field, ulong value)
    {
        for (int i = field.Length - 2; i >= 0; i--)
        {
            field[i] = (byte)('0' + (value & 7));
            value >>= 3;
        }

        field[^1] = 0;
    }
}
