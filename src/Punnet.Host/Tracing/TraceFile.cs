using Punnet.Abi;
using Punnet.Host.State;
using Punnet.Kernel;

namespace Punnet.Host.Tracing;

/// <summary>The records in a state directory: the first process of a created container goes on writing there after its create.</summary>
public static class TraceFile
{
    private const string Name = "trace";

    /// <summary>From here on the records are there, if this command is traced.</summary>
    /// <exception cref="SysException">The file cannot be made.</exception>
    public static void Begin(ContainerDirectory directory)
    {
        if (TraceBuffer.IsOn)
        {
            const OpenFlags Flags = OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow;
            string path = directory.Path + "/" + Name;
            Sys.Openat(directory.Number, CString.Of(Name).WithNul, Flags, Permissions.Mode0600, out int file).OrThrow("make", path);
            using Descriptor opened = new(file);
            TraceBuffer.MoveTo(file).OrThrow("map", path);
        }
    }

    /// <summary>Reads them; empty where the create was not traced.</summary>
    /// <exception cref="SysException">The file cannot be read.</exception>
    public static TraceRecord[] Read(ContainerDirectory directory)
    {
        const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking;
        Errno errno = Sys.Openat(directory.Number, CString.Of(Name).WithNul, Flags, 0, out int file);
        if (errno == Errno.ENOENT)
        {
            return [];
        }

        errno.OrThrow("open", directory.Path + "/" + Name);
        using Descriptor opened = new(file);
        return TraceBuffer.Read(HostFile.Read(file, Name)).ToArray();
    }
}
