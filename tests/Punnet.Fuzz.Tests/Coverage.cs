using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Punnet.Fuzz.Tests;

/// <summary>Which paths an input takes, as the instrumented assemblies count them.</summary>
internal static unsafe class Coverage
{
    private const int Size = 65536;

    private static readonly byte* s_memory = (byte*)NativeMemory.AllocZeroed(Size);

    /// <summary>Gives the instrumented assemblies their counters: without them nothing of theirs runs.</summary>
    public static void Start() =>
        // By name: an assembly that refers to this type is taken for an instrumented one.
        Assembly.Load("SharpFuzz.Common").GetType("SharpFuzz.Common.Trace", throwOnError: true)!.GetField("SharedMem")!
            .SetValue(null, Pointer.Box(s_memory, typeof(byte*)));

    /// <summary>Prints the fewest inputs that take all paths that those of some directories do, as the lines of a corpus.</summary>
    public static void Minimize(Target target, string[] directories)
    {
        List<(byte[] Input, HashSet<int> Paths)> inputs = [];
        foreach (string file in directories.SelectMany(directory => Directory.EnumerateFiles(directory)).Order(StringComparer.Ordinal))
        {
            byte[] input = File.ReadAllBytes(file);
            if (Of(target, input) is HashSet<int> paths)
            {
                inputs.Add((input, paths));
            }
        }

        // The shortest first: the long ones are then rarely needed.
        HashSet<int> taken = [];
        List<string> lines = [];
        foreach ((byte[] input, HashSet<int> paths) in inputs.OrderBy(each => each.Input.Length))
        {
            int before = taken.Count;
            taken.UnionWith(paths);
            if (taken.Count > before)
            {
                lines.Add(Corpus.Line(input));
            }
        }

        System.Console.Error.WriteLine($"{target.Name}: {lines.Count} of {inputs.Count} inputs, {taken.Count} edges");
        lines.ForEach(System.Console.WriteLine);
    }

    private static HashSet<int>? Of(Target target, byte[] input)
    {
        new Span<byte>(s_memory, Size).Clear();
        try
        {
            target.Run(input);
            HashSet<int> paths = [];
            for (int i = 0; i < Size; i++)
            {
                if (s_memory[i] > 0)
                {
                    paths.Add(i);
                }
            }

            return paths;
        }
        catch (Fault)
        {
            return null; // A fault is a case, and no corpus.
        }
    }
}
