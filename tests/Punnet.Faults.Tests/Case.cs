using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Punnet.Faults.Tests;

/// <summary>How a case ended.</summary>
internal enum Verdict
{
    /// <summary>A sentence and a documented status.</summary>
    Told,

    /// <summary>Success, and everything is as without the fault.</summary>
    Tolerated,

    /// <summary>The signal that was sent ended it.</summary>
    Ended,

    /// <summary>This time the process had no such call.</summary>
    NotReached,

    /// <summary>One of the promises was broken.</summary>
    Broken,
}

/// <summary>Runs the cases of a scenario, one after the other.</summary>
internal sealed partial class Case : IDisposable
{
    private readonly Scenario _scenario;
    private readonly Place _place = new();
    private string _expected = "";
    private int _number;

    private Case(Scenario scenario) => _scenario = scenario;

    /// <summary>Runs the command twice without a fault: to count its calls, and to know what it makes.</summary>
    public static Case Of(Scenario scenario)
    {
        Case made = new(scenario);
        try
        {
            made.Learn();
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>Every call of a run without a fault.</summary>
    public List<CallSite> Sites { get; private set; } = [];

    /// <inheritdoc/>
    public void Dispose() => _place.Dispose();

    /// <summary>One case.</summary>
    /// <param name="fault">What happens in it.</param>
    /// <param name="report">What was wrong, if the verdict is <see cref="Verdict.Broken"/>.</param>
    public Verdict Run(Fault fault, out string report)
    {
        string id = Begin();
        Traced traced = Trace(id, fault);
        List<string> wrong = [];
        Verdict verdict = Judge(traced, fault, id, wrong);
        bool mustExist = traced.ExitStatus == 0 && _scenario.Proof is Proof.DigestAfterStart;
        CheckAfter(id, wrong, mustExist, wasKilled: fault.IsOfCommand && traced.Signal == Native.Kill);
        report = $"{_scenario.Name}:{fault}: status {traced.ExitStatus}: {string.Join("; ", wrong)}";
        return wrong.Count > 0 ? Verdict.Broken : traced.HasFired ? verdict : Verdict.NotReached;
    }

    private void Learn()
    {
        if (_scenario.Command.Contains("console", StringComparison.Ordinal))
        {
            _place.Listen();
        }

        (Traced first, string proof) = RunWell();
        (Traced second, _expected) = RunWell();
        if (proof != _expected)
        {
            throw new InvalidOperationException($"{_scenario.Name} is not the same twice:\n{proof}\n---\n{_expected}");
        }

        Sites = second.Calls.Count > first.Calls.Count ? second.Calls : first.Calls;
    }

    private (Traced Traced, string Proof) RunWell()
    {
        string id = Begin();
        Traced traced = Trace(id, null);
        string proof = traced.Status == 0 ? Prove(id) : throw new InvalidOperationException($"{_scenario.Name}: {traced}: {_place.Stderr}");
        List<string> wrong = [];
        CheckAfter(id, wrong, mustExist: false, wasKilled: false);
        if (!IsDigest(proof))
        {
            wrong.Add(proof);
        }

        return wrong.Count == 0 ? (traced, proof) : throw new InvalidOperationException(_scenario.Name + ": " + string.Join("; ", wrong));
    }

    private string Begin()
    {
        foreach (string file in Directory.GetFiles(_place.Shared))
        {
            File.Delete(file);
        }

        // The program's user writes there too.
        File.WriteAllText(_place.Shared + "/hooks", "");
        File.SetUnixFileMode(_place.Shared + "/hooks", (UnixFileMode)0x1B6);
        string id = $"c{++_number:D5}";
        _scenario.Prepare(_place, id);
        return id;
    }

    private Traced Trace(string id, Fault? fault)
    {
        int init = _scenario.Name == "start" ? (int)JsonNode.Parse(_place.MustRun(_place.Words("state", id)))!["pid"]! : 0;
        return Tracer.Run(_place, _scenario.Words(_place, id), fault, init);
    }

    private Verdict Judge(Traced traced, Fault fault, string id, List<string> wrong)
    {
        string errors = _place.Stderr;
        if (traced.IsHung)
        {
            wrong.Add("hung");
        }
        else if (Unhandled().IsMatch(errors))
        {
            wrong.Add("unhandled: " + errors.Trim());
        }
        else if (traced.Status == 0)
        {
            string proof = Prove(id);
            bool isWarned = _scenario.Name == "list" && errors.Contains(" is not listed: ", StringComparison.Ordinal);
            bool isEnded = fault.Signal != 0 && !fault.IsOfCommand && !IsDigest(proof);
            if (proof != _expected && !isWarned && !isEnded && !IsFallback(fault, proof) && !IsTold(proof))
            {
                wrong.Add("success, but " + Difference(proof));
            }

            return Verdict.Tolerated;
        }
        else if (fault.Signal != 0 && traced.ExitStatus == 128 + fault.Signal)
        {
            return Verdict.Ended;
        }
        else if (traced.Signal != 0)
        {
            wrong.Add($"ended by signal {traced.Signal}: {errors.Trim()}");
        }
        else if (!Sentence().IsMatch(errors))
        {
            wrong.Add($"no sentence: '{errors.Trim()}'");
        }
        else if (traced.ExitStatus != _scenario.FailureStatus && traced.ExitStatus is not (126 or 127)
            && !errors.StartsWith("punnet: cannot start: ", StringComparison.Ordinal))
        {
            wrong.Add($"an undocumented status: {errors.Trim()}");
        }

        bool wasKilled = fault.IsOfCommand && fault.Signal == Native.Kill;
        if (_scenario.LeavesRunning && !wasKilled && _place.Status(id) is string status and not "running")
        {
            wrong.Add($"the container is {status}");
        }

        return Verdict.Told;
    }

    // docs/config.md: where sysfs may not be mounted in a user namespace, the host's is bound, read-only.
    private bool IsFallback(Fault fault, string proof) =>
        fault.What == "EPERM" && _scenario.Variants.Contains("user", StringComparison.Ordinal) && IsDigest(proof)
        && Difference(proof).Split(", ").All(static line => line.Contains(" /sys", StringComparison.Ordinal));

    private static bool IsDigest(string proof) =>
        !proof.StartsWith("status ", StringComparison.Ordinal) && !proof.StartsWith("no digest", StringComparison.Ordinal);

    // A start that fails with a sentence is as good as a create that does.
    private static bool IsTold(string proof) => proof.StartsWith("status 1: punnet: start: ", StringComparison.Ordinal);

    private string Prove(string id)
    {
        switch (_scenario.Proof)
        {
            case Proof.DigestAfterStart:
                int status = _place.Run(_place.Words("start", id));
                return status == 0 ? Digest(id) : $"status {status}: {_place.Stderr}";
            case Proof.Digest:
                return Digest(id);
            case Proof.Output:
                return Digits().Replace(Normal(_place.Stdout, id), "#");
            case Proof.Limit:
                return Place.HasHugetlb ? _place.ReadCgroup(id, "hugetlb.2MB.max") : "";
            case Proof.Layer:
                return Layer(_place.Top + "/work/layer");
            default:
                if (_scenario.Name == "kill")
                {
                    _place.WaitForStatus(id, "stopped");
                }

                return _place.Status(id);
        }
    }

    private string Digest(string id)
    {
        string digest = Normal(_place.WaitForFile(_place.Shared + "/digest"), id);
        return digest.Length == 0 ? "no digest: " + _place.Stderr : digest + File.ReadAllText(_place.Shared + "/hooks");
    }

    // Namespaces have new numbers each time; what matters is whether they are the host's.
    private string Normal(string text, string id) => Namespace().Replace(
        Changing().Replace(text.Replace(_place.Top, "TOP").Replace(_place.CgroupPath, "").Replace(id, "ID"), "${kept}"),
        static match => (new FileInfo("/proc/self/ns/" + match.Groups["kind"].Value).LinkTarget == match.Value ? "host's " : "own ")
            + match.Groups["kind"].Value);

    private static string Layer(string path)
    {
        if (Directory.Exists(path))
        {
            return string.Join('\n', Directory.GetFileSystemEntries(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(entry => $"{entry[path.Length..]} {(File.Exists(entry) ? new FileInfo(entry).Length : 0)}"));
        }

        using GZipStream unpacked = new(File.OpenRead(path), CompressionMode.Decompress);
        using MemoryStream whole = new();
        unpacked.CopyTo(whole);
        return $"{whole.Length} bytes";
    }

    private string Difference(string proof)
    {
        HashSet<string> expected = [.. _expected.Split('\n')], found = [.. proof.Split('\n')];
        IEnumerable<string> missing = expected.Except(found).Select(static line => "-" + line);
        return string.Join(", ", missing.Concat(found.Except(expected).Select(static line => "+" + line)));
    }

    // What a user does next: every one of these answers, and after the last nothing is left.
    private void CheckAfter(string id, List<string> wrong, bool mustExist, bool wasKilled)
    {
        _place.Drain();
        int state = _place.Run(_place.Words("state", id));
        if (state != 0 && (mustExist || state != 1 || !_place.Stderr.Contains("does not exist", StringComparison.Ordinal)))
        {
            wrong.Add($"state afterwards: {state}, {_place.Stderr.Trim()}");
        }

        foreach (string[] words in (string[][])[["list"], ["delete", "--force", id]])
        {
            int status = _place.Run(_place.Words(words));
            if (status != 0)
            {
                wrong.Add($"{words[0]} afterwards: {status}, {_place.Stderr.Trim()}");
            }
        }

        _place.EmptyWork(wasKilled);
        List<string> left = _place.Leftovers();
        if (left.Count > 0)
        {
            wrong.Add("left: " + string.Join(", ", left));
            _place.Clean();
        }
    }

    [GeneratedRegex("""^punnet: .""", RegexOptions.Multiline, 1000)]
    private static partial Regex Sentence();

    [GeneratedRegex("Unhandled|^   at |Fatal error|Process terminated", RegexOptions.Multiline, 1000)]
    private static partial Regex Unhandled();

    [GeneratedRegex(@"\b(?<kind>cgroup|ipc|mnt|net|pid|user|uts):\[\d+\]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Namespace();

    [GeneratedRegex("[0-9 ]+", RegexOptions.None, 1000)]
    private static partial Regex Digits();

    // Peer groups of mounts, numbers of processes, moments.
    [GeneratedRegex(
        """(?<kept>(master|shared|propagate_from):|"pid": |pts/|"created": )("[^"]*"|\d+)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Changing();
}
