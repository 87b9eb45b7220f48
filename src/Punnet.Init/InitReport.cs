using System.Diagnostics.CodeAnalysis;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>How the new process tells that it cannot go on: three numbers, and it ends. The host has the plan, and the words.</summary>
/// <param name="Socket">Where the numbers go.</param>
internal readonly record struct InitReport(int Socket)
{
    /// <summary>Goes on only after success.</summary>
    public void Check(InitStep step, int item, Errno errno)
    {
        if (errno != Errno.None)
        {
            Fail(step, item, errno);
        }
    }

    /// <summary>Goes on only after success.</summary>
    public void Check(InitStep step, Errno errno) => Check(step, 0, errno);

    /// <summary>Ends this process.</summary>
    [DoesNotReturn]
    public void Fail(InitStep step, int item, Errno errno)
    {
        Channel.Tell(Socket, Message.Failed, (int)step, item, errno);
        Sys.Exit(1);
    }
}
