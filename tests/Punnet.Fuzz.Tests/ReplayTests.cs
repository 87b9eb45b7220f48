using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace Punnet.Fuzz.Tests;

/// <summary>What the fuzzer has found, once more: every input of the corpus, and every one that was a fault.</summary>
public sealed class ReplayTests
{
    // What a document of a few KB may cost, with its oracles.
    private const long MostBytes = 256 * 1024 * 1024;

    public static TheoryData<string> Targets { get; } = [.. Target.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_input_that_was_found_is_answered_rightly(string name)
    {
        Target target = Target.Find(name);
        List<byte[]> inputs = [.. target.Start(), .. Corpus.Read(Corpus.Found, name), .. Corpus.Read(Corpus.Cases, name)];
        Assert.True(inputs.Count > target.Start().Count, "no corpus");
        foreach (byte[] input in inputs)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Exception? fault = Record.Exception(() => target.Run(input));
            Assert.True(fault is null, Corpus.Line(input) + "\n" + fault);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
        }
    }

    [Fact]
    public void Every_file_of_inputs_belongs_to_a_target()
    {
        IEnumerable<string> files = new[] { Corpus.Found, Corpus.Cases }
            .Select(folder => Path.Combine(AppContext.BaseDirectory, folder)).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder)).Select(file => Path.GetFileNameWithoutExtension(file));

        Assert.Empty(files.Except(Target.All.Select(target => target.Name)));
    }

    [Fact]
    public void A_line_of_a_corpus_stands_for_any_bytes()
    {
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(number => (byte)number), .. "\\n\\\\ \\x"u8];

        Assert.Equal(bytes, Corpus.Unescape(Corpus.Line(bytes)[1..]));
    }
}
