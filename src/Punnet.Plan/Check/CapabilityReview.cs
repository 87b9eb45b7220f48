using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// Capabilities that a program does not have, although they are in its sets: capabilities(7), "Transformation of capabilities".
/// </summary>
internal static class CapabilityReview
{
    /// <summary>Reviews the sets.</summary>
    /// <param name="document">Gets what is found.</param>
    /// <param name="process">As written.</param>
    /// <param name="at">The place of the process with a dot behind it, or empty.</param>
    /// <param name="sets">Without what the planner has left out, and said so.</param>
    /// <param name="last">The highest capability of this kernel.</param>
    public static void Of(CheckedDocument document, Process process, string at, CapabilitySets sets, int last)
    {
        if (process.Capabilities is not Capabilities written)
        {
            return;
        }

        // execve(2): root gets what is inheritable or in the bounding set, another user what is ambient.
        bool isRoot = process.User.Uid == 0;
        ulong kept = isRoot ? sets.Bounding | sets.Inheritable : sets.Ambient;
        string list = written.Effective.Count > 0 ? "effective" : "permitted";
        string lost = Names((sets.Effective | sets.Permitted) & ~kept, last);
        if (lost.Length > 0)
        {
            document.Warn(
                at + "capabilities." + list,
                isRoot
                    ? "the program does not have " + lost + ": it is not in the bounding set"
                    : "the program does not have " + lost + ": user " + process.User.Uid.ToString() + " keeps only ambient capabilities",
                isRoot ? "add it to capabilities.bounding" : "add it to capabilities.inheritable and .ambient, or leave it out");
        }
    }

    private static string Names(ulong set, int last)
    {
        const int MostShown = 3;
        string names = "";
        int count = 0;
        for (int number = 0; number <= last && number < Capability.Names.Length; number++)
        {
            if ((set & (1UL << number)) != 0)
            {
                names += count++ < MostShown ? (names.Length == 0 ? "" : ", ") + Capability.Names[number] : "";
            }
        }

        return count <= MostShown ? names : names + " and " + (count - MostShown).ToString() + " more";
    }
}
