using System.Globalization;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>Places in config.json, for refusals.</summary>
internal static class JsonPath
{
    /// <summary><c>mounts[3]</c>.</summary>
    public static string At(string list, int index) => list + "[" + index.ToString(CultureInfo.InvariantCulture) + "]";

    /// <summary>Encodes a text that the kernel will read.</summary>
    /// <exception cref="SpecException">It holds a NUL.</exception>
    public static CString Text(string text, string place) =>
        text.Contains('\0', System.StringComparison.Ordinal) ? throw new SpecException(place, "holds a NUL character") : CString.Of(text);

    /// <summary>A user or group id.</summary>
    /// <exception cref="SpecException">It is the one number that means "leave it as it is" to setresuid(2) and chown(2).</exception>
    public static uint Id(uint id, string place) =>
        id != uint.MaxValue ? id : throw new SpecException(place, "4294967295 is not an id: expected 0 to 4294967294");
}
