namespace Punnet.Spec;

/// <summary>Characters that a terminal obeys, in a text that a person may read.</summary>
public static class ControlCharacter
{
    /// <summary>
    /// Whether a character is to be shown in another way: control characters, and those that end a line or turn its direction around.
    /// </summary>
    public static bool Is(int character) => character is < 0x20 or (>= 0x7f and < 0xa0)
        or 0x61c or (>= 0x200e and <= 0x200f) or (>= 0x2028 and <= 0x202e) or (>= 0x2066 and <= 0x2069);
}
