using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet;

/// <summary><c>--console-socket</c>: an engine's Unix socket that gets the terminal.</summary>
internal static class ConsoleSocket
{
    /// <summary>Connects. Done by the host side: the path is the host's.</summary>
    /// <exception cref="SysException">Nobody listens there.</exception>
    public static Descriptor Connect(string path)
    {
        Sys.ConnectUnix(CString.Of(path).WithNul, out int socket).OrThrow("connect to the console socket", path);
        return new Descriptor(socket);
    }
}
