using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>The mount option copy-symlink, which Podman uses for files such as /etc/localtime.</summary>
internal static class SymbolicLinks
{
    private const int Limit = 4096; // PATH_MAX

    /// <summary>Copies a source that is a link to the destination.</summary>
    /// <returns>False when the source is not a link, or cannot be read here: then it is bind mounted.</returns>
    public static bool Copy(MountStep step, int root, InitReport report)
    {
        Span<byte> target = stackalloc byte[Limit];
        Errno errno = Sys.Readlinkat(Sys.WorkingDirectory, step.Source.WithNul, target[..(Limit - 1)], out int length);
        if (errno is Errno.EINVAL or Errno.EACCES)
        {
            return false;
        }

        report.Check(InitStep.MountSource, step.Index, errno);
        target[length] = 0;
        ReadOnlySpan<byte> path = step.Destination.WithNul;
        if (path.Length > Limit)
        {
            report.Fail(InitStep.MountTarget, step.Index, Errno.ENAMETOOLONG);
        }

        int slash = path.LastIndexOf((byte)'/');
        Span<byte> directory = stackalloc byte[Limit];
        path[..(slash + 1)].CopyTo(directory);
        directory[slash + 1] = 0;
        errno = RootPath.FindOrMake(root, directory[..(slash + 2)], isDirectory: true, out int parent);
        report.Check(InitStep.MountTarget, step.Index, errno);
        ReadOnlySpan<byte> name = path[(slash + 1)..];
        errno = Sys.Symlinkat(target[..(length + 1)], parent, name);
        if (errno == Errno.EEXIST && LeadsTo(target[..length], parent, name))
        {
            errno = Errno.None;
        }

        report.Check(InitStep.MountTarget, step.Index, errno);
        Sys.Close(parent);
        return true;
    }

    private static bool LeadsTo(ReadOnlySpan<byte> target, int parent, ReadOnlySpan<byte> name)
    {
        Span<byte> there = stackalloc byte[Limit];
        return Sys.Readlinkat(parent, name, there, out int length) == Errno.None && there[..length].SequenceEqual(target);
    }
}
