using System;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host;

/// <summary>Which part of a path of the host the kernel means, where it refuses the whole: for hints.</summary>
public static class PathCause
{
    private const uint Search = 1; // The x of others; shifted left by 6 that of the owner.

    /// <summary>The first part that cannot be passed, or null where the error already says it.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="errno">What using it gave.</param>
    /// <param name="namespaces">The container's, whose root is the one that is refused; null for punnet itself.</param>
    public static string? Of(string path, Errno errno, NamespacePlan? namespaces = null)
    {
        if (errno is not (Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.EACCES) || !path.StartsWith('/'))
        {
            return null;
        }

        for (int end = 1; end > 0; end = end == path.Length ? 0 : Next(path, end))
        {
            string prefix = path[..end];
            Errno found = Sys.Statx(Sys.WorkingDirectory, CString.Of(prefix).WithNul, out FileStatus status);
            bool isWhole = end == path.Length;
            string? cause = (errno, found) switch
            {
                (Errno.ENOENT or Errno.ELOOP, Errno.ENOENT or Errno.ELOOP) => Missing(prefix, found, isWhole),
                (Errno.ENOTDIR, Errno.None) when !status.Is(FileMode.Directory) => isWhole ? null : prefix + " is not a directory",
                (Errno.EACCES, Errno.None) when status.Is(FileMode.Directory) => Closed(prefix, status, isWhole, namespaces),
                _ => null,
            };
            if (cause is not null || found != Errno.None)
            {
                return cause;
            }
        }

        return null;
    }

    /// <summary>The same for connecting to a Unix socket.</summary>
    public static string? OfSocket(string path, Errno errno) => errno switch
    {
        Errno.ECONNREFUSED => "nobody listens there",
        Errno.EAGAIN => "its owner has accepted no connection for 10 seconds",
        _ => Of(path, errno),
    };

    private static int Next(string path, int end)
    {
        int slash = path.IndexOf('/', end + 1);
        return slash < 0 ? path.Length : slash;
    }

    private static string? Missing(string path, Errno errno, bool isWhole)
    {
        byte[] target = new byte[4096];
        if (Sys.Readlinkat(Sys.WorkingDirectory, CString.Of(path).WithNul, target, out int length) == Errno.None)
        {
            string link = path + " is a symbolic link to " + Encoding.UTF8.GetString(target.AsSpan(0, length));
            return link + (errno == Errno.ELOOP ? ", and so round in a circle" : ", which does not exist");
        }

        return isWhole || errno == Errno.ELOOP ? null : "the directory " + path + " does not exist";
    }

    // Root of a user namespace may pass where owner and group are mapped, capabilities(7), or as any other user may.
    private static string? Closed(string path, FileStatus status, bool isWhole, NamespacePlan? namespaces)
    {
        if (isWhole)
        {
            return null;
        }

        if (namespaces is not { HasUser: true })
        {
            return Sys.Faccessat(Sys.WorkingDirectory, CString.Of(path).WithNul, AccessMode.Execute) == Errno.EACCES
                ? "the directory " + path + " cannot be searched by user " + Sys.Geteuid().ToString()
                : null;
        }

        if (namespaces.UidMap.IsNull || (status.Mode & Search) != 0
            || (IsMapped(namespaces.UidMap, status.Uid, out uint root) && IsMapped(namespaces.GidMap, status.Gid, out _)))
        {
            return null;
        }

        return status.Uid == root && (status.Mode & (Search << 6)) != 0
            ? null
            : "the directory " + path + " cannot be searched by user " + root.ToString() + ", root of the container's user namespace";
    }

    /// <summary>Whether a user namespace has an id of the host.</summary>
    /// <param name="map">As in user_namespaces(7): inside, outside, size.</param>
    /// <param name="id">The host's.</param>
    /// <param name="root">The host's id of its root; that of nobody where it has none.</param>
    private static bool IsMapped(CString map, uint id, out uint root)
    {
        string[] numbers = map.ToString().Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        bool isMapped = false;
        root = 65534;
        for (int i = 0; i + 2 < numbers.Length; i += 3)
        {
            uint inside = uint.Parse(numbers[i]), outside = uint.Parse(numbers[i + 1]), size = uint.Parse(numbers[i + 2]);
            isMapped |= id >= outside && id - outside < size;
            root = inside == 0 ? outside : root;
        }

        return isMapped;
    }
}
