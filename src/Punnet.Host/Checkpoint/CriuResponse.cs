using System;
using System.Text;

namespace Punnet.Host.Checkpoint;

/// <summary>criu_resp of CRIU's rpc.proto, as far as punnet needs it.</summary>
public sealed record CriuResponse
{
    /// <summary>What it answers; Notify for a point of CRIU's work.</summary>
    public CriuRequestType Type { get; private init; }

    /// <summary>Whether it was done.</summary>
    public bool Success { get; private init; }

    /// <summary>The restored process, or 0.</summary>
    public int RestoredPid { get; private init; }

    /// <summary>Name of the point of CRIU's work, such as <c>post-restore</c>.</summary>
    public string Script { get; private init; } = "";

    /// <summary>The process that this is about, or 0.</summary>
    public int ScriptPid { get; private init; }

    /// <summary>Whether the kernel tells which pages were written.</summary>
    public bool TracksMemory { get; private init; }

    /// <summary>Whether pages can be restored when they are first used.</summary>
    public bool HasLazyPages { get; private init; }

    /// <summary>cr_errno.</summary>
    public int Errno { get; private init; }

    /// <summary>cr_errmsg: what it says to an error.</summary>
    public string Message { get; private init; } = "";

    /// <summary>10000 for each major, 100 for each minor version, and the patch level; 0 where it does not say.</summary>
    public int Version { get; private init; }

    /// <summary>Reads one.</summary>
    /// <returns>Null when it is none.</returns>
    public static CriuResponse? TryRead(ReadOnlySpan<byte> bytes)
    {
        CriuResponse response = new();
        ProtobufReader reader = new(bytes);
        while (reader.Next())
        {
            response = reader.Field switch
            {
                1 => response with { Type = (CriuRequestType)reader.Number },
                2 => response with { Success = reader.Number != 0 },
                4 => response with { RestoredPid = (int)Find(reader.Bytes, 1) },
                5 => response with { Script = Text(reader.Bytes), ScriptPid = (int)Find(reader.Bytes, 2) },
                7 => response with { Errno = (int)reader.Number },
                8 => response with { TracksMemory = Find(reader.Bytes, 1) != 0, HasLazyPages = Find(reader.Bytes, 2) != 0 },
                9 => response with { Message = Encoding.UTF8.GetString(reader.Bytes) },
                10 => response with { Version = ReadVersion(reader.Bytes) },
                _ => response,
            };
        }

        return reader.IsBroken || response.Type == default ? null : response;
    }

    private static int ReadVersion(ReadOnlySpan<byte> message)
    {
        const ulong Most = 99;
        ulong major = Math.Min(Find(message, 1), Most), minor = Math.Min(Find(message, 2), Most), patch = Math.Min(Find(message, 4), Most);
        return (int)(major * 10_000 + minor * 100 + patch);
    }

    private static ulong Find(ReadOnlySpan<byte> message, int field)
    {
        ProtobufReader reader = new(message);
        while (reader.Next())
        {
            if (reader.Field == field)
            {
                return reader.Number;
            }
        }

        return 0;
    }

    private static string Text(ReadOnlySpan<byte> message)
    {
        ProtobufReader reader = new(message);
        return reader.Next() && reader.Field == 1 ? Encoding.UTF8.GetString(reader.Bytes) : "";
    }
}
