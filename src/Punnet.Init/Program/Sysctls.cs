using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>
/// Kernel parameters, through the host's /proc, which the parent opened and verified: the container's can be anything (CVE-2025-52881). The
/// namespaces of the writer decide which parameter is set, not the mount of procfs.
/// </summary>
internal static class Sysctls
{
    /// <summary>Writes every parameter.</summary>
    public static void Write(ContainerPlan plan, InitContext context, InitReport report)
    {
        ImmutableArray<SysctlStep> sysctls = plan.Sysctls;
        for (int i = 0; i < sysctls.Length; i++)
        {
            const ResolveFlags Strict = ResolveFlags.Beneath | ResolveFlags.NoMountCrossing | ResolveFlags.NoSymlinks;
            report.Check(
                InitStep.Sysctl, i, Sys.Openat2(context.Proc, sysctls[i].Path.WithNul, OpenFlags.WriteOnly, 0, Strict, out int file));
            report.Check(InitStep.SysctlValue, i, Sys.WriteAll(file, sysctls[i].Value.Text));
            Sys.Close(file);
        }
    }
}
