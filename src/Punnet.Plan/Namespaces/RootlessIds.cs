using System;
using System.Buffers.Text;
using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>What an ordinary user may map without help: user_namespaces(7), "Defining user and group ID mappings".</summary>
public static class RootlessIds
{
    /// <summary>Whether a map is of a single id, and that is the caller's own.</summary>
    /// <param name="map">Text of uid_map or gid_map.</param>
    /// <param name="own">The effective id of who writes it.</param>
    public static bool IsOnly(CString map, uint own)
    {
        ReadOnlySpan<byte> text = map.Text;
        int first = text.IndexOf((byte)' ');
        return first > 0
            && Utf8Parser.TryParse(text[(first + 1)..], out uint host, out int length) && host == own
            && text[(first + 1 + length)..].SequenceEqual(" 1\n"u8);
    }
}
