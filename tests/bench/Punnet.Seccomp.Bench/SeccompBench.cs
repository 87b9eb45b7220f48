using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using Punnet.Abi;
using Punnet.Plan;

namespace Punnet.Seccomp.Tests;

/// <summary>
/// What a filter costs, punnet's beside libseccomp's, for Docker's default profile on x86_64. Counted where it can be counted, as that
/// does not depend on what else the machine does.
/// </summary>
internal static class SeccompBench
{
    private static readonly string[] Common =
    [
        "read", "write", "close", "openat", "newfstatat", "fstat", "lseek", "mmap", "munmap", "mprotect", "brk", "rt_sigprocmask", "ioctl",
        "fcntl",
        "futex", "epoll_wait", "recvmsg", "sendmsg", "clock_nanosleep", "getppid",
    ];

    private const uint NewestCall = 462;

    private static int Main(string[] args)
    {
        if (args.Length != 4)
        {
            Console.Error.WriteLine("usage: Punnet.Seccomp.Bench FILTERED CPU ROUNDS COUNT (called by tests/bench/seccomp)");
            return 2;
        }

        if (!LibSeccomp.IsPresent)
        {
            Console.Error.WriteLine(LibSeccomp.Missing);
            return 1;
        }

        Punnet.Spec.Seccomp profile = Profiles.Load("docker").KnownTo(LibSeccomp.Knows);
        (string Name, BpfInstruction[] Program)[] filters =
        [
            ("punnet", SeccompCompiler.Compile(profile, Profiles.X86).Program),
            ("libseccomp's tree", LibSeccomp.Compile(profile, SeccompArchitecture.X86_64, tree: true)!),
            ("libseccomp in line", LibSeccomp.Compile(profile, SeccompArchitecture.X86_64, tree: false)!),
        ];
        Heading(filters);
        Row("instructions of the program", Array.ConvertAll(filters, filter => (double)filter.Program.Length), "f0");
        Count(filters);
        Compile(profile);
        Measure(filters, args[0], args[1], int.Parse(args[2], CultureInfo.InvariantCulture), args[3]);
        return 0;
    }

    private static void Heading((string Name, BpfInstruction[] Program)[] filters)
    {
        Console.Write($"{"Docker's default profile, x86_64",-44}");
        foreach ((string name, _) in filters)
        {
            Console.Write($"{name,20}");
        }

        Console.WriteLine();
    }

    private static void Row(string what, double[] values, string format)
    {
        Console.Write($"{what,-44}");
        foreach (double value in values)
        {
            Console.Write($"{value.ToString(format, CultureInfo.InvariantCulture),20}");
        }

        Console.WriteLine();
    }

    private static void Count((string Name, BpfInstruction[] Program)[] filters)
    {
        Row("executed, average of all 462 calls", Array.ConvertAll(filters, filter => Average(filter.Program, Every())), "f1");
        List<uint> common = [];
        foreach (string name in Common)
        {
            common.Add((uint)Reference.Number(SeccompArchitecture.X86_64, name));
        }

        Row("executed, average of the 20 below", Array.ConvertAll(filters, filter => Average(filter.Program, common)), "f1");
        for (int i = 0; i < Common.Length; i++)
        {
            Row("executed for " + Common[i], Array.ConvertAll(filters, filter => Average(filter.Program, [common[i]])), "f0");
        }
    }

    private static List<uint> Every()
    {
        List<uint> numbers = [];
        for (uint number = 0; number < NewestCall; number++)
        {
            numbers.Add(number);
        }

        return numbers;
    }

    private static double Average(BpfInstruction[] program, List<uint> numbers)
    {
        BpfMachine machine = new();
        long sum = 0;
        foreach (uint number in numbers)
        {
            machine.Run(program, new Call(number, AuditArchitecture.X86_64, [0, 0, 0, 0, 0, 0]));
            sum += machine.Executed;
        }

        return (double)sum / numbers.Count;
    }

    private static void Compile(Punnet.Spec.Seccomp profile) => Row(
        "compiled in microseconds (best of many)",
        [
            Best(500, () => SeccompCompiler.Compile(profile, Profiles.X86)),
            Best(50, () => LibSeccomp.Compile(profile, SeccompArchitecture.X86_64, tree: true)),
            Best(50, () => LibSeccomp.Compile(profile, SeccompArchitecture.X86_64, tree: false)),
        ],
        "f0");

    private static double Best(int times, Action compile)
    {
        TimeSpan best = TimeSpan.MaxValue;
        for (int i = 0; i < times; i++)
        {
            long start = Stopwatch.GetTimestamp();
            compile();
            TimeSpan taken = Stopwatch.GetElapsedTime(start);
            best = taken < best ? taken : best;
        }

        return best.TotalMicroseconds;
    }

    // Each filter in a process of its own, on the same CPU, in turns of less than a millisecond: the best one of each met no neighbour.
    private static void Measure((string Name, BpfInstruction[] Program)[] filters, string program, string cpu, int rounds, string count)
    {
        List<Process> processes = [Start(program, "-", cpu, count)];
        List<string> files = [];
        foreach ((_, BpfInstruction[] code) in filters)
        {
            string file = Path.GetTempFileName();
            File.WriteAllBytes(file, MemoryMarshal.AsBytes(code.AsSpan()));
            files.Add(file);
            processes.Add(Start(program, file, cpu, count));
        }

        foreach ((char letter, string name) in new[] { ('g', "getppid"), ('p', "personality(0xffffffff)") })
        {
            double[] best = new double[processes.Count];
            Array.Fill(best, double.MaxValue);
            for (int round = 0; round < rounds; round++)
            {
                for (int i = 0; i < best.Length; i++)
                {
                    processes[i].StandardInput.Write(letter);
                    processes[i].StandardInput.Flush();
                    string line = processes[i].StandardOutput.ReadLine() ?? throw new InvalidOperationException(program + " has ended");
                    best[i] = double.Min(best[i], double.Parse(line, CultureInfo.InvariantCulture));
                }
            }

            Row($"ns per {name} ({best[0]:f1} without)", best[1..], "f1");
        }

        foreach (Process process in processes)
        {
            process.StandardInput.Close();
            process.WaitForExit();
            process.Dispose();
        }

        files.ForEach(File.Delete);
    }

    private static Process Start(string program, params string[] arguments) => Process.Start(
        new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true })!;
}
