using System;
using System.Runtime.InteropServices;
using Punnet.Abi;

namespace Punnet.Kernel;

/// <summary>The entries of an open directory, in the file system's order, without "." and "..". Allocates nothing.</summary>
public ref struct DirectoryEntries
{
    // struct linux_dirent64, getdents64(2): inode 8, offset 8, length 2, type 1, name with NUL.
    private const int LengthOffset = 16, TypeOffset = 18, NameOffset = 19;

    private readonly int _directory;
    private readonly Span<byte> _buffer;
    private ReadOnlySpan<byte> _entry;
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts where the directory's offset is.</summary>
    /// <param name="directory">Descriptor, open for reading.</param>
    /// <param name="buffer">For what the kernel returns at once; at least 280 bytes, the longest entry.</param>
    public DirectoryEntries(int directory, Span<byte> buffer)
    {
        _directory = directory;
        _buffer = buffer;
    }

    /// <summary>Why <see cref="MoveNext"/> returned false: None at the end of the directory, else the error of getdents64(2).</summary>
    public Errno Errno { get; private set; }

    /// <summary>The name, with its NUL.</summary>
    public readonly ReadOnlySpan<byte> NameWithNul
    {
        get
        {
            ReadOnlySpan<byte> name = _entry[NameOffset..];
            return name[..(name.IndexOf((byte)0) + 1)];
        }
    }

    /// <summary>The name, without its NUL.</summary>
    public readonly ReadOnlySpan<byte> Name => NameWithNul[..^1];

    /// <summary>The type, DT_* of readdir(3); 0 (DT_UNKNOWN) where the file system does not say.</summary>
    public readonly byte Type => _entry[TypeOffset];

    /// <summary>Goes to the next entry.</summary>
    public bool MoveNext()
    {
        do
        {
            if (_rest.Length <= NameOffset)
            {
                Errno = Sys.Getdents64(_directory, _buffer, out int count);
                if (Errno != Errno.None || count == 0)
                {
                    return false;
                }

                _rest = _buffer[..count];
            }

            int length = MemoryMarshal.Read<ushort>(_rest[LengthOffset..]);
            _entry = _rest[..length];
            _rest = _rest[length..];
        }
        while (NameWithNul.SequenceEqual(".\0"u8) || NameWithNul.SequenceEqual("..\0"u8));
        return true;
    }
}
