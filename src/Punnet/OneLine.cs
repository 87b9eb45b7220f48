using System.Text;

namespace Punnet;

/// <summary>
/// Text from outside (a config.json, an option, the name of a file, what a hook printed) in a line for people: a line end in it would
/// forge a line, and an escape sequence would do to a terminal what it likes.
/// </summary>
internal static class OneLine
{
    /// <summary>Adds a text without its control characters: <c>\n</c>, <c>\t</c>, <c>\x1b</c> stand for them.</summary>
    /// <param name="line">Gets it.</param>
    /// <param name="text">The text.</param>
    /// <param name="isQuoted">Whether it stands in quotation marks, which then cannot stand in it.</param>
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
                case '\u2028' or '\u2029': line.Append("\\u").Append(((int)character).ToString("x4")); break;
                default:
                    if (char.IsControl(character))
                    {
                        line.Append("\\x").Append(((int)character).ToString("x2"));
                    }
                    else
                    {
                        line.Append(character);
                    }

                    break;
            }
        }
    }
}
