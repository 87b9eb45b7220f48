using System.Text;

namespace Punnet.Fuzz.Tests.Targets;

/// <summary>
/// A config.json that is changed in its structure, not in its bytes: what comes out is nearly always read, and then planned.
/// </summary>
internal static class StructureTarget
{
    /// <summary>Chooses changes.</summary>
    public static void Run(byte[] input) =>
        ConfigTarget.Config(Encoding.UTF8.GetBytes(new ConfigMutations(new Choices(input)).Next().ToJsonString()));
}
