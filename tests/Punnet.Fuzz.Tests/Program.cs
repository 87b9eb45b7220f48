using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using SharpFuzz;
using Xunit.Runner.InProc.SystemConsole;

namespace Punnet.Fuzz.Tests;

/// <summary>The program that the fuzzer starts (tests/fuzz); with other words, xunit's.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["fuzz", string target]:
                Action<byte[]> run = Target.Find(target).Run;
                Fuzzer.OutOfProcess.Run(stream => run(ReadAll(stream)));
                return 0;
            case ["targets"]:
                foreach (Target each in Target.All)
                {
                    System.Console.WriteLine(each.Name);
                }

                return 0;
            case ["unpack", string target, string directory]:
                Unpack(Target.Find(target), directory);
                return 0;
            case ["run", string target, string file]:
                Exception? fault = Xunit.Record.Exception(() => Target.Find(target).Run(File.ReadAllBytes(file)));
                System.Console.WriteLine(fault is null ? "nothing is wrong" : fault.GetType().Name + ": " + fault.Message.Split('\n')[0]);
                return fault is null ? 0 : 1;
            case ["line", string file]:
                System.Console.WriteLine(Corpus.Line(File.ReadAllBytes(file)));
                return 0;
            case ["minimize", string target, .. string[] directories]:
                Coverage.Start();
                Coverage.Minimize(Target.Find(target), directories);
                return 0;
            default:
                return await ConsoleRunner.Run(args).ConfigureAwait(false);
        }
    }

    private static byte[] ReadAll(Stream stream)
    {
        using MemoryStream all = new();
        stream.CopyTo(all);
        return all.ToArray();
    }

    // What the fuzzer begins with, and a dictionary beside the directory where the input has words.
    private static void Unpack(Target target, string directory)
    {
        Directory.CreateDirectory(directory);
        List<byte[]> inputs = [.. target.Start(), .. Corpus.Read(Corpus.Found, target.Name), .. Corpus.Read(Corpus.Cases, target.Name)];
        for (int i = 0; i < inputs.Count; i++)
        {
            File.WriteAllBytes(Path.Combine(directory, i.ToString("d5")), inputs[i]);
        }

        if (target.IsJson)
        {
            SortedSet<string> words = new(StringComparer.Ordinal);
            foreach (string part in Encoding.UTF8.GetString(Places.Everything()).Split('"'))
            {
                if (part.Length is > 1 and < 60 && part.AsSpan().IndexOfAny("\n\\") < 0)
                {
                    words.Add("\"\\\"" + part + "\\\"\"");
                }
            }

            File.WriteAllLines(directory + ".dict", words);
        }
    }
}
