using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Mono.Unix.Native;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>A FIFO, of which the test holds both ends: fifo(7).</summary>
internal sealed partial class Fifo : IDisposable
{
    private readonly int descriptor;

    /// <summary>Makes it.</summary>
    public Fifo(string path)
    {
        Path = path;
        Assert.Equal(0, Syscall.mkfifo(path, (FilePermissions)0x180));
        descriptor = Syscall.open(path, OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC);
        Assert.True(descriptor >= 0, "open " + path);
    }

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>Bytes that nobody has read yet, FIONREAD.</summary>
    public int Available
    {
        get
        {
            int count = 0;
            Assert.Equal(0, Control(descriptor, 0x541B, ref count));
            return count;
        }
    }

    /// <summary>Writes all of it, however long the reader takes.</summary>
    public void Write(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        GCHandle pin = GCHandle.Alloc(bytes, GCHandleType.Pinned);
        Assert.Equal(bytes.Length, Syscall.write(descriptor, pin.AddrOfPinnedObject(), (ulong)bytes.Length));
        pin.Free();
    }

    /// <summary>Reads until nothing is left and the condition holds.</summary>
    public string ReadUntil(Func<bool> isOver)
    {
        StringBuilder text = new();
        byte[] bytes = new byte[65536];
        DateTime limit = DateTime.UtcNow + Command.Patience;
        while (true)
        {
            bool wasOver = isOver();
            Pollfd[] wait = [new Pollfd { fd = descriptor, events = PollEvents.POLLIN }];
            if (Syscall.poll(wait, 20) > 0)
            {
                GCHandle pin = GCHandle.Alloc(bytes, GCHandleType.Pinned);
                long count = Syscall.read(descriptor, pin.AddrOfPinnedObject(), (ulong)bytes.Length);
                pin.Free();
                _ = text.Append(Encoding.UTF8.GetString(bytes, 0, (int)count));
            }
            else if (wasOver)
            {
                return text.ToString();
            }

            Assert.True(DateTime.UtcNow < limit, $"the fifo went on after {text.Length} characters");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = Syscall.close(descriptor);
        File.Delete(Path);
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, ref int argument);
}
