using System;
using System.Text;

namespace Punnet.Abi;

/// <summary>
/// Text as the kernel takes it: UTF-8 with one NUL at its end. Encoded once, while planning; the new process only passes it on.
/// </summary>
public readonly struct CString : IEquatable<CString>
{
    private readonly byte[]? _bytes;

    private CString(byte[] bytes) => _bytes = bytes;

    /// <summary>The empty string, not the absent one.</summary>
    public static CString Empty { get; } = new([0]);

    /// <summary>Whether there is no text at all: a null pointer for the kernel.</summary>
    public bool IsNull => _bytes is null;

    /// <summary>The bytes with the NUL at their end; empty for the null string.</summary>
    public ReadOnlySpan<byte> WithNul => _bytes;

    /// <summary>The bytes without the NUL.</summary>
    public ReadOnlySpan<byte> Text => _bytes is null ? default : _bytes.AsSpan(0, _bytes.Length - 1);

    /// <summary>Encodes text.</summary>
    /// <param name="text">Any text without NUL.</param>
    /// <exception cref="ArgumentException">The text has a NUL, where the kernel would stop reading.</exception>
    public static CString Of(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("holds a NUL character", nameof(text));
        }

        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return new CString(bytes);
    }

    /// <inheritdoc/>
    public bool Equals(CString other) => WithNul.SequenceEqual(other.WithNul);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CString other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => WithNul.Length;

    /// <inheritdoc/>
    public override string ToString() => Encoding.UTF8.GetString(Text);

    /// <summary>Whether two texts have the same bytes.</summary>
    public static bool operator ==(CString left, CString right) => left.Equals(right);

    /// <summary>Whether two texts differ.</summary>
    public static bool operator !=(CString left, CString right) => !left.Equals(right);
}
