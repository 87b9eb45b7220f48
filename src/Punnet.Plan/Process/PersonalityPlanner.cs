using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>config-linux.md#personality.</summary>
internal static class PersonalityPlanner
{
    /// <summary>Plans the execution domain.</summary>
    /// <param name="written">As written, or null.</param>
    /// <param name="warnings">Gets a sentence for flags: no runtime supports one, and none refuses them.</param>
    /// <exception cref="SpecException">The domain is invalid.</exception>
    public static ExecutionDomain? Plan(Personality? written, ImmutableArray<string>.Builder warnings)
    {
        if (written is null)
        {
            return null;
        }

        if (written.Flags.Count > 0)
        {
            warnings.Add("linux.personality.flags: ignoring " + string.Join(", ", written.Flags)
                + ": flags of a personality are not supported");
        }

        return written.Domain switch
        {
            "LINUX" => ExecutionDomain.Linux,
            "LINUX32" => ExecutionDomain.Linux32,
            null or "" => throw new SpecException("linux.personality.domain", "is missing"),
            _ => throw new SpecException(
                "linux.personality.domain", "\"" + written.Domain + "\" is not a domain (LINUX or LINUX32)",
                NearestWord.Hint(written.Domain, ["LINUX", "LINUX32"])),
        };
    }
}
