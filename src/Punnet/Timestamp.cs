using System;
using System.Globalization;
using Punnet.Kernel;

namespace Punnet;

/// <summary>Times as the state and the log have them.</summary>
internal static class Timestamp
{
    /// <summary>Now, RFC 3339 with nanoseconds, UTC: <c>2026-11-23T08:00:00.123456789Z</c>.</summary>
    public static string Now()
    {
        Sys.Clock(0, out long seconds, out long nanoseconds);
        return DateTime.UnixEpoch.AddSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss.", CultureInfo.InvariantCulture)
            + nanoseconds.ToString("D9", CultureInfo.InvariantCulture) + "Z";
    }
}
