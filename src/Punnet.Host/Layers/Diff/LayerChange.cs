using System.Collections.Generic;
using System.Text;
using System.Text.Json;

namespace Punnet.Host.Layers;

/// <summary>One thing that a container changed.</summary>
/// <param name="Kind">A added, C changed, D removed: docker diff's letters.</param>
/// <param name="Path">In the container, as <see cref="FileNameBytes"/>.</param>
public readonly record struct LayerChange(char Kind, string Path)
{
    /// <summary>One line a change, for people and scripts.</summary>
    public static byte[] Lines(List<LayerChange> changes)
    {
        StringBuilder text = new();
        foreach (LayerChange change in changes)
        {
            text.Append(change.Kind).Append(' ').Append(FileNameBytes.Printable(change.Path)).Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>
    /// A JSON list of objects with <c>kind</c> and <c>path</c>; a path that is not UTF-8 has <c>pathBytes</c> instead, its bytes in base64.
    /// </summary>
    public static byte[] Json(List<LayerChange> changes)
    {
        System.Buffers.ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartArray();
            foreach (LayerChange change in changes)
            {
                writer.WriteStartObject();
                writer.WriteString("kind"u8, change.Kind.ToString());
                if (FileNameBytes.TryText(change.Path) is string path)
                {
                    writer.WriteString("path"u8, path);
                }
                else
                {
                    writer.WriteBase64String("pathBytes"u8, FileNameBytes.Bytes(change.Path));
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        System.Buffers.BuffersExtensions.Write(buffer, "\n"u8);
        return buffer.WrittenSpan.ToArray();
    }
}
