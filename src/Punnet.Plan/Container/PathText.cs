using System.Collections.Generic;

namespace Punnet.Plan;

/// <summary>Paths as text: no file is looked at.</summary>
public static class PathText
{
    /// <summary>Removes empty and "." components and resolves ".." by the letters alone, as for an absolute path.</summary>
    /// <param name="path">An absolute path.</param>
    /// <returns>An absolute path without a slash at its end, or "/".</returns>
    public static string Clean(string path)
    {
        List<string> kept = [];
        foreach (string part in path.Split('/'))
        {
            if (part == "..")
            {
                if (kept.Count > 0)
                {
                    kept.RemoveAt(kept.Count - 1);
                }
            }
            else if (part.Length > 0 && part != ".")
            {
                kept.Add(part);
            }
        }

        return "/" + string.Join('/', kept);
    }

    /// <summary>An absolute path: as it is, or below a directory.</summary>
    public static string Join(string directory, string path) =>
        Clean(path.StartsWith('/') ? path : directory + "/" + path);
}
