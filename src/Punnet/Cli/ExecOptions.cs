using System;
using System.Collections.Generic;
using System.Globalization;
using Punnet.Spec;

namespace Punnet.Cli;

/// <summary>Options of exec that change the container's own process.</summary>
internal static class ExecOptions
{
    /// <summary>Applies them.</summary>
    /// <exception cref="UsageException">A value is invalid.</exception>
    public static Process Change(Process process, CommandLine line)
    {
        User user = process.User;
        if (line.Value("user") is string written)
        {
            (uint uid, uint gid) = ParseUser(written);
            user = user with { Uid = uid, Gid = gid };
        }

        List<uint> groups = [.. user.AdditionalGids];
        foreach (string gid in line.Values("additional-gids"))
        {
            groups.Add(ParseId(gid, "additional-gids"));
        }

        return process with
        {
            Args = line.Positionals[1..],
            Env = [.. process.Env, .. line.Values("env")],
            Cwd = line.Value("cwd") ?? process.Cwd,
            Terminal = line.Has("tty"),
            User = user with { AdditionalGids = groups },
            NoNewPrivileges = process.NoNewPrivileges || line.Has("no-new-privs"),
            Capabilities = Add(process.Capabilities, line.Values("cap")),
            ApparmorProfile = line.Value("apparmor") ?? process.ApparmorProfile,
            SelinuxLabel = line.Value("process-label") ?? process.SelinuxLabel,
            ConsoleSize = line.Has("tty") ? process.ConsoleSize : null,
        };
    }

    /// <summary>Strictly UID or UID:GID; without a group it is 0 (CVE-2026-30892: a loose parser ran programs as another user).</summary>
    /// <exception cref="UsageException">It is not that.</exception>
    public static (uint Uid, uint Gid) ParseUser(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (ParseId(text, "user"), 0) : (ParseId(text[..colon], "user"), ParseId(text[(colon + 1)..], "user"));
    }

    /// <summary>A path below the container's cgroup; runc's <c>controllers:path</c> is v1's and taken for its path.</summary>
    /// <exception cref="UsageException">It leads elsewhere.</exception>
    public static string? SubCgroup(string? written)
    {
        if (written is null)
        {
            return null;
        }

        string path = written[(written.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim('/');
        foreach (string part in path.Split('/'))
        {
            if (part is "." or ".." || (part.Length == 0 && path.Length > 0))
            {
                throw new UsageException("--cgroup \"" + written + "\" does not lead below the container's cgroup");
            }
        }

        return path.Length == 0 ? null : path;
    }

    private static uint ParseId(string text, string option)
    {
        // 4294967295 means "no change" to the kernel.
        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id != uint.MaxValue
            ? id
            : throw new UsageException(
                "invalid value \"" + text + "\" for flag -" + option + ": a number from 0 to 4294967294 is expected");
    }

    // Never inheritable (CVE-2022-29162), and ambient only if the container's process already has it inheritable.
    private static Capabilities? Add(Capabilities? capabilities, List<string> added)
    {
        if (added.Count == 0)
        {
            return capabilities;
        }

        Capabilities old = capabilities ?? new Capabilities();
        List<string> ambient = [.. old.Ambient];
        foreach (string name in added)
        {
            foreach (string inheritable in old.Inheritable)
            {
                if (inheritable == name)
                {
                    ambient.Add(name);
                }
            }
        }

        return old with
        {
            Bounding = [.. old.Bounding, .. added],
            Effective = [.. old.Effective, .. added],
            Permitted = [.. old.Permitted, .. added],
            Ambient = ambient,
        };
    }
}
