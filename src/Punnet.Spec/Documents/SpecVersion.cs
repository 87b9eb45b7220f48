namespace Punnet.Spec;

/// <summary>The version of the runtime-spec.</summary>
public static class SpecVersion
{
    /// <summary>The newest that punnet implements.</summary>
    public const string Newest = "1.3.0";
}
