using System;
using System.Collections.Generic;
using System.Text;
using Xunit;

namespace Punnet.Spec.Tests;

/// <summary>What <c>list</c> reads of a record says what the whole record says, or nothing.</summary>
public sealed class RecordSummaryTests
{
    // A whole record but for what an excerpt leaves to the parser.
    private static readonly StateRecord Record = StateTests.Record with
    {
        Resctrl = null,
        Annotations = new Dictionary<string, string> { ["b"] = "quote \" backslash \\ line \n", ["a"] = "" },
        Poststart = [],
        Poststop = [],
    };

    [Fact]
    public void A_summary_has_the_texts_of_the_record()
    {
        Assert.True(RecordSummary.TryRead(StateJson.WriteRecord(Record), out RecordSummary excerpt));
        Assert.Equal(Record.OciVersion, Encoding.UTF8.GetString(excerpt.OciVersion));
        Assert.Equal(Record.Bundle, Encoding.UTF8.GetString(excerpt.Bundle));
        Assert.Equal(Record.Rootfs, Encoding.UTF8.GetString(excerpt.Rootfs));
        Assert.Equal(Record.Created, Encoding.UTF8.GetString(excerpt.Created));
        Assert.Equal(Record.Cgroup, Encoding.UTF8.GetString(excerpt.Cgroup));
        Assert.Equal(Record.Owner, excerpt.Owner);
    }

    public static TheoryData<string> Annotated()
    {
        return ["", "plain", "quote \" backslash \\ line \n tab \t", "é€😀"];
    }

    [Theory]
    [MemberData(nameof(Annotated))]
    public void A_list_of_summaries_is_the_list_of_states(string annotation)
    {
        StateRecord record = Record with
        {
            Annotations = annotation.Length == 0
                ? new Dictionary<string, string>() : new Dictionary<string, string> { ["a"] = "", [annotation] = annotation },
        };
        ContainerState state = new()
        {
            OciVersion = record.OciVersion,
            Id = record.Id,
            Pid = 4711,
            Status = "running",
            Bundle = record.Bundle,
            Rootfs = record.Rootfs,
            Created = record.Created,
            Annotations = record.Annotations,
            Owner = "me",
        };
        StateListJson whole = new(expected: 1), excerpts = new(expected: 1);
        whole.Add(state);
        whole.Add(state);
        for (int i = 0; i < 2; i++)
        {
            Assert.True(RecordSummary.TryRead(StateJson.WriteRecord(record), out RecordSummary excerpt));
            excerpts.Add(record.Id, 4711, "running", excerpt, "me");
        }

        Assert.Equal(Encoding.UTF8.GetString(whole.End()), Encoding.UTF8.GetString(excerpts.End()));
    }

    [Fact]
    public void A_record_without_a_cgroup_has_a_summary_without()
    {
        Assert.True(RecordSummary.TryRead(StateJson.WriteRecord(Record with { Cgroup = null }), out RecordSummary excerpt));
        Assert.True(excerpt.Cgroup.IsEmpty);
    }

    [Fact]
    public void A_record_cut_at_any_byte_has_no_summary()
    {
        byte[] record = StateJson.WriteRecord(Record);
        for (int length = 0; length < record.Length; length++)
        {
            Assert.False(RecordSummary.TryRead(record.AsSpan(0, length), out _), $"cut at {length}");
        }
    }

    [Theory]
    [InlineData("\"version\":1,", "")]
    [InlineData("\"version\":1", "\"version\":2")]
    [InlineData("\"version\":1", "\"version\":\"1\"")]
    [InlineData("\"id\":\"web1\",", "")]
    [InlineData("\"ociVersion\":\"1.3.0\",", "")]
    [InlineData("\"ociVersion\":\"1.3.0\"", "\"ociVersion\":null")]
    [InlineData("\"bundle\":", "\"bindle\":")]
    [InlineData("\"bundle\":\"", "\"bundle\":\"\\t")]
    [InlineData("\"rootfs\":", "\"root\":")]
    [InlineData("\"created\":", "\"Created\":")]
    [InlineData("\"owner\":1000,", "")]
    [InlineData("\"owner\":1000", "\"owner\":-1")]
    [InlineData("\"owner\":1000", "\"owner\":4294967296")]
    [InlineData("\"privatePidNamespace\":true,", "")]
    [InlineData("\"privatePidNamespace\":true", "\"privatePidNamespace\":1")]
    [InlineData("\"a\":\"\"", "\"a\":1")]
    [InlineData("\"a\":\"\"", "\"a\":\"\\u0000\"")]
    [InlineData("\"a\":\"\"", "\"a\":\n\"\"")]
    [InlineData("\"a\":\"\"", "\"a\":\"\\x\"")]
    [InlineData("{\"punnet\"", "{\"another\":1,\"punnet\"")]
    [InlineData("{\"punnet\"", "[{\"punnet\"")]
    public void A_damaged_or_unusual_record_has_no_summary(string text, string replacement)
    {
        string record = Encoding.UTF8.GetString(StateJson.WriteRecord(Record));
        Assert.Contains(text, record, StringComparison.Ordinal);
        Assert.False(RecordSummary.TryRead(Documents.Bytes(record.Replace(text, replacement, StringComparison.Ordinal)), out _));
        Assert.False(RecordSummary.TryRead(Documents.Bytes(record + "x"), out _));
    }

    [Fact]
    public void A_record_that_is_not_utf_8_has_no_summary()
    {
        byte[] record = StateJson.WriteRecord(Record);
        record[record.AsSpan().IndexOf("/srv"u8)] = 0xff;
        Assert.False(RecordSummary.TryRead(record, out _));
    }

    [Fact]
    public void Hooks_and_layers_are_not_for_a_summary()
    {
        Assert.False(RecordSummary.TryRead(StateJson.WriteRecord(Record with { Poststop = [new Hook { Path = "/bin/down" }] }), out _));
        Assert.False(RecordSummary.TryRead(StateJson.WriteRecord(Record with { Overlay = new OverlayRecord { Layers = ["/base"] } }),
            out _));
    }
}
