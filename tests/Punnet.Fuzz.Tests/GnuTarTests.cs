using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Punnet.Fuzz.Tests.Targets;
using Punnet.Host.Layers;
using Xunit;

namespace Punnet.Fuzz.Tests;

/// <summary>The headers that the fuzzer has found, all in one archive: GNU tar is too slow to be asked while it searches.</summary>
public sealed class GnuTarTests
{
    [Fact]
    public async Task Every_header_is_read_by_GNU_tar()
    {
        List<TarHeader> headers =
            [.. Corpus.Read(Corpus.Found, "tar").Concat(Corpus.Read(Corpus.Cases, "tar")).Select(TarTarget.Choose)];
        string archive = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(archive, [.. headers.SelectMany(header => header.ToArray()), .. new byte[2 * TarHeader.Block]]);

            string[] lines = await List(archive).ConfigureAwait(true);

            Assert.Equal(headers.Count, lines.Length);
            Assert.All(headers.Zip(lines), each => AssertLine(each.First, Unescape(each.Second)));
        }
        finally
        {
            File.Delete(archive);
        }
    }

    private static void AssertLine(TarHeader header, string line)
    {
        string link = header.Type switch
        {
            TarType.HardLink => " link to " + header.Target,
            TarType.SymbolicLink => " -> " + header.Target,
            _ => "",
        };
        IEnumerable<char> permissions =
            Enumerable.Range(0, 9).Select(bit => (header.Mode & (0x100u >> bit)) == 0 ? '-' : "rwx"[bit % 3]);

        Assert.EndsWith(" " + header.Path + link, line, StringComparison.Ordinal);
        Assert.Equal("-hlcbdp"["0123456".IndexOf((char)header.Type)], line[0]);
        Assert.Contains($" {header.Uid}/{header.Gid} ", line, StringComparison.Ordinal);
        if ((header.Mode & 0xe00) == 0)
        {
            Assert.Equal(string.Concat(permissions), line[1..10]);
        }
    }

    private static async Task<string[]> List(string archive)
    {
        ProcessStartInfo start = new("tar",
            ["--list", "--verbose", "--numeric-owner", "--full-time", "--utc", "--quoting-style=escape", "--file", archive])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            Environment = { ["LC_ALL"] = "C" },
        };
        using Process tar = Process.Start(start)!;
        Task<string> problems = tar.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string printed = await tar.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).ConfigureAwait(true);
        Assert.DoesNotContain("damaged", await problems.ConfigureAwait(true), StringComparison.Ordinal);
        await tar.WaitForExitAsync(TestContext.Current.CancellationToken).ConfigureAwait(true);
        return printed.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    // \n, \\ and \303; anything else behind a backslash is itself.
    private static string Unescape(string line)
    {
        StringBuilder text = new();
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] != '\\')
            {
                text.Append(line[i]);
                continue;
            }

            char letter = line[++i];
            if (letter is >= '0' and <= '7')
            {
                text.Append((char)Convert.ToInt32(line.Substring(i, 3), 8));
                i += 2;
            }
            else
            {
                int known = "abfnrtv".IndexOf(letter);
                text.Append(known < 0 ? letter : "\a\b\f\n\r\t\v"[known]);
            }
        }

        return text.ToString();
    }
}
