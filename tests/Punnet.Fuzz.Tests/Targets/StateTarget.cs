using System;
using System.Text;
using System.Text.Json;
using Punnet.Spec;
using Punnet.Spec.Tests;

namespace Punnet.Fuzz.Tests.Targets;

/// <summary>state.json: what is read is written and read again, and <c>list</c>'s shorter reader says the same.</summary>
internal static class StateTarget
{
    /// <summary>A record with everything.</summary>
    public static byte[] Start() => StateJson.WriteRecord(new StateRecord
    {
        Punnet = "1.0.0",
        OciVersion = "1.3.0",
        Id = "a",
        Bundle = "/b",
        Rootfs = "/b/r",
        Created = "2026-11-23T07:45:01.000000042Z",
        Owner = 0,
        Cgroup = "/c",
        Keyring = "k",
        PrivatePidNamespace = false,
        Annotations = new System.Collections.Generic.Dictionary<string, string> { ["x"] = "y\"\\\n" },
        Poststop = [new Hook { Path = "/h", Args = ["h"], Env = ["A=b"], Timeout = 1 }],
        Overlay = new OverlayRecord { Layers = ["/l"], Upper = "/u", UpperTmpfs = 1, OwnsUpper = true, UserXattr = false },
        Resctrl = new ResctrlRecord("/r", "m", true),
    });

    /// <summary>A record.</summary>
    public static void Run(byte[] document)
    {
        bool isPlain = RecordSummary.TryRead(document, out RecordSummary summary);
        StateRecord record;
        try
        {
            record = StateJson.ReadRecord(document);
        }
        catch (SpecException refusal)
        {
            Fault.If(isPlain, "list reads what nothing else does: " + refusal.Message);
            Fault.If(refusal.Message.Length < 8 || refusal.Message.Contains('\n', StringComparison.Ordinal), refusal.Message);
            return;
        }

        byte[] written = StateJson.WriteRecord(record);
        Fault.Differ(Structure.Of(record), Structure.Of(StateJson.ReadRecord(written)), "written and read again");
        using JsonDocument json = JsonDocument.Parse(written);
        if (!isPlain)
        {
            return;
        }

        Same(record.OciVersion, summary.OciVersion);
        Same(record.Bundle, summary.Bundle);
        Same(record.Rootfs, summary.Rootfs);
        Same(record.Created, summary.Created);
        Same(record.Cgroup ?? "", summary.Cgroup);
        Fault.If(record.Owner != summary.Owner, "another owner");
        StateListJson list = new(0);
        list.Add("a", 1, "running", summary, "root");
        using JsonDocument listed = JsonDocument.Parse(list.End().ToArray());
    }

    private static void Same(string text, ReadOnlySpan<byte> summary) =>
        Fault.Differ(text, Encoding.UTF8.GetString(summary), "list reads something else");
}
