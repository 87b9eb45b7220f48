using System;
using System.Collections.Generic;
using System.Formats.Tar;
using System.IO;
using System.Text;
using Punnet.Abi;
using Punnet.Host.Layers;

namespace Punnet.Fuzz.Tests.Targets;

/// <summary>Headers of the fuzzer's choice, as commit writes them, are read again by System.Formats.Tar with the same values.</summary>
internal static class TarTarget
{
    private static readonly TarType[] s_types =
    [
        TarType.File, TarType.HardLink, TarType.SymbolicLink, TarType.CharacterDevice, TarType.BlockDevice, TarType.Directory, TarType.Fifo,
    ];

    /// <summary>Chooses a header.</summary>
    public static void Run(byte[] input)
    {
        TarHeader header = Choose(input);
        byte[] written = header.ToArray();
        Fault.If(written.Length % TarHeader.Block != 0, "no whole blocks");
        Compare(header, PaxReader.Read(written));

        // That reader takes records as lines of text, times up to the year 9999, and ids of 31 bits.
        bool isReadable = header.Attributes.Count == 0 && header.Modified.Seconds is > -60_000_000_000 and < 250_000_000_000
            && (int)(header.Uid | header.Gid) >= 0;
        if (isReadable && FileNameBytes.TryText(header.Path + header.Target)?.Contains('\n', StringComparison.Ordinal) == false)
        {
            using TarReader reader = new(new MemoryStream([.. written, .. new byte[2 * TarHeader.Block]]));
            TarEntry entry = reader.GetNextEntry() ?? throw new Fault("nothing is read");
            Compare(header, PaxReader.Of(entry));
            Fault.If(reader.GetNextEntry() is not null, "more is read than was written");
        }
    }

    /// <summary>The header that an input stands for.</summary>
    public static TarHeader Choose(byte[] input)
    {
        Choices choices = new(input);
        TarType type = choices.Pick(s_types);
        bool isLink = type is TarType.HardLink or TarType.SymbolicLink;
        bool isDevice = type is TarType.CharacterDevice or TarType.BlockDevice;
        List<ExtendedAttribute> attributes = [];
        for (int count = choices.Next(4); count > 0; count--)
        {
            string name = "user." + count.ToString() + Name(choices, 40, false);
            attributes.Add(new ExtendedAttribute(name, choices.Bytes(choices.Next(60)).ToArray()));
        }

        string path = Name(choices, 300, true);
        return new TarHeader
        {
            Path = type == TarType.Directory ? path + "/" : path,
            Type = type,
            Mode = (uint)choices.Next(0x1000),
            Uid = Number(choices),
            Gid = Number(choices),
            Size = 0,
            Modified = new FileTime
            {
                Seconds = (long)(choices.UInt64() >> choices.Next(64)) * (choices.Next(2) == 0 ? 1 : -1),
                Nanoseconds = (uint)(choices.UInt64() % 1_000_000_000),
            },
            Target = isLink ? Name(choices, 300, true) : "",
            Major = isDevice ? (uint)choices.Next(4096) : 0,
            Minor = isDevice ? (uint)choices.UInt64() & 0xfffff : 0,
            Attributes = attributes,
        };
    }

    private static uint Number(Choices choices) => (uint)choices.UInt64() >> choices.Next(32);

    // A file's name has no NUL, and its parts are neither empty nor dots.
    private static string Name(Choices choices, int longest, bool hasSlashes)
    {
        int length = 1 + choices.Next(longest);
        StringBuilder name = new("n");
        foreach (byte one in choices.Bytes(length))
        {
            name.Append(one == 0 || (one == '/' && (!hasSlashes || name[^1] == '/')) ? 'x' : (char)one);
        }

        int repeated = choices.Next(4) * 40;
        return name.Append('y', repeated).Append('n').ToString();
    }

    private static void Compare(TarHeader header, PaxReader read)
    {
        Fault.Differ(header.Path, read.Path, "another path");
        Fault.Differ(header.Target, read.Target, "another target");
        Fault.If(read.Type != (byte)header.Type, "another type: " + read.Type);
        Fault.If(read.Mode != header.Mode, "another mode");
        Fault.If(read.Uid != header.Uid || read.Gid != header.Gid, $"another owner: {read.Uid}:{read.Gid}");
        Fault.If(read.Major != header.Major || read.Minor != header.Minor, "another device");
        if (read.Seconds is decimal seconds)
        {
            decimal written = header.Modified.Seconds + (header.Modified.Nanoseconds / 1_000_000_000m);
            Fault.If(decimal.Abs(seconds - written) > read.Tolerance, $"another time: {seconds} for {written}");
        }

        foreach (ExtendedAttribute attribute in header.Attributes)
        {
            Fault.If(!read.Attributes.TryGetValue(attribute.Name, out byte[]? value) || !value.AsSpan().SequenceEqual(attribute.Value),
                "another attribute: " + attribute.Name);
        }
    }
}
