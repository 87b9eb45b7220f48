using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>A JSON list of strings: the file descriptors.json beside a checkpoint, as runc writes it.</summary>
public static class StringsJson
{
    /// <summary>Writes it on one line.</summary>
    public static byte[] Write(IReadOnlyList<string> texts)
    {
        JsonWriter json = new(' ', indentSize: 0);
        json.StartList();
        foreach (string text in texts)
        {
            json.String(text);
        }

        json.EndList();
        return json.ToArray();
    }
}
