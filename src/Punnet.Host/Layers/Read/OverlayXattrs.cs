using System;
using System.Collections.Generic;

namespace Punnet.Host.Layers;

/// <summary>The marks of overlayfs on a file, in its extended attributes: overlayfs.rst, "whiteouts and opaque directories".</summary>
/// <param name="IsOpaque">Directory: it hides the layers below.</param>
/// <param name="HoldsWhiteouts">Directory: whiteouts in it may be empty files with an attribute (Linux 6.7).</param>
/// <param name="IsWhiteout">Empty file: it is one.</param>
/// <param name="Refusal">The reason why this layer alone does not tell; or null.</param>
public readonly record struct FileMarks(bool IsOpaque, bool HoldsWhiteouts, bool IsWhiteout, string? Refusal);

/// <summary>The attributes that overlayfs reserves, and others that are not the container's.</summary>
public sealed class OverlayXattrs
{
    /// <summary>The attribute that makes a directory opaque, for mounts of the host's root.</summary>
    public const string TrustedOpaque = TrustedPrefix + "opaque";

    /// <summary>The same for mounts of others: <c>userxattr</c>.</summary>
    public const string UserOpaque = UserPrefix + "opaque";

    private const string TrustedPrefix = "trusted.overlay.";
    private const string UserPrefix = "user.overlay.";
    private const string LabelName = "security.selinux";
    private readonly string _own;

    /// <summary>Knows which attributes count.</summary>
    /// <param name="userXattr">Whether the container's overlay is mounted with <c>userxattr</c>.</param>
    public OverlayXattrs(bool userXattr)
    {
        _own = userXattr ? UserPrefix : TrustedPrefix;
        Opaque = FileNameBytes.WithNul(_own + "opaque");
        Whiteout = FileNameBytes.WithNul(_own + "whiteout");
        Redirect = FileNameBytes.WithNul(_own + "redirect");
    }

    /// <summary>Name of the attribute that makes a directory opaque, with NUL.</summary>
    public byte[] Opaque { get; }

    /// <summary>Name of the attribute that makes an empty file a whiteout, with NUL.</summary>
    public byte[] Whiteout { get; }

    /// <summary>Name of the attribute that redirects a directory, with NUL.</summary>
    public byte[] Redirect { get; }

    /// <summary>Whether an attribute says opaque.</summary>
    public static bool IsYes(ReadOnlySpan<byte> value) => value.SequenceEqual("y"u8);

    /// <summary>
    /// Reads the marks and removes the attributes that are not the container's: overlayfs's own attributes; the ones that another
    /// kind of overlay mount would take for its own, which a container can write and so forge; and the host's security label. What
    /// overlayfs has escaped (<c>trusted.overlay.overlay.…</c>) is a container's own and stays.
    /// </summary>
    public FileMarks Take(List<ExtendedAttribute> attributes)
    {
        FileMarks marks = default;
        for (int i = attributes.Count - 1; i >= 0; i--)
        {
            ExtendedAttribute attribute = attributes[i];
            if (attribute.Name.StartsWith(_own, StringComparison.Ordinal))
            {
                string name = attribute.Name[_own.Length..];
                if (name.StartsWith("overlay.", StringComparison.Ordinal))
                {
                    continue;
                }

                marks = Read(marks, name, attribute.Value);
                attributes.RemoveAt(i);
            }
            else if (IsOverlays(attribute.Name) || attribute.Name == LabelName)
            {
                attributes.RemoveAt(i);
            }
        }

        return marks;
    }

    /// <summary>Whether an attribute means something to some overlay mount.</summary>
    public static bool IsOverlays(string name) =>
        name.StartsWith(TrustedPrefix, StringComparison.Ordinal) || name.StartsWith(UserPrefix, StringComparison.Ordinal);

    private static FileMarks Read(FileMarks marks, string name, byte[] value) => name switch
    {
        "opaque" when IsYes(value) => marks with { IsOpaque = true },
        "opaque" when value.AsSpan().SequenceEqual("x"u8) => marks with { HoldsWhiteouts = true },
        "whiteout" => marks with { IsWhiteout = true },
        "redirect" => marks with { Refusal = "was renamed with redirect_dir, and has its content elsewhere in the layers below" },
        "metacopy" => marks with { Refusal = "is a metacopy, and has its content in the layers below" },
        _ => marks,
    };
}
