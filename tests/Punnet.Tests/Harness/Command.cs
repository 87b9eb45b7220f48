using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>What a program said and returned.</summary>
internal sealed record Outcome(string What, int ExitCode, string Stdout, string Stderr)
{
    /// <summary>Asserts exit status 0.</summary>
    public Outcome Succeeds()
    {
        return Returns(0);
    }

    /// <summary>Asserts one exit status.</summary>
    public Outcome Returns(int status)
    {
        Assert.True(ExitCode == status, $"{What}: exit status {ExitCode}, expected {status}\nstdout: {Stdout}\nstderr: {Stderr}");
        return this;
    }

    /// <summary>Asserts exit status 1 and that stderr has every one of these texts.</summary>
    public Outcome Fails(params string[] texts)
    {
        return FailsWith(1, texts);
    }

    /// <summary>Asserts this exit status and that stderr has every one of these texts.</summary>
    public Outcome FailsWith(int status, params string[] texts)
    {
        _ = Returns(status);
        foreach (string text in texts)
        {
            Assert.Contains(text, Stderr, StringComparison.Ordinal);
        }

        return this;
    }
}

/// <summary>A program to run: through sh, which opens the files that System.Diagnostics.Process cannot.</summary>
/// <remarks>stdout and stderr are files, not pipes: a container keeps its stdio open long after <c>create</c> has returned.</remarks>
internal sealed class Command(string program, IReadOnlyList<string> arguments)
{
    /// <summary>What every wait in this suite is limited by; User-Mode Linux on a loaded machine is slow.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The program and its arguments, for another command that executes it.</summary>
    public string[] Words => [program, .. arguments];

    /// <summary>The same with one more variable of the environment.</summary>
    public Command With(string variable, string value)
    {
        return new Command(program, arguments)
        {
            WorkingDirectory = WorkingDirectory,
            Environment = new Dictionary<string, string?>(Environment, StringComparer.Ordinal) { [variable] = value },
            Stdin = Stdin,
            Stdout = Stdout,
            Stderr = Stderr,
            Redirections = Redirections,
            Before = Before,
            Watched = Watched,
        };
    }

    /// <summary>Working directory; null is the test's own.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Added to the environment; a null value removes the variable.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>Where stdin comes from.</summary>
    public string Stdin { get; init; } = "/dev/null";

    /// <summary>File that stdout goes to; null is a fresh one.</summary>
    public string? Stdout { get; init; }

    /// <summary>File that stderr goes to; null is a fresh one.</summary>
    public string? Stderr { get; init; }

    /// <summary>More of sh's redirections, after the three standard ones: <c>3&lt;/etc/hosts</c>.</summary>
    public string Redirections { get; init; } = "";

    /// <summary>sh text before the exec: <c>ulimit -S -n 100;</c>.</summary>
    public string Before { get; init; } = "";

    /// <summary>
    /// A part of paths that no other test has: a failure must leave the host's mounts with it as they were; null watches nothing.
    /// </summary>
    public string? Watched { get; set; }

    /// <summary>Runs to the end.</summary>
    public Outcome Run()
    {
        using RunningCommand running = Start();
        return running.Wait();
    }

    /// <summary>Runs in the background.</summary>
    public RunningCommand Start()
    {
        string stdout = Stdout ?? Path.Combine(Workplace.Top, Workplace.UniqueName() + ".out");
        string stderr = Stderr ?? Path.Combine(Workplace.Top, Workplace.UniqueName() + ".err");
        string script = $"{Before} exec \"$@\" <{Quote(Stdin)} >{Quote(stdout)} 2>{Quote(stderr)} {Redirections}";
        ProcessStartInfo start = new("/bin/sh") { UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        start.ArgumentList.Add("sh");
        start.ArgumentList.Add(program);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        if (WorkingDirectory is not null)
        {
            start.WorkingDirectory = WorkingDirectory;
        }

        foreach (KeyValuePair<string, string?> variable in Environment)
        {
            start.Environment[variable.Key] = variable.Value;
        }

        string what = Path.GetFileName(program) + " " + string.Join(' ', arguments);
        List<string> mounts = Watched is null ? [] : MountInfo.Naming(Watched);
        Process process = Process.Start(start) ?? throw new InvalidOperationException("cannot start " + what);
        return new RunningCommand(what, process, stdout, stderr, Stdout is null, Stderr is null)
        {
            Unchanged = Watched is null ? null : failed => Assert.True(
                mounts.SequenceEqual(MountInfo.Naming(Watched)),
                $"{failed} has changed the host's mounts from\n{string.Join('\n', mounts)}\nto\n"
                + $"{string.Join('\n', MountInfo.Naming(Watched))}"),
        };
    }

    private static string Quote(string path)
    {
        return "'" + path.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
    }
}

/// <summary>A program that runs in the background; it is killed when this is disposed.</summary>
internal sealed class RunningCommand(string what, Process process, string stdout, string stderr, bool ownStdout,
    bool ownStderr) : IDisposable
{
    /// <summary>sh replaced itself, so this is the program's own process id.</summary>
    public int Pid => process.Id;

    /// <summary>Asserts what a failure must not have changed.</summary>
    public Action<string>? Unchanged { get; init; }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => process.HasExited;

    /// <summary>stdout so far.</summary>
    public string Stdout => ReadShared(stdout);

    /// <summary>stderr so far.</summary>
    public string Stderr => ReadShared(stderr);

    /// <summary>Waits for the end; too long is a failure that shows what was said so far.</summary>
    public Outcome Wait()
    {
        if (!process.WaitForExit(Command.Patience))
        {
            string said = $"stdout: {Stdout}\nstderr: {Stderr}";
            process.Kill();
            Assert.Fail($"{what}: still running after {Command.Patience}\n{said}");
        }

        Outcome outcome = new(what, process.ExitCode, Stdout, Stderr);
        if (outcome.ExitCode != 0)
        {
            Unchanged?.Invoke($"{what} (status {outcome.ExitCode}, {outcome.Stderr})");
        }

        return outcome;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
        if (ownStdout)
        {
            File.Delete(stdout);
        }

        if (ownStderr)
        {
            File.Delete(stderr);
        }
    }

    private static string ReadShared(string path)
    {
        if (!File.Exists(path))
        {
            return "";
        }

        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using StreamReader reader = new(file, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}

/// <summary>Waiting for something that happens in another process.</summary>
internal static class Eventually
{
    /// <summary>Polls until true; too long is a failure that names what was waited for.</summary>
    public static void True(Func<bool> condition, string what)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < Command.Patience, $"waited {Command.Patience} for: {what}");
            Thread.Sleep(5);
        }
    }
}
