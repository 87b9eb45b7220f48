using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>A file system under construction, from fsopen(2) to fsmount(2).</summary>
/// <param name="Context">Its context, fsopen(2).</param>
internal readonly record struct NewFileSystem(int Context)
{
    /// <summary>fsopen(2).</summary>
    public static Errno Open(ReadOnlySpan<byte> type, out NewFileSystem made)
    {
        Errno errno = Sys.Fsopen(type, out int context);
        made = new NewFileSystem(context);
        return errno;
    }

    /// <summary>Sets a parameter.</summary>
    public Errno Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Sys.Fsconfig(Context, key, value);

    /// <summary>Creates the file system and its first mount, detached. The context stays open for the kernel's messages.</summary>
    public Errno Create(MountAttributes attributes, out int mount)
    {
        mount = -1;
        Errno errno = Sys.FsconfigCreate(Context);
        return errno == Errno.None ? Sys.Fsmount(Context, attributes, out mount) : errno;
    }

    /// <summary><see cref="Create"/>, then <see cref="Close"/>.</summary>
    public Errno Finish(MountAttributes attributes, out int mount)
    {
        Errno errno = Create(attributes, out mount);
        Close();
        return errno;
    }

    /// <summary>Closes the context.</summary>
    public void Close() => Sys.Close(Context);
}
