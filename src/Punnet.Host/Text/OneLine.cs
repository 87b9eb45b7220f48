using System.Text;
using Punnet.Spec;

namespace Punnet.Host.Text;

/// <summary>
/// Text from outside (a config.json, an option, the name of a file, what a hook printed) in a line for people: a line end in it would
/// forge a line, and an escape sequence could control a terminal.
/// </summary>
public static class OneLine
{
    /// <summary>Adds a text without its control characters: <c>\n</c>, <c>\t</c>, <c>\x1b</c> stand for them.</summary>
    /// <param name="line">Gets it.</param>
    /// <param name="text">The text.</param>
    /// <param name="isQuoted">Whether it is in quotation marks, which are then escaped.</param>
    public static void Append(StringBuilder line, string text, bool isQuoted)
    {
        foreach (char character in text)
        {
            switch (character)
            {
                case '"' or '\\' when isQuoted: line.Append('\\').Append(character); break;
                case '\n': line.Append("\\n"); break;
                case '\t': line.Append("\\t"); break;
                case '\r': line.Append("\\r"); break;
                case var odd when ControlCharacter.Is(odd):
                    line.Append(odd < 0x100 ? "\\x" : "\\u").Append(((int)odd).ToString(odd < 0x100 ? "x2" : "x4"));
                    break;
                default: line.Append(character); break;
            }
        }
    }
}
