using System.Collections.Generic;

namespace Punnet.Host.Doctor;

/// <summary><c>doctor</c>: what this host gives a container. Everything is tried; nothing of the host is changed.</summary>
public static class Examination
{
    /// <summary>Tries everything.</summary>
    /// <param name="state">The directory of all containers' states.</param>
    /// <param name="paths">Directories whose file systems to look at too.</param>
    /// <exception cref="Kernel.SysException">Descriptors, memory or processes are short.</exception>
    public static Findings Run(string state, IReadOnlyList<string> paths)
    {
        Findings findings = new();
        CallerTrials.Run(findings);
        SystemCallTrials.Run(findings);
        NamespaceTrials.Run(findings);
        MountTrials.Run(findings, state, paths);
        CgroupTrials.Run(findings);
        ServiceTrials.Run(findings);
        PlainContainer.Run(findings);
        return findings;
    }
}
