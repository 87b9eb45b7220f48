using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Punnet.Spec;

/// <summary>Writes features.md's document.</summary>
public static class FeaturesJson
{
    /// <summary>Writes what <c>features</c> prints.</summary>
    /// <param name="features">The document.</param>
    /// <returns>UTF-8, four blanks a level, with a line end, as runc prints it.</returns>
    public static byte[] Write(Features features)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter writer = new(text, JsonMembers.Indented(' ', 4)))
        {
            // The generated code alone: JsonSerializer around it would bring its own options for form and escapes.
            FeaturesContext.Default.Features.SerializeHandler!(writer, features);
        }

        text.Write("\n"u8);
        return text.WrittenSpan.ToArray();
    }
}

/// <summary>The generated writer of <see cref="Features"/>; members in the order in which the records declare them.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Features))]
internal sealed partial class FeaturesContext : JsonSerializerContext;
