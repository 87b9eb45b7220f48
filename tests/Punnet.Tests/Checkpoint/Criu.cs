using System;
using System.Collections.Generic;
using System.IO;
using Punnet.Tests.Harness;

namespace Punnet.Tests;

/// <summary>The CRIU of checkpoint and restore: the first that works on this kernel of $CRIU, that of PATH, and that of out/peers.</summary>
internal static class Criu
{
    private static readonly (string? Path, string Fault) found = Find();

    /// <summary>Its path; null where there is none.</summary>
    public static string? Path => found.Path;

    /// <summary>Why there is none.</summary>
    public static string Fault => found.Fault;

    /// <summary>A command with the directory of this CRIU in PATH.</summary>
    public static Command Reach(Command command)
    {
        return command.With("PATH", $"{System.IO.Path.GetDirectoryName(Path)}:{Environment.GetEnvironmentVariable("PATH")}");
    }

    private static (string? Path, string Fault) Find()
    {
        List<string> candidates = [Environment.GetEnvironmentVariable("CRIU") ?? ""];
        foreach (string directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
        {
            candidates.Add(directory + "/criu");
        }

        string beside = System.IO.Path.GetDirectoryName(Runtime.Path)!;
        candidates.Add(beside + "/peers/criu");
        candidates.Add(beside + "/../peers/criu");
        string fault = "there is none: $CRIU, PATH, out/peers (make peers)";
        foreach (string candidate in candidates.FindAll(File.Exists))
        {
            Outcome check = new Command(candidate, ["check"]).Run();
            if (check.ExitCode == 0)
            {
                return (System.IO.Path.GetFullPath(candidate), "");
            }

            fault = $"{candidate} check: {check.Stderr.Split('\n')[0]}";
        }

        return (null, fault);
    }
}
