using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;

namespace Punnet.Fuzz.Tests;

/// <summary>
/// The inputs of a target: <c>corpus/TARGET.txt</c> and <c>cases/TARGET.txt</c> have one in each line. A line that starts with a blank
/// is an input, with \n, \\ and \x00 for what a line cannot hold; every other line is a comment.
/// </summary>
internal static class Corpus
{
    /// <summary>What the fuzzer has found worth keeping, minimized.</summary>
    public const string Found = "corpus";

    /// <summary>What was once a fault, each with a comment that says which.</summary>
    public const string Cases = "cases";

    /// <summary>The inputs of a file beside this program; none where it does not exist.</summary>
    public static List<byte[]> Read(string folder, string target)
    {
        List<byte[]> inputs = [];
        string file = Path.Combine(AppContext.BaseDirectory, folder, target + ".txt");
        foreach (string line in File.Exists(file) ? File.ReadAllLines(file) : [])
        {
            if (line.StartsWith(' '))
            {
                inputs.Add(Unescape(line[1..]));
            }
        }

        return inputs;
    }

    /// <summary>An input as a line of such a file.</summary>
    public static string Line(ReadOnlySpan<byte> input)
    {
        StringBuilder line = new(" ");
        foreach (byte one in input)
        {
            _ = one switch
            {
                (byte)'\\' => line.Append(@"\\"),
                (byte)'\n' => line.Append(@"\n"),
                >= 0x20 and < 0x7f => line.Append((char)one),
                _ => line.Append(@"\x").Append(one.ToString("x2", CultureInfo.InvariantCulture)),
            };
        }

        return line.ToString();
    }

    /// <summary>The input of a line, without its blank.</summary>
    public static byte[] Unescape(string line)
    {
        List<byte> input = [];
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] != '\\')
            {
                input.Add((byte)line[i]);
                continue;
            }

            i++;
            if (line[i] == 'x')
            {
                input.Add(byte.Parse(line.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 2;
            }
            else
            {
                input.Add(line[i] == 'n' ? (byte)'\n' : (byte)line[i]);
            }
        }

        return [.. input];
    }
}
