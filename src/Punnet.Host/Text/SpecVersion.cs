namespace Punnet.Host.Text;

/// <summary>Versions that punnet prints.</summary>
public static class SpecVersion
{
    /// <summary>The runtime-spec that punnet implements.</summary>
    public const string Newest = "1.3.0";

    /// <summary>punnet's own version; the project file has the same.</summary>
    public const string Punnet = "0.1.0";
}
