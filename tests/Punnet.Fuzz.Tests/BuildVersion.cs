namespace Punnet;

/// <summary>What the build of the program writes there.</summary>
internal static class BuildVersion
{
    public const string Number = "0";
    public const string Commit = "fuzz";
}
