using System;
using System.Text;
using Punnet.Abi;
using Tmds.Linux;

namespace Punnet.Kernel;

/// <summary>From an errno to an exception or to words; for the host side.</summary>
public static unsafe class ErrnoExtensions
{
    /// <summary>Throws unless the call succeeded.</summary>
    /// <param name="errno">What the call returned.</param>
    /// <param name="what">What was being done, as in "cannot …".</param>
    /// <exception cref="SysException">The call failed.</exception>
    public static void OrThrow(this Errno errno, string what)
    {
        if (errno != Errno.None)
        {
            throw new SysException(errno, what);
        }
    }

    /// <summary>Throws unless the call succeeded; with the object, which is put together only then.</summary>
    /// <param name="errno">What the call returned.</param>
    /// <param name="what">What was being done, as in "cannot …".</param>
    /// <param name="name">To what.</param>
    /// <exception cref="SysException">The call failed.</exception>
    public static void OrThrow(this Errno errno, string what, string name)
    {
        if (errno != Errno.None)
        {
            throw new SysException(errno, what + " " + name);
        }
    }

    /// <summary>The C library's words, in lower case as engines match them, with the name: <c>no such file or directory (ENOENT)</c>.</summary>
    public static string Words(this Errno errno)
    {
        byte* buffer = stackalloc byte[128];
        _ = LibC.strerror_r((int)errno, buffer, (size_t)128u);
        ReadOnlySpan<byte> text = new(buffer, 128);
        string words = Encoding.UTF8.GetString(text[..text.IndexOf((byte)0)]);
        string lower = words.Length > 1 && char.IsLower(words[1]) ? char.ToLowerInvariant(words[0]) + words[1..] : words;
        return Enum.IsDefined(errno) ? lower + " (" + errno.ToString() + ")" : lower + " (errno " + ((int)errno).ToString() + ")";
    }
}
