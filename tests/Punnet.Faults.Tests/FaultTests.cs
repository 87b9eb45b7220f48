using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.ExceptionServices;
using System.Runtime.Versioning;
using System.Threading;
using Xunit;

[assembly: SupportedOSPlatform("linux")]
[assembly: Xunit.v3.Parallelization(MaxThreads = 2, Mode = Xunit.Sdk.ParallelMode.All)]

namespace Punnet.Faults.Tests;

/// <summary>
/// Whatever happens to punnet at whichever system call: it ends with a sentence, in time, and delete --force leaves nothing. A run takes a
/// sample, and FAULTS_SEED repeats it; FAULTS=all takes everything, FAULTS=SCENARIO everything of one, and
/// FAULTS=SCENARIO:PROCESS:CALL:INDEX:WHAT one case, as a failure prints it.
/// </summary>
public sealed class FaultTests(ITestOutputHelper output)
{
    private static readonly string chosen = Environment.GetEnvironmentVariable("FAULTS") ?? "";
    private static readonly int seed = ChooseSeed();

    private static bool IsOneCase => chosen.Contains(':', StringComparison.Ordinal);

    public static TheoryData<string> Names => [.. Scenario.All.Select(static scenario => scenario.Name)
        .Where(static name => chosen is "" or "all" || chosen.Split(':')[0] == name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void No_fault_at_any_call_is_silent_endless_or_leaves_something(string name)
    {
        bool isCounted = chosen.Length > 0 && !IsOneCase;
        Test(name, sites => IsOneCase ? [Fault.Parse(chosen.Split(':', 2)[1])] : Choose(name, sites), isCounted: isCounted);
    }

    /// <summary>What was once silent, or left something: that error at every call of this name.</summary>
    [Theory]
    [InlineData("create", "capget", "EIO")] // fewer capabilities, or more
    [InlineData("create", "fsconfig", "EIO")] // a mask without its limit
    [InlineData("create-user", "openat2", "ENFILE")] // another HOME
    [InlineData("start", "read", "EIO")] // no program, and status 0
    [InlineData("run", "read", "EIO")]
    [InlineData("exec", "read", "EIO")]
    [InlineData("commit", "openat", "EIO")] // a directory beside the layer
    [InlineData("commit-tar", "statx", "EIO")]
    [InlineData("commit-tar", "mmap", "ENOMEM")] // a stack trace
    [InlineData("list", "openat", "EIO")] // created, not running
    [InlineData("ps", "lseek", "EIO")] // no processes
    [InlineData("state", "mmap", "ENOMEM")] // SIGSEGV
    [InlineData("state", "mprotect", "ENOMEM")] // SIGABRT
    public void What_was_found_stays_mended(string name, string call, string what)
    {
        Test(name, sites => sites.Where(site => site.Name == call && Calls.IsPossible(site, what))
            .Select(site => new Fault(site, what)));
    }

    /// <summary>An error where the new process gives something up, or the kernel is to keep it in, is the end of it.</summary>
    [Theory]
    [InlineData("create")]
    [InlineData("create-user")]
    [InlineData("create-pod")]
    [InlineData("exec")]
    public void No_container_runs_without_a_step_of_its_protection(string name)
    {
        string[] steps = ["bpf", "capset", "close_range", "mount_setattr", "move_mount", "pivot_root", "prctl", "seccomp", "setgroups",
            "setns", "setresgid", "setresuid", "umount2", "unshare"];
        List<Fault> tolerated = [];
        Test(
            name,
            sites => OfContainer(sites).Where(site => steps.Contains(site.Name)).Select(static site => new Fault(site, "EIO")),
            (fault, verdict) => tolerated.AddRange(verdict == Verdict.Told ? [] : [fault]));

        // The first is PR_SET_MM_MAP: where punnet cannot leave its own file it starts again from a sealed copy, security.md.
        tolerated.Remove(Fault.Parse("0.0:prctl:1:EIO"));
        Assert.Empty(tolerated);
    }

    // Of the command only what it does to the cgroup. The first thing that the process of a hook does is prctl(2), to die with punnet.
    private static IEnumerable<CallSite> OfContainer(List<CallSite> sites)
    {
        HashSet<string> hooks = [.. sites.GroupBy(static site => site.Process)
            .Where(static calls => calls.First().Name == "prctl").Select(static calls => calls.Key)];
        return sites.Where(site => site.Process == "0" ? site.Name == "bpf" : !hooks.Contains(site.Process));
    }

    private void Test(
        string name, Func<List<CallSite>, IEnumerable<Fault>> choose, Action<Fault, Verdict>? see = null, bool isCounted = false)
    {
        OnThread(() =>
        {
            Reaper.Start();
            using Case cases = Case.Of(Scenario.All.First(scenario => scenario.Name == name));
            output.WriteLine($"FAULTS_SEED={seed}, {cases.Sites.Count} calls");
            Table? table = isCounted ? new(name) : null;
            List<string> broken = [];
            foreach (Fault fault in choose(cases.Sites))
            {
                Verdict verdict = cases.Run(fault, out string report);
                table?.Count(fault, verdict);
                see?.Invoke(fault, verdict);
                if (verdict == Verdict.Broken)
                {
                    broken.Add(report);
                    table?.Note(report);
                }
            }

            table?.Write(cases.Sites.Count);
            Assert.True(broken.Count == 0, $"FAULTS_SEED={seed}\n" + string.Join('\n', broken));
        });
    }

    private static IEnumerable<Fault> Choose(string name, List<CallSite> sites)
    {
        Fault[] all = [.. sites.SelectMany(static site => Fault.Kinds.Where(kind => Calls.IsPossible(site, kind))
            .Select(kind => new Fault(site, kind)))];
        if (chosen.Length > 0)
        {
            return all;
        }

        // More of what has more calls, but not in proportion.
        new Random(seed ^ name.Sum(static letter => letter)).Shuffle(all);
        return all.Take(Number("FAULTS_CASES") ?? (int)(Math.Sqrt(all.Length) / 2));
    }

    private static int ChooseSeed()
    {
        int number = Number("FAULTS_SEED") ?? Environment.TickCount;
        Console.WriteLine($"   FAULTS_SEED={number}");
        return number;
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out int number) ? number : null;

    // A tracer is a thread.
    private static void OnThread(Action body)
    {
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                body();
            }
            catch (Exception caught)
            {
                failure = ExceptionDispatchInfo.Capture(caught);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }
}
