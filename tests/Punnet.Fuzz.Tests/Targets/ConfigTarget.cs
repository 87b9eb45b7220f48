using System;
using System.IO;
using System.Text;
using System.Text.Json;
using Punnet.Plan;
using Punnet.Spec;
using Punnet.Spec.Tests;

namespace Punnet.Fuzz.Tests.Targets;

/// <summary>config.json and its parts that commands are given: read, compared with a second reader, written, and planned.</summary>
internal static class ConfigTarget
{
    private static readonly HostFacts s_root = new(0, 40, "/user.slice/session-1.scope", (1UL << 41) - 1);
    private static readonly HostFacts s_user = s_root with { EffectiveUser = 1000, EffectiveGroup = 1000, Capabilities = 0 };
    private static readonly PlanOptions s_options = new("web1", "/bundle", NoPivot: false, NoNewKeyring: false, SystemdCgroup: false);
    private static readonly Config s_container = ConfigReader.ReadConfig(Places.Everything());

    private delegate T Reading<out T>(ReadOnlySpan<byte> document, UnknownProperties? unknown);

    /// <summary>A config.json.</summary>
    public static void Config(byte[] document)
    {
        if (Read(document, ConfigReader.ReadConfig) is not Config config)
        {
            return;
        }

        string meaning = Structure.Of(config);
        CompareReaders(document, meaning);
        Fault.Differ(meaning, Structure.Of(ConfigReader.ReadConfig(ConfigWriter.Write(config))), "written and read again");

        string? plan = Plan(config, document, s_root, s_options);
        Fault.Differ(plan ?? "", Plan(ConfigReader.ReadConfig(document), document, s_root, s_options) ?? "", "planned twice");
        Plan(config, document, s_user, s_options);
        Plan(config, document, s_root, s_options with { SystemdCgroup = true, NoPivot = true, NoNewKeyring = true });
        int brace = document.AsSpan().IndexOf((byte)'{') + 1;
        byte[] more =
            [.. document[..brace], .. "\"zz\":[{}]"u8, .. IsEmpty(document[brace..]) ? ""u8 : ","u8, .. document[brace..]];
        Fault.Differ(plan ?? "", Plan(ConfigReader.ReadConfig(more), more, s_root, s_options) ?? "", "with an unknown property");
    }

    /// <summary>A process, as <c>exec --process</c> has it.</summary>
    public static void Process(byte[] document)
    {
        if (Read(document, ConfigReader.ReadProcess) is not Process process)
        {
            return;
        }

        string? plan = Refusing(document, () => PlanText.Of(Planner.PlanExec(s_container, process, "", s_root, ownsUser: false)));
        string? again = Refusing(document, () => PlanText.Of(Planner.PlanExec(s_container, process, "", s_root, ownsUser: false)));
        Fault.Differ(plan ?? "", again ?? "", "planned twice");
        Refusing(document, () => PlanText.Of(Planner.PlanExec(s_container, process, "", s_user, ownsUser: true)));
    }

    /// <summary>Resources, as <c>update --resources</c> has them.</summary>
    public static void Resources(byte[] document)
    {
        if (Read(document, ConfigReader.ReadResources) is not Resources resources)
        {
            return;
        }

        // A create's places are those of a whole config.json.
        byte[] whole = [.. "{\"linux\":{\"resources\":"u8, .. document, .. "}}"u8];
        Refusing(whole, () => Writes(ResourcePlanner.Plan(resources, update: false)));
        Refusing(document, () => Writes(ResourcePlanner.Plan(resources, update: true, memoryLimit: null, root: "")));
        Refusing(whole, () => DeviceProgram.Compile(resources.Devices).Length.ToString());
    }

    private static string Writes(ResourcePlan plan)
    {
        foreach (CgroupWrite write in plan.Writes)
        {
            Fault.If(write.File.Contains('/', StringComparison.Ordinal) || write.File.StartsWith("cgroup.", StringComparison.Ordinal),
                "no limit: " + write.File);
            UnitLimit.Of(write.File, write.Value);
        }

        return string.Join('\n', plan.Writes);
    }

    private static T? Read<T>(byte[] document, Reading<T> read)
        where T : class
    {
        UnknownProperties unknown = new();
        T? value = null;
        Refusing(document, () =>
        {
            value = read(document, unknown);
            return "";
        });
        return value;
    }

    // The generated reader takes no null for a number, so it gets the document without.
    private static void CompareReaders(byte[] document, string meaning)
    {
        try
        {
            Fault.Differ(Structure.Of(GeneratedReader.Read(document)), meaning, "the generated reader reads something else");
        }
        catch (JsonException)
        {
            if (Xunit.Record.Exception(() => GeneratedReader.Read(WithoutNulls(document))) is JsonException refusal)
            {
                throw new Fault("the generated reader refuses: " + refusal.Message);
            }
        }
    }

    private static byte[] WithoutNulls(byte[] document)
    {
        using JsonDocument json = JsonDocument.Parse(document);
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            Copy(json.RootElement, writer);
        }

        return stream.ToArray();
    }

    private static void Copy(JsonElement element, Utf8JsonWriter writer)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    if (property.Value.ValueKind != JsonValueKind.Null)
                    {
                        writer.WritePropertyName(property.Name);
                        Copy(property.Value, writer);
                    }
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement item in element.EnumerateArray())
                {
                    if (item.ValueKind != JsonValueKind.Null)
                    {
                        Copy(item, writer);
                    }
                }

                writer.WriteEndArray();
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }

    private static string? Plan(Config config, byte[] document, HostFacts facts, PlanOptions options) =>
        Refusing(document, () => PlanText.Of(Planner.Plan(config, options, facts)));

    private static string? Refusing(byte[] document, Func<string> work)
    {
        try
        {
            return work();
        }
        catch (SpecException refusal)
        {
            Places.Check(refusal, document);
            return null;
        }
    }

    private static bool IsEmpty(byte[] rest) => Encoding.UTF8.GetString(rest).TrimStart(' ', '\t', '\r', '\n').StartsWith('}');
}
