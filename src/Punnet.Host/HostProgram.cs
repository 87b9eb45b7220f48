using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Init;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>A program of the host that punnet runs for its output.</summary>
public static class HostProgram
{
    /// <summary>Finds one: in some directories first, then in PATH. A relative directory of PATH does not count.</summary>
    /// <param name="name">The program.</param>
    /// <param name="first">Directories to look in before PATH.</param>
    /// <returns>Its path, or null.</returns>
    public static string? Find(string name, params ReadOnlySpan<string> first)
    {
        string path = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";
        foreach (string directory in (ReadOnlySpan<string>)[.. first, .. path.Split(':')])
        {
            string candidate = directory + "/" + name;
            if (directory.StartsWith('/')
                && Sys.Faccessat(Sys.WorkingDirectory, CString.Of(candidate).WithNul, AccessMode.Execute) == Errno.None)
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>Runs it to its end.</summary>
    /// <returns>What it printed, both streams together.</returns>
    /// <exception cref="PunnetException">It cannot be run, or fails.</exception>
    public static string Run(string path, List<string> args)
    {
        List<CString> texts = [];
        args.ForEach(text => texts.Add(CString.Of(text)));
        HookOutcome outcome = Execute(path, ArgumentBlock.Of(texts), ProcessEnvironment.Own(), out string printed);
        if (outcome.Run != Errno.None)
        {
            throw new PunnetException("cannot run " + path + ": " + outcome.Run.Words());
        }

        return outcome is { HasTimedOut: false, Status: 0 }
            ? printed
            : throw new PunnetException(path + " failed with status " + outcome.Status.ToString() + ": " + printed.Trim());
    }

    /// <summary>Runs it to its end, or for 30 seconds.</summary>
    /// <param name="path">The program.</param>
    /// <param name="args">argv.</param>
    /// <param name="env">Its environment.</param>
    /// <param name="printed">What it printed, both streams together.</param>
    /// <exception cref="SysException">No memory file can be made.</exception>
    public static HookOutcome Execute(string path, ArgumentBlock args, ArgumentBlock env, out string printed)
    {
        Sys.MemfdCreate("input\0"u8, sealable: false, out int input).OrThrow("make a memory file");
        using Descriptor ownedInput = new(input);
        Sys.MemfdCreate("output\0"u8, sealable: false, out int output).OrThrow("make a memory file");
        using Descriptor ownedOutput = new(output);
        PreparedHook prepared = new(CString.Of(path), args, env, TimeoutSeconds: 30, Inheritance.IgnoredSignals);
        Sys.BlockSignals();
        HookOutcome outcome = HookProcess.Run(prepared, input, output, output, directory: -1, PendingSignals.Number);
        PendingSignals.AfterClone();
        if (outcome.IsInterrupted)
        {
            PendingSignals.Check();
        }

        Sys.Rewind(output).OrThrow("read from the beginning");
        printed = Encoding.UTF8.GetString(HostFile.Read(output, "the output of " + path));
        return outcome;
    }
}
