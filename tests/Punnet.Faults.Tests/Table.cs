using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Punnet.Faults.Tests;

/// <summary>What is counted, in out/faults: one row for docs/reliability.md for each scenario, and what was broken.</summary>
internal sealed class Table(string scenario)
{
    private readonly Dictionary<Verdict, int> _verdicts = [];
    private readonly SortedDictionary<string, string> _tolerated = [];
    private readonly string _file = Directory.CreateDirectory(Path.GetDirectoryName(Place.Punnet) + "/faults").FullName + "/" + scenario;

    public void Count(Fault fault, Verdict verdict)
    {
        _verdicts[verdict] = _verdicts.GetValueOrDefault(verdict) + 1;
        if (verdict == Verdict.Tolerated && fault.Error != 0)
        {
            _tolerated[fault.Site.ToString()] = _tolerated.GetValueOrDefault(fault.Site.ToString()) + " " + fault.What;
        }
    }

    /// <summary>At once: a run of everything takes long.</summary>
    public void Note(string report) => File.AppendAllText(_file + ".broken", report + "\n");

    public void Write(int calls)
    {
        int[] counts = [.. new[] { Verdict.Told, Verdict.Tolerated, Verdict.Ended, Verdict.NotReached, Verdict.Broken }
            .Select(verdict => _verdicts.GetValueOrDefault(verdict))];
        File.WriteAllText(_file + ".row", $"| {scenario} | {calls} | {counts.Sum()} | {string.Join(" | ", counts)} |\n");
        File.WriteAllText(_file + ".tolerated", string.Join('\n', _tolerated.Select(static pair => $"{pair.Key}{pair.Value}")) + "\n");
    }
}
