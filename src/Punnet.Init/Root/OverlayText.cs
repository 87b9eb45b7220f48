using System;
using System.Buffers.Text;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>
/// The stack of layers for mount(2), which kernels before 6.5 need: all options in one string of at most a page. A layer is the number of
/// its descriptor, relative to /proc/self/fd: 500 of them take half a page, and nothing needs quoting.
/// </summary>
internal static class OverlayText
{
    private const int Page = 4096;

    /// <summary>Mounts the stack.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="layers">The layers, the lowest first.</param>
    /// <param name="upper">The upper directory, or -1.</param>
    /// <param name="work">overlayfs's work directory, or -1.</param>
    /// <param name="stage">A writable mount in this mount namespace.</param>
    /// <param name="mount">The stack, detached.</param>
    public static Errno Make(OverlayPlan plan, ReadOnlySpan<int> layers, int upper, int work, int stage, out int mount)
    {
        mount = -1;
        Span<byte> text = stackalloc byte[Page];
        int length = Write(plan, layers, upper, work, text);
        if (length < 0)
        {
            return Errno.E2BIG;
        }

        // mount(2) needs a mount point with a path.
        Span<byte> place = stackalloc byte[32];
        Utf8Formatter.TryFormat(stage, place, out int digits);
        "/root\0"u8.CopyTo(place[digits..]);
        Errno errno = Sys.Mkdirat(stage, "root\0"u8, Permissions.Mode0700);
        errno = errno == Errno.None ? Sys.Chdir("/proc/self/fd\0"u8) : errno;
        errno = errno == Errno.None ? Sys.Mount("overlay\0"u8, place, "overlay\0"u8, MountFlags.None, text) : errno;
        errno = errno == Errno.None ? Sys.OpenTreeClone(stage, "root\0"u8, recursive: false, out mount) : errno;
        Errno back = Sys.Chdir("/\0"u8);
        return errno == Errno.None ? back : errno;
    }

    // The length with the NUL, or -1 if it does not fit.
    private static int Write(OverlayPlan plan, ReadOnlySpan<int> layers, int upper, int work, Span<byte> text)
    {
        int length = 0;
        bool fits = Add("lowerdir="u8, text, ref length);
        for (int i = layers.Length - 1; i >= 0; i--)
        {
            fits = fits && Add(layers[i], text, ref length) && (i == 0 || Add(":"u8, text, ref length));
        }

        if (upper >= 0)
        {
            fits = fits && Add(",upperdir="u8, text, ref length) && Add(upper, text, ref length);
            fits = fits && Add(",workdir="u8, text, ref length) && Add(work, text, ref length);
        }

        ImmutableArray<MountParameter> options = plan.Options;
        for (int i = 0; i < options.Length; i++)
        {
            fits = fits && Add(","u8, text, ref length) && Add(options[i].Key.Text, text, ref length);
            fits = fits && (options[i].Value.IsNull || (Add("="u8, text, ref length) && Add(options[i].Value.Text, text, ref length)));
        }

        if (!plan.LabelKey.IsNull)
        {
            // Quoted: a label has commas between its categories.
            fits = fits && Add(","u8, text, ref length) && Add(plan.LabelKey.Text, text, ref length) && Add("=\""u8, text, ref length);
            fits = fits && Add(plan.Label.Text, text, ref length) && Add("\""u8, text, ref length);
        }

        return fits && Add("\0"u8, text, ref length) ? length : -1;
    }

    private static bool Add(ReadOnlySpan<byte> part, Span<byte> text, ref int length)
    {
        bool fits = part.TryCopyTo(text[length..]);
        length += fits ? part.Length : 0;
        return fits;
    }

    private static bool Add(int number, Span<byte> text, ref int length)
    {
        bool fits = Utf8Formatter.TryFormat(number, text[length..], out int digits);
        length += digits;
        return fits;
    }
}
