using System;
using System.IO;
using System.IO.Compression;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>Where a tar goes: a descriptor, in large pieces, compressed or not.</summary>
public sealed class TarOutput
{
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly int _descriptor;
    private readonly string _name;
    private readonly GZipStream? _gzip;
    private readonly bool _isFile;
    private int _filled;

    /// <summary>Writes to a descriptor, which stays open.</summary>
    /// <param name="descriptor">Where to.</param>
    /// <param name="name">For errors.</param>
    /// <param name="isCompressed">gzip(1).</param>
    public TarOutput(int descriptor, string name, bool isCompressed)
    {
        _descriptor = descriptor;
        _name = name;
        _isFile = Sys.Statx(descriptor, out FileStatus status) == Errno.None && status.Is(Abi.FileMode.Regular);
        _gzip = isCompressed ? Compress() : null;
    }

    /// <summary>Room for at least one block, to be filled before <see cref="Advance"/>.</summary>
    public Span<byte> Room()
    {
        if (_buffer.Length - _filled < TarHeader.Block)
        {
            Flush();
        }

        return _buffer.AsSpan(_filled);
    }

    /// <summary>Takes what <see cref="Room"/> was filled with.</summary>
    public void Advance(int count) => _filled += count;

    /// <summary>Writes bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Span<byte> room = Room();
            int count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            Advance(count);
            bytes = bytes[count..];
        }
    }

    /// <summary>Writes zeros.</summary>
    public void WriteZeros(long count)
    {
        while (count > 0)
        {
            PendingSignals.Check();
            Span<byte> room = Room();
            int step = (int)Math.Min(room.Length, count);
            room[..step].Clear();
            Advance(step);
            count -= step;
        }
    }

    /// <summary>Everything is written. After a failure this is not called: the compressor would write on.</summary>
    public void End()
    {
        Flush();
        _gzip?.Dispose();
    }

    private GZipStream Compress()
    {
        try
        {
            return new GZipStream(new DescriptorStream(this), CompressionLevel.Optimal, leaveOpen: true);
        }
        catch (IOException)
        {
            throw new SysException(Errno.ENOMEM, "compress " + _name); // zlib has nothing else to complain of.
        }
    }

    private void Flush()
    {
        if (_gzip is null)
        {
            WriteOut(_buffer.AsSpan(0, _filled));
        }
        else
        {
            _gzip.Write(_buffer, 0, _filled);
        }

        _filled = 0;
    }

    private void WriteOut(ReadOnlySpan<byte> bytes)
    {
        const int Page = 4096; // PIPE_BUF: what a pipe that is ready takes without waiting
        while (!_isFile && bytes.Length > Page)
        {
            WriteReady(bytes[..Page]);
            bytes = bytes[Page..];
        }

        WriteReady(bytes);
    }

    private void WriteReady(ReadOnlySpan<byte> bytes)
    {
        if (!_isFile)
        {
            PendingSignals.WaitToWrite(_descriptor);
        }

        Sys.WriteAll(_descriptor, bytes).OrThrow("write", _name);
    }

    // What the compressor writes to.
    private sealed class DescriptorStream : Stream
    {
        private readonly TarOutput _output;

        public DescriptorStream(TarOutput output) => _output = output;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => _output.WriteOut(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer) => _output.WriteOut(buffer);
    }
}
