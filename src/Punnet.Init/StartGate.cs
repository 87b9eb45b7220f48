using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>The last wait before the program: for <c>start</c>, which is another process, or for run's own word.</summary>
internal static class StartGate
{
    /// <summary>Waits.</summary>
    /// <returns>Where failures go from here on.</returns>
    public static InitReport Wait(InitMaterial material, InitReport report)
    {
        if (material.StartGate < 0)
        {
            if (!Channel.Hear(material.Channel, out ChannelMessage answer) || answer.Kind != Message.Go)
            {
                Sys.Exit(1);
            }

            return report;
        }

        // The host side of the create waits for the end of this channel, and its stdio for ours.
        Sys.Close(material.Channel);
        if (material.Door >= 0)
        {
            NamespaceDoor.Serve(material);
        }

        Span<byte> one = stackalloc byte[1];
        if (Sys.Read(material.StartGate, one, out int count) != Errno.None || count != 1)
        {
            Sys.Exit(1);
        }

        return new InitReport(material.StartResult);
    }
}
