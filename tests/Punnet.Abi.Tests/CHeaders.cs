using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Punnet.Abi.Tests;

/// <summary>
/// Evaluates C expressions with the kernel's headers of a machine: the oracle for every number in Punnet.Abi. The compiler computes them
/// and nothing runs, so that a cross compiler does as well.
/// </summary>
internal static partial class CHeaders
{

    // The kernel's headers only: glibc's conflict with them.
    private static readonly string[] Headers =
    [
        "asm/errno.h", "asm/fcntl.h", "asm/poll.h", "asm/resource.h", "asm/signal.h", "asm/stat.h", "asm/unistd.h", "linux/audit.h",
        "linux/bpf.h", "linux/capability.h", "linux/filter.h", "linux/ioprio.h", "linux/magic.h", "linux/mempolicy.h", "linux/mount.h",
        "linux/openat2.h", "linux/personality.h", "linux/prctl.h", "linux/sched.h", "linux/sched/types.h", "linux/seccomp.h",
        "linux/stat.h", "linux/time_types.h",
    ];

    /// <summary>The value of each expression, sign-extended to 64 bits; those that these headers do not define are left out.</summary>
    public static IReadOnlyDictionary<string, ulong> Evaluate(Machine machine, IEnumerable<string> expressions)
    {
        string directory = Directory.CreateTempSubdirectory("punnet-abi-").FullName;
        try
        {
            string[] known = [.. expressions.Distinct(StringComparer.Ordinal)];
            string source = Path.Combine(directory, "numbers.c");
            File.WriteAllText(source, Program(known));
            string complaints = Run(machine.Tool("gcc"), "-fsyntax-only", "-fmax-errors=0", source).Output;
            HashSet<string> unknown = [.. Undeclared().Matches(complaints).Select(match => match.Groups["name"].Value)];
            known = [.. known.Where(expression => !Words().Matches(expression).Any(word => unknown.Contains(word.Value)))];

            File.WriteAllText(source, Program(known));
            string compiled = Path.Combine(directory, "numbers.o"), values = Path.Combine(directory, "values");
            Succeed(machine.Tool("gcc"), "-c", "-o", compiled, source);
            Succeed(machine.Tool("objcopy"), "--output-target=binary", "--only-section=.numbers", compiled, values);
            ulong[] numbers = MemoryMarshal.Cast<byte, ulong>(File.ReadAllBytes(values)).ToArray();
            Assert.Equal(known.Length, numbers.Length);
            return known.Zip(numbers).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>The numbers that asm/unistd.h gives to system calls, by their names with __NR_.</summary>
    public static IReadOnlyDictionary<string, ulong> SystemCalls(Machine machine)
    {
        string directory = Directory.CreateTempSubdirectory("punnet-abi-").FullName;
        try
        {
            string source = Path.Combine(directory, "calls.c");
            File.WriteAllText(source, "#include <asm/unistd.h>\n");
            string macros = Run(machine.Tool("gcc"), "-dM", "-E", source).Output;
            return Evaluate(machine, CallName().Matches(macros).Select(match => match.Groups["name"].Value));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Program(IEnumerable<string> expressions)
    {
        IEnumerable<string> includes = Headers.Select(header => $"#include <{header}>");
        IEnumerable<string> values = expressions.Select(expression => $"    (unsigned long long)({expression}),");
        return $"{string.Join('\n', includes)}\n"
            + $"__attribute__((section(\".numbers\"))) unsigned long long values[] = {{\n{string.Join('\n', values)}\n}};\n";
    }

    private static void Succeed(string program, params IReadOnlyList<string> arguments)
    {
        (int status, string output) = Run(program, arguments);
        Assert.True(status == 0, output);
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

    [GeneratedRegex("^#define (?<name>__NR_\\w+) ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CallName();
}
