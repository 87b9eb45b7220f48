using System;
using System.Collections.Generic;
using System.Text;
using Xunit;

namespace Punnet.Spec.Tests;

/// <summary>Documents damaged at random, always in the same way: whatever comes in, a SpecException is the only way out.</summary>
public sealed class MutationTests
{
    private const int Rounds = 3_000;

    // Pieces that JSON and our readers care about.
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "null", "true", "-1", "1e9", "0.5", "99999999999999999999",
        "\"x\":",
        "{\"a\":", "\0", "\n", "\u00e9", "\ud83d\ude00", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "//",
        "\uFEFF",
    ];

    private delegate void Reading(ReadOnlySpan<byte> document);

    [Theory]
    [InlineData("everything", 1)]
    [InlineData("everything", 2)]
    [InlineData("podman", 3)]
    public void A_damaged_config_is_read_or_refused(string name, int seed)
    {
        Damage(Documents.Case(name), seed, document => ConfigReader.ReadConfig(document, new UnknownProperties()));
    }

    [Fact]
    public void A_damaged_process_is_read_or_refused()
    {
        byte[] process = Documents.Bytes(Documents.Parse(Documents.Everything)["process"]!);
        Damage(process, 4, document => ConfigReader.ReadProcess(document, new UnknownProperties()));
    }

    [Fact]
    public void Damaged_resources_are_read_or_refused()
    {
        byte[] resources = Documents.Bytes(Documents.Parse(Documents.Everything)["linux"]!["resources"]!);
        Damage(resources, 5, document => ConfigReader.ReadResources(document, new UnknownProperties()));
    }

    [Fact]
    public void A_damaged_record_is_read_or_refused()
    {
        byte[] record = StateJson.WriteRecord(new StateRecord
        {
            OciVersion = "1.3.0",
            Id = "a",
            Bundle = "/b",
            Rootfs = "/b/r",
            Created = "2026-11-23T07:45:01.000000042Z",
            Owner = 0,
            PrivatePidNamespace = false,
            Poststop = [new Hook { Path = "/h", Args = ["h"], Env = ["A=b"], Timeout = 1 }],
        });
        Damage(record, 6, document => StateJson.ReadRecord(document));
    }

    /// <summary>The document damaged in many ways, the same for the same seed.</summary>
    internal static IEnumerable<byte[]> Mutants(byte[] original, int seed)
    {
        // Weak on purpose: a failure must come again.
#pragma warning disable CA5394
        Random random = new(seed);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] document = original;
            for (int damages = random.Next(1, 4); damages > 0; damages--)
            {
                document = DamageOnce(document, random);
            }

            yield return document;
        }
    }

    private static void Damage(byte[] original, int seed, Reading read)
    {
        int refused = 0;
        foreach (byte[] document in Mutants(original, seed))
        {
            try
            {
                read(document);
            }
            catch (SpecException refusal)
            {
                refused++;
                Assert.False(string.IsNullOrWhiteSpace(refusal.Message));
                Assert.DoesNotContain('\n', refusal.Message);
                Assert.NotEqual("line 1, column 1: not JSON", refusal.Message);
                Assert.False(refusal.Message.EndsWith(": not JSON", StringComparison.Ordinal), Encoding.UTF8.GetString(document));
            }
        }

        Assert.InRange(refused, Rounds / 10, Rounds);
    }

    private static byte[] DamageOnce(byte[] document, Random random)
    {
        int start = random.Next(document.Length + 1);
        int length = Math.Min(random.Next(random.Next(40) + 1), document.Length - start);
        byte[] piece = random.Next(3) switch
        {
            0 => [],
            1 => Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]),
            _ => [(byte)random.Next(256)],
        };
        return [.. document[..start], .. piece, .. document[(start + length)..]];
    }
#pragma warning restore CA5394
}
