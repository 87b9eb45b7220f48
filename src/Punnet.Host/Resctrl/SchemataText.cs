using System;

namespace Punnet.Host.Resctrl;

/// <summary>Lines of schemata: <c>L3:0=fff;1=fff</c>. The kernel pads names and masks when it prints them.</summary>
public static class SchemataText
{
    /// <summary>Whether a group has all that a line asks for.</summary>
    /// <param name="schemata">The group's file.</param>
    /// <param name="line">A line; domains that it does not name do not matter.</param>
    public static bool Has(string schemata, string line)
    {
        (string resource, string[] wanted) = Divide(line);
        foreach (string candidate in schemata.Split('\n'))
        {
            (string name, string[] domains) = Divide(candidate);
            if (name == resource)
            {
                return HasAll(domains, wanted);
            }
        }

        return false;
    }

    private static bool HasAll(string[] domains, string[] wanted)
    {
        foreach (string domain in wanted)
        {
            if (Array.IndexOf(domains, domain) < 0)
            {
                return false;
            }
        }

        return true;
    }

    private static (string Resource, string[] Domains) Divide(string line)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return ("", []);
        }

        string[] domains = line[(colon + 1)..].Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        for (int i = 0; i < domains.Length; i++)
        {
            int equals = domains[i].IndexOf('=', StringComparison.Ordinal);
            string value = domains[i][(equals + 1)..].Trim().TrimStart('0').ToLowerInvariant();
            domains[i] = domains[i][..int.Max(equals, 0)].Trim() + "=" + (value.Length == 0 ? "0" : value);
        }

        return (line[..colon].Trim(), domains);
    }
}
