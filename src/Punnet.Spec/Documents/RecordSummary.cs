using System;
using System.Text.Json;
using System.Text.Unicode;

namespace Punnet.Spec;

/// <summary>
/// What <c>list</c> prints of a state directory's record. Nothing is decoded and nothing allocated, because <c>list</c> reads the record
/// of every container. All texts are UTF-8 from between the quotes and without an escape: they are valid in JSON and as plain text.
/// </summary>
public ref struct RecordSummary
{
    // The longest known name has 19 characters.
    private const int LongestName = 20;

    /// <summary>ociVersion of the bundle's config.json.</summary>
    public ReadOnlySpan<byte> OciVersion { get; private set; }

    /// <summary>Absolute path of the bundle.</summary>
    public ReadOnlySpan<byte> Bundle { get; private set; }

    /// <summary>Absolute path of the root file system.</summary>
    public ReadOnlySpan<byte> Rootfs { get; private set; }

    /// <summary>Time of create: RFC 3339 with nanoseconds, UTC.</summary>
    public ReadOnlySpan<byte> Created { get; private set; }

    /// <summary>User id of who created the container.</summary>
    public uint Owner { get; private set; }

    /// <summary>Path of the cgroup below the cgroup2 mount; empty without one.</summary>
    public ReadOnlySpan<byte> Cgroup { get; private set; }

    /// <summary>The annotations as JSON, with their braces; empty without any.</summary>
    public ReadOnlySpan<byte> Annotations { get; private set; }

    /// <summary>Reads the summary of a record as <see cref="StateJson.WriteRecord"/> writes it in the ordinary case.</summary>
    /// <param name="utf8">The whole file.</param>
    /// <param name="summary">Parts of <paramref name="utf8"/>.</param>
    /// <returns>
    /// False for what is damaged, of another version or only unusual, such as hooks or an escape in a path:
    /// <see cref="StateJson.ReadRecord(ReadOnlySpan{byte})"/> is to judge it.
    /// </returns>
    public static bool TryRead(ReadOnlySpan<byte> utf8, out RecordSummary summary)
    {
        summary = default;

        // Escapes of numbers can be what no text may hold; line ends would end a line of JSON.
        if (!Utf8.IsValid(utf8) || utf8.IndexOf("\\u"u8) >= 0 || utf8.IndexOfAny((byte)'\n', (byte)'\r') >= 0)
        {
            return false;
        }

        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = JsonPathReader.MaxDepth });
        try
        {
            RecordSummary members = default;
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject || !members.ReadMembers(utf8, ref reader) || reader.Read())
            {
                return false;
            }

            summary = members;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private bool ReadMembers(ReadOnlySpan<byte> utf8, scoped ref Utf8JsonReader reader)
    {
        Span<char> buffer = stackalloc char[LongestName];
        bool hasVersion = false, hasOwner = false, hasId = false, hasPidNamespace = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadOnlySpan<byte> written = reader.ValueSpan;
            if (written.Length > LongestName)
            {
                return false;
            }

            // A name with other characters than ASCII becomes an unknown name.
            for (int i = 0; i < written.Length; i++)
            {
                buffer[i] = (char)written[i];
            }

            ReadOnlySpan<char> name = buffer[..written.Length];
            if (!reader.Read())
            {
                return false;
            }

            bool isPlain = name switch
            {
                "version" => hasVersion = IsVersion(ref reader),
                "ociVersion" => !(OciVersion = Text(utf8, ref reader)).IsEmpty,
                "id" => hasId = IsText(ref reader),
                "bundle" => !(Bundle = Text(utf8, ref reader)).IsEmpty,
                "rootfs" => !(Rootfs = Text(utf8, ref reader)).IsEmpty,
                "created" => !(Created = Text(utf8, ref reader)).IsEmpty,
                "owner" => hasOwner = ReadOwner(ref reader),
                "cgroup" => !(Cgroup = Text(utf8, ref reader)).IsEmpty,
                "punnet" or "systemdUnit" or "systemdAddress" or "keyring" or "config" => IsText(ref reader),
                "privatePidNamespace" => hasPidNamespace = reader.TokenType is JsonTokenType.True or JsonTokenType.False,
                "annotations" => ReadAnnotations(utf8, ref reader),
                _ => false,
            };
            if (!isPlain)
            {
                return false;
            }
        }

        return hasVersion && hasOwner && hasId && hasPidNamespace
            && !OciVersion.IsEmpty && !Bundle.IsEmpty && !Rootfs.IsEmpty && !Created.IsEmpty;
    }

    private bool ReadAnnotations(ReadOnlySpan<byte> utf8, scoped ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        int start = (int)reader.TokenStartIndex;
        bool isEmpty = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            isEmpty = false;
            if (!reader.Read() || reader.TokenType != JsonTokenType.String)
            {
                return false;
            }
        }

        Annotations = isEmpty ? default : utf8[start..(int)reader.BytesConsumed];
        return true;
    }

    // Empty for a value that is not a string, or has an escape.
    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> utf8, scoped ref Utf8JsonReader reader) =>
        IsText(ref reader) ? utf8.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length) : default;

    private static bool IsText(scoped ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped;

    private static bool IsVersion(scoped ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int version) && version == StateJson.RecordVersion;

    private bool ReadOwner(scoped ref Utf8JsonReader reader)
    {
        uint owner = 0;
        bool isOwner = reader.TokenType == JsonTokenType.Number && reader.TryGetUInt32(out owner);
        Owner = owner;
        return isOwner;
    }
}
