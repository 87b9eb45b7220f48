using Punnet.Abi;
using Punnet.Host;
using Punnet.Kernel;

namespace Punnet.Console;

/// <summary><c>--console-socket</c>: an engine's Unix socket that gets the terminal.</summary>
internal static class ConsoleSocket
{
    /// <summary>Connects. Done by the host side: the path is the host's.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="what">Which socket.</param>
    /// <exception cref="PunnetException">Nothing listens there.</exception>
    public static Descriptor Connect(string path, string what = "the console socket")
    {
        Errno errno = Sys.ConnectUnixStream(CString.Of(path).WithNul, out int socket);
        if (errno != Errno.None)
        {
            throw new PunnetException("cannot connect to " + what + " " + path + ": " + errno.Words(), PathCause.OfSocket(path, errno));
        }

        return new Descriptor(socket);
    }
}
