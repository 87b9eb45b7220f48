using System;
using System.Text;

namespace Punnet.Host.Checkpoint;

/// <summary>criu_resp of CRIU's rpc.proto, as far as punnet needs it.</summary>
public sealed class CriuResponse
{
    /// <summary>What it answers; Notify for a point of CRIU's work.</summary>
    public CriuRequestType Type { get; private set; }

    /// <summary>Whether it was done.</summary>
    public bool Success { get; private set; }

    /// <summary>The restored process, or 0.</summary>
    public int RestoredPid { get; private set; }

    /// <summary>Name of the point of CRIU's work, such as <c>post-restore</c>.</summary>
    public string Script { get; private set; } = "";

    /// <summary>The process that this is about, or 0.</summary>
    public int ScriptPid { get; private set; }

    /// <summary>Whether the kernel tells which pages were written.</summary>
    public bool TracksMemory { get; private set; }

    /// <summary>Whether pages can be restored when they are first used.</summary>
    public bool HasLazyPages { get; private set; }

    /// <summary>cr_errno.</summary>
    public int Errno { get; private set; }

    /// <summary>cr_errmsg: what it says to an error.</summary>
    public string Message { get; private set; } = "";

    /// <summary>10000 for each major, 100 for each minor version, and the patch level; 0 where it does not say.</summary>
    public int Version { get; private set; }

    /// <summary>Reads one.</summary>
    /// <returns>Null when it is none.</returns>
    public static CriuResponse? TryRead(ReadOnlySpan<byte> bytes)
    {
        CriuResponse response = new();
        ProtobufReader reader = new(bytes);
        while (reader.Next())
        {
            response.Take(reader);
        }

        return reader.IsBroken || response.Type == default ? null : response;
    }

    private void Take(ProtobufReader field)
    {
        switch (field.Field)
        {
            case 1:
                Type = (CriuRequestType)field.Number;
                break;
            case 2:
                Success = field.Number != 0;
                break;
            case 4:
                RestoredPid = (int)Find(field.Bytes, 1);
                break;
            case 5:
                Script = Text(field.Bytes);
                ScriptPid = (int)Find(field.Bytes, 2);
                break;
            case 7:
                Errno = (int)field.Number;
                break;
            case 8:
                TracksMemory = Find(field.Bytes, 1) != 0;
                HasLazyPages = Find(field.Bytes, 2) != 0;
                break;
            case 9:
                Message = Encoding.UTF8.GetString(field.Bytes);
                break;
            case 10:
                Version = ReadVersion(field.Bytes);
                break;
            default:
                break;
        }
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
