using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace Punnet.Abi.Tests;

/// <summary>Evaluates C expressions with the kernel's headers: the oracle for every number in Punnet.Abi.</summary>
internal static partial class CHeaders
{
    private const string Compiler = "gcc";

    // The kernel's headers only: glibc's conflict with them.
    private static readonly string[] Headers =
    [
        "asm/errno.h", "asm/fcntl.h", "asm/poll.h", "asm/resource.h", "asm/signal.h", "asm/unistd.h", "linux/audit.h",
        "linux/bpf.h", "linux/capability.h", "linux/filter.h", "linux/ioprio.h", "linux/magic.h", "linux/mempolicy.h", "linux/mount.h",
        "linux/openat2.h", "linux/personality.h", "linux/prctl.h", "linux/sched.h", "linux/sched/types.h", "linux/seccomp.h",
        "linux/stat.h",
    ];

    /// <summary>Whether there is a compiler at all.</summary>
    public static bool ArePresent { get; } = HasCompiler();

    /// <summary>The value of each expression, sign-extended to 64 bits; those that these headers do not define are left out.</summary>
    public static IReadOnlyDictionary<string, ulong> Evaluate(IEnumerable<string> expressions)
    {
        string directory = Directory.CreateTempSubdirectory("punnet-abi-").FullName;
        try
        {
            string[] known = [.. expressions.Distinct(StringComparer.Ordinal)];
            string source = Path.Combine(directory, "numbers.c");
            File.WriteAllText(source, Program(known));
            string complaints = Run(Compiler, "-fsyntax-only", "-fmax-errors=0", source).Output;
            HashSet<string> unknown = [.. Undeclared().Matches(complaints).Select(match => match.Groups["name"].Value)];
            known = [.. known.Where(expression => !Words().Matches(expression).Any(word => unknown.Contains(word.Value)))];

            File.WriteAllText(source, Program(known));
            string program = Path.Combine(directory, "numbers");
            (int status, string output) = Run(Compiler, "-o", program, source);
            if (status != 0)
            {
                throw new InvalidOperationException(output);
            }

            string[] values = Run(program).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return known.Zip(values).ToDictionary(pair => pair.First, pair => ulong.Parse(pair.Second), StringComparer.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>The numbers that asm/unistd.h gives to system calls, by their names without __NR_.</summary>
    public static IReadOnlyDictionary<string, uint> SystemCalls()
    {
        string directory = Directory.CreateTempSubdirectory("punnet-abi-").FullName;
        try
        {
            string source = Path.Combine(directory, "calls.c");
            File.WriteAllText(source, "#include <asm/unistd.h>\n");
            return CallNumber().Matches(Run(Compiler, "-dM", "-E", source).Output)
                .ToDictionary(
                    match => match.Groups["name"].Value,
                    match => uint.Parse(match.Groups["number"].Value),
                    StringComparer.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Program(IEnumerable<string> expressions)
    {
        IEnumerable<string> includes = Headers.Select(header => $"#include <{header}>");
        IEnumerable<string> prints = expressions.Select(expression => $"    printf(\"%llu\\n\", (unsigned long long)({expression}));");
        return $"{string.Join('\n', includes)}\nint printf(const char *, ...);\n"
            + $"int main(void)\n{{\n{string.Join('\n', prints)}\n    return 0;\n}}\n";
    }

    private static bool HasCompiler()
    {
        try
        {
            return Run(Compiler, "--version").Status == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static (int Status, string Output) Run(string program, params IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The quotation marks in the compiler's messages must not depend on the caller's locale.
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }

    [GeneratedRegex("'(?<name>\\w+)' undeclared", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Undeclared();

    [GeneratedRegex("\\w+", RegexOptions.None, 1000)]
    private static partial Regex Words();

    [GeneratedRegex("^#define __NR_(?<name>\\w+) (?<number>[0-9]+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CallNumber();
}
