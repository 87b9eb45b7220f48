using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace Punnet.Fuzz.Tests.Differential;

/// <summary>
/// The same config.json to punnet and to runc, with one value changed: what only one of them accepts is in differences.txt, with the
/// reason.
/// FUZZ_ALL=1 tries every change, and prints what is missing there; otherwise it is every 12th.
/// </summary>
public sealed class RuncTests
{
    private const int Step = 12;

    private static readonly bool s_isWhole = Environment.GetEnvironmentVariable("FUZZ_ALL") == "1";

    [Fact]
    public async Task Only_what_is_listed_is_accepted_by_one_runtime_alone()
    {
        string runc = Environment.GetEnvironmentVariable("RUNC") ?? Array.Find(["/usr/sbin/runc", "/usr/bin/runc"], File.Exists)!;
        string punnet = Path.GetFullPath(Environment.GetEnvironmentVariable("PUNNET") ?? "out/punnet");
        string work = Directory.CreateTempSubdirectory("punnet-fuzz-").FullName;
        try
        {
            List<(string Name, string Document)> edits = [.. ConfigEdits.All(File.ReadAllText(Beside("base.json")))
                .Where((_, index) => s_isWhole || index % Step == 0)];
            for (int i = 0; i < edits.Count; i++)
            {
                File.WriteAllText(Path.Combine(work, i.ToString() + ".json"), edits[i].Document);
            }

            string[][] lines = await Task.WhenAll(Half(0), Half(1));
            Compare(edits, [.. lines.SelectMany(each => each)]);

            Task<string[]> Half(int first) =>
                Run([punnet, runc, work, .. NumbersFrom(first, edits.Count)]);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static IEnumerable<string> NumbersFrom(int first, int count) =>
        Enumerable.Range(0, count).Where(number => number % 2 == first).Select(number => number.ToString());

    private static string Beside(string file) => Path.Combine(AppContext.BaseDirectory, "Differential", file);

    private static async Task<string[]> Run(IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new("sh", [Beside("create-both"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        string printed = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).ConfigureAwait(false);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).ConfigureAwait(false);
        return printed.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static void Compare(List<(string Name, string Document)> edits, string[] lines)
    {
        Assert.Equal(edits.Count, lines.Length);
        Dictionary<string, string> listed = File.ReadAllLines(Beside("differences.txt"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .ToDictionary(line => line[(line.IndexOf(' ') + 1)..], line => line[..line.IndexOf(' ')]);
        List<string> wrong = [];
        int accepted = 0;
        foreach (string line in lines)
        {
            string[] fields = line.Split('\t');
            string name = edits[int.Parse(fields[0])].Name;
            bool byPunnet = fields[1] == "0", byRunc = fields[3] == "0";
            accepted += byPunnet && byRunc ? 1 : 0;
            string found = byPunnet == byRunc ? "" : byPunnet ? "punnet" : "runc";
            if (found != listed.GetValueOrDefault(name, ""))
            {
                wrong.Add($"{(found.Length == 0 ? "both-or-none" : found)} {name}\n#   punnet: {fields[2]}\n#   runc: {fields[4]}");
            }

            if (!byPunnet && (fields[1] != "1" || !fields[2].StartsWith("punnet: ", StringComparison.Ordinal)))
            {
                wrong.Add($"{name}: punnet ends with {fields[1]}: {fields[2]}");
            }
        }

        Assert.True(accepted > 0, "nothing is accepted: " + lines[0]);
        Assert.True(wrong.Count == 0, "only one runtime accepts, and differences.txt does not have it:\n" + string.Join('\n', wrong));
    }
}
