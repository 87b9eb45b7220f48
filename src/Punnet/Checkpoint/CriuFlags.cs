using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Host.Checkpoint;
using Punnet.Kernel;

namespace Punnet.Checkpoint;

/// <summary>What checkpoint and restore ask of CRIU alike.</summary>
internal sealed class CriuFlags
{
    /// <summary>Path of CRIU, or null.</summary>
    public required string? Criu { get; init; }

    /// <summary>Directory of the images, absolute.</summary>
    public required string Images { get; init; }

    /// <summary>Directory of the log, absolute.</summary>
    public required string Work { get; init; }

    /// <summary>The flags that go to CRIU as they are.</summary>
    public required CriuOptions Options { get; init; }

    /// <summary>The configuration file of CRIU for a container, or null.</summary>
    /// <param name="annotations">config.json's: <c>org.criu.config</c> names one, or, empty, none.</param>
    public static string? ConfigFile(IReadOnlyDictionary<string, string> annotations)
    {
        // runc's rule, also for the path: engines and administrators have this one.
        const string Default = "/etc/criu/runc.conf";
        if (annotations.TryGetValue("org.criu.config", out string? named))
        {
            return named.Length == 0 ? null : named;
        }

        return Sys.Faccessat(Sys.WorkingDirectory, CString.Of(Default).WithNul, AccessMode.Exists) == Errno.None ? Default : null;
    }
}
