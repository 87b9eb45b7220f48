using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>Two files of one name and size, in two directories.</summary>
public static class ContentComparison
{
    private const int Chunk = 128 * 1024;
    private const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal;

    /// <summary>Whether they hold the same bytes.</summary>
    /// <exception cref="SysException">One cannot be read.</exception>
    public static bool IsSame(int oneDirectory, int otherDirectory, ReadOnlySpan<byte> name)
    {
        using Descriptor one = Open(oneDirectory, name), other = Open(otherDirectory, name);
        byte[] ones = new byte[Chunk], others = new byte[Chunk];
        for (long offset = 0; ;)
        {
            PendingSignals.Check();
            int count = Fill(one, ones, offset);
            if (Fill(other, others, offset) != count || !ones.AsSpan(0, count).SequenceEqual(others.AsSpan(0, count)))
            {
                return false;
            }

            if (count == 0)
            {
                return true;
            }

            offset += count;
        }
    }

    private static int Fill(Descriptor file, byte[] buffer, long offset)
    {
        int filled = 0;
        while (filled < buffer.Length)
        {
            Sys.Pread64(file.Number, buffer.AsSpan(filled), offset + filled, out int count).OrThrow("read a file of the layers");
            if (count == 0)
            {
                break;
            }

            filled += count;
        }

        return filled;
    }

    private static Descriptor Open(int directory, ReadOnlySpan<byte> name)
    {
        Sys.Openat2(directory, name, Flags, 0, ResolveFlags.Beneath | ResolveFlags.NoSymlinks, out int file)
            .OrThrow("open a file of the layers", FileNameBytes.Printable(FileNameBytes.Of(name[..^1])));
        return new Descriptor(file);
    }
}
