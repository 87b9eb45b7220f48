using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Punnet.Spec.Tests;

/// <summary>The second opinion on config.json: the reader that System.Text.Json generates from the records of Punnet.Spec.</summary>
internal static class GeneratedReader
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = new SpecNames(),
        TypeInfoResolver = ConfigContext.Default.WithAddedModifier(AddConverters),
    };

    /// <summary>Reads a config.json.</summary>
    /// <exception cref="JsonException">Not JSON, or a value of a wrong type.</exception>
    public static Config Read(ReadOnlySpan<byte> utf8) =>
        JsonSerializer.Deserialize(utf8, (JsonTypeInfo<Config>)Options.GetTypeInfo(typeof(Config)))
        ?? throw new JsonException("null");

    // Two properties do not have the shape that config.json gives them.
    private static void AddConverters(JsonTypeInfo type)
    {
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (type.Type == typeof(Resources) && property.Name == "pids")
            {
                property.CustomConverter = new PidsConverter();
            }
            else if (type.Type == typeof(NetworkResources) && property.Name == "priorities")
            {
                property.CustomConverter = new PrioritiesConverter();
            }
        }
    }

    /// <summary>The names of specs-go/config.go: in camel case, but for these.</summary>
    private sealed class SpecNames : JsonNamingPolicy
    {
        private static readonly Dictionary<string, string> Exceptions = new(StringComparer.Ordinal)
        {
            ["BlockIo"] = "blockIO",
            ["ClassId"] = "classID",
            ["ClosId"] = "closID",
            ["ContainerId"] = "containerID",
            ["DisableOomKiller"] = "disableOOMKiller",
            ["ExecCpuAffinity"] = "execCPUAffinity",
            ["HostId"] = "hostID",
            ["KernelTcp"] = "kernelTCP",
            ["Nanoseconds"] = "nanosecs",
            ["PidsLimit"] = "pids",
            ["Seconds"] = "secs",
            ["ThrottleReadIopsDevice"] = "throttleReadIOPSDevice",
            ["ThrottleWriteIopsDevice"] = "throttleWriteIOPSDevice",
        };

        public override string ConvertName(string name) => Exceptions.GetValueOrDefault(name) ?? CamelCase.ConvertName(name);
    }

    /// <summary><c>pids</c>, of which the model keeps the limit.</summary>
    private sealed class PidsConverter : JsonConverter<long?>
    {
        public override long? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize(ref reader, (JsonTypeInfo<Pids>)options.GetTypeInfo(typeof(Pids)))!.Limit;

        public override void Write(Utf8JsonWriter writer, long? value, JsonSerializerOptions options) => throw new NotSupportedException();
    }

    /// <summary><c>priorities</c>, of which the model keeps the number.</summary>
    private sealed class PrioritiesConverter : JsonConverter<int>
    {
        public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize(
                ref reader, (JsonTypeInfo<List<InterfacePriority>>)options.GetTypeInfo(typeof(List<InterfacePriority>)))!
                .Count;

        public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => throw new NotSupportedException();
    }
}

/// <summary>config-linux.md#pids.</summary>
internal sealed record Pids(long? Limit);

/// <summary>One entry of config-linux.md#network, priorities.</summary>
internal sealed record InterfacePriority(string? Name, uint? Priority);

/// <summary>The generated reader of a config.json.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(Config))]
[JsonSerializable(typeof(Pids))]
[JsonSerializable(typeof(List<InterfacePriority>))]
internal sealed partial class ConfigContext : JsonSerializerContext;
