using System.IO;
using Mono.Unix.Native;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>What may stand at the name of a file and holds up, or misleads, who reads it.</summary>
internal static class Damage
{
    /// <summary>Puts it in a file's place.</summary>
    /// <param name="path">The file.</param>
    /// <param name="how">fifo, directory, device, huge, link, endless link, loop, truncated, or else empty.</param>
    public static void Make(string path, string how)
    {
        File.Delete(path);
        switch (how)
        {
            case "fifo":
                Assert.Equal(0, Syscall.mkfifo(path, FilePermissions.ALLPERMS));
                break;
            case "directory":
                Directory.CreateDirectory(path + "/below");
                break;
            case "device":
                Assert.Equal(0, Syscall.mknod(path, FilePermissions.S_IFCHR | FilePermissions.DEFFILEMODE, 0x105)); // 1:5, /dev/zero
                break;
            case "huge":
                using (FileStream file = File.Create(path))
                {
                    file.SetLength(1L << 40);
                }

                break;
            case "link":
                File.CreateSymbolicLink(path, "/etc/hostname");
                break;
            case "endless link":
                File.CreateSymbolicLink(path, "/dev/zero");
                break;
            case "loop":
                File.CreateSymbolicLink(path, Path.GetFileName(path));
                break;
            case "truncated":
                File.WriteAllText(path, "{ \"ociVersion\": ");
                break;
            default:
                File.WriteAllText(path, "");
                break;
        }
    }
}
