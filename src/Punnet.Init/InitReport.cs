using System;
using System.Diagnostics.CodeAnalysis;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>
/// How the new process reports a failure: it sends three numbers and perhaps a name, and exits. The host has the plan and the words.
/// </summary>
/// <param name="Socket">Where the numbers go.</param>
internal readonly record struct InitReport(int Socket)
{
    /// <summary>Returns only after success.</summary>
    public void Check(InitStep step, int item, Errno errno)
    {
        TraceBuffer.Mark((int)step, item, errno);
        if (errno != Errno.None)
        {
            Fail(step, item, errno);
        }
    }

    /// <summary>Returns only after success.</summary>
    public void Check(InitStep step, Errno errno) => Check(step, 0, errno);

    /// <summary>Ends this process.</summary>
    [DoesNotReturn]
    public void Fail(InitStep step, int item, Errno errno) => Fail(step, item, errno, default);

    /// <summary>Ends this process, and sends a name that the host cannot know.</summary>
    [DoesNotReturn]
    public void Fail(InitStep step, int item, Errno errno, FailureName name)
    {
        Channel.Send(Socket, new ChannelMessage { Kind = Message.Failed, Value = (int)step, Index = item, Errno = errno, Name = name });
        Sys.ExitGroup(1);
    }

    /// <summary>Returns only after success; sends the kernel's message from the file system context, fsopen(2).</summary>
    public void CheckFileSystem(InitStep step, int item, Errno errno, int fileSystem)
    {
        TraceBuffer.Mark((int)step, item, errno);
        if (errno == Errno.None)
        {
            return;
        }

        Span<byte> line = stackalloc byte[1024];
        FailureName name = default;
        while (fileSystem >= 0 && Sys.Read(fileSystem, line, out int count) == Errno.None && count > 0)
        {
            if (line.StartsWith("e "u8))
            {
                name.Set(line[2..count].TrimEnd("\n"u8));
            }
        }

        Fail(step, item, errno, name);
    }
}
