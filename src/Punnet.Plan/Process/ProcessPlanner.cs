using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>config.md#process.</summary>
internal static class ProcessPlanner
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Plans one program.</summary>
    /// <param name="process">As written.</param>
    /// <param name="at">Its place, <c>process</c>, or empty for a document that is only a process.</param>
    /// <param name="facts">The host.</param>
    /// <param name="seccomp">The filter that it gets, or null.</param>
    /// <param name="ownsUser">Whether it is in a user namespace, where its root has every capability.</param>
    /// <exception cref="SpecException">Something cannot be as it is written.</exception>
    public static ProcessPlan Plan(Process process, string at, HostFacts facts, SeccompPlan? seccomp, bool ownsUser)
    {
        string dot = at.Length == 0 ? "" : at + ".";
        if (process.Args.Count == 0)
        {
            throw new SpecException(dot + "args", "args must not be empty");
        }

        if (string.IsNullOrEmpty(process.Cwd) || process.Cwd[0] != '/')
        {
            string problem = string.IsNullOrEmpty(process.Cwd)
                ? "Cwd property must not be empty"
                : "Cwd must be an absolute path, and \"" + process.Cwd + "\" is not";
            throw new SpecException(dot + "cwd", problem);
        }

        if (process.User.Umask > Permissions.UmaskBits)
        {
            throw new SpecException(dot + "user.umask", process.User.Umask.Value.ToString() + " is more than 511 (octal 777)");
        }

        if (process.OomScoreAdj is < -1000 or > 1000)
        {
            throw new SpecException(dot + "oomScoreAdj", process.OomScoreAdj.Value.ToString() + " is not from -1000 to 1000");
        }

        (ImmutableArray<CString> env, bool needsHome, string path) = Environment(process.Env, dot + "env");
        ImmutableArray<string>.Builder warnings = ImmutableArray.CreateBuilder<string>();
        return new ProcessPlan
        {
            Args = Texts(process.Args, dot + "args"),
            Env = env,
            NeedsHome = needsHome,
            Candidates = Candidates(process.Args[0], path, dot + "args[0]"),
            Cwd = JsonPath.Text(process.Cwd, dot + "cwd"),
            Uid = JsonPath.Id(process.User.Uid, dot + "user.uid"),
            Gid = JsonPath.Id(process.User.Gid, dot + "user.gid"),
            Groups = Groups(process.User.AdditionalGids, dot + "user.additionalGids"),
            Umask = process.User.Umask ?? Permissions.GroupOrOthersWrite,
            Limits = LimitPlanner.Plan(process.Rlimits, dot + "rlimits"),
            Capabilities = CapabilityPlanner.Plan(
                process.Capabilities, dot + "capabilities", facts.LastCapability, ownsUser ? ulong.MaxValue : facts.Capabilities, warnings),
            NoNewPrivileges = process.NoNewPrivileges,
            OomScore = process.OomScoreAdj is long score ? CString.Of(score.ToString()) : default,
            Terminal = process.Terminal,
            Rows = Size(process, process.ConsoleSize?.Height ?? 0, dot + "consoleSize.height"),
            Columns = Size(process, process.ConsoleSize?.Width ?? 0, dot + "consoleSize.width"),
            Scheduler = SchedulerPlanner.Plan(process.Scheduler, dot + "scheduler"),
            IoPriority = SchedulerPlanner.Plan(process.IoPriority, dot + "ioPriority"),
            Affinity = SchedulerPlanner.Plan(process.ExecCpuAffinity, dot + "execCPUAffinity"),
            ApparmorProfile = OptionalText(process.ApparmorProfile, "", dot + "apparmorProfile"),
            ApparmorRequest = OptionalText(process.ApparmorProfile, "exec ", dot + "apparmorProfile"),
            SelinuxLabel = OptionalText(process.SelinuxLabel, "", dot + "selinuxLabel"),
            Seccomp = seccomp,
            Warnings = warnings.ToImmutable(),
        };
    }

    /// <summary>Adds what config.json says of every program of the container outside of process.</summary>
    /// <exception cref="SpecException">Something cannot be as it is written.</exception>
    public static ProcessPlan AddContainerSettings(ProcessPlan plan, Config config)
    {
        ImmutableArray<string>.Builder warnings = ImmutableArray.CreateBuilder<string>();
        warnings.AddRange(plan.Warnings);
        return plan with
        {
            // crun: any value but "0".
            KeepsGroups = config.Annotations.TryGetValue("run.oci.keep_original_groups", out string? keeps) && keeps != "0",
            Personality = PersonalityPlanner.Plan(config.Linux?.Personality, warnings),
            MemoryPolicy = MemoryPolicyPlanner.Plan(config.Linux?.MemoryPolicy),
            Warnings = warnings.ToImmutable(),
        };
    }

    private static CString OptionalText(string? text, string before, string place) =>
        string.IsNullOrEmpty(text) ? default : JsonPath.Text(before + text, place);

    // struct winsize has 16 bits; without a terminal the size has no meaning.
    private static ushort Size(Process process, uint size, string place)
    {
        if (!process.Terminal)
        {
            return 0;
        }

        return size <= ushort.MaxValue ? (ushort)size : throw new SpecException(place, size.ToString() + " is more than 65535");
    }

    // Of equal names the last one counts, at its own place.
    private static (ImmutableArray<CString> Env, bool NeedsHome, string Path) Environment(IReadOnlyList<string> written, string place)
    {
        HashSet<string> names = new(written.Count, StringComparer.Ordinal);
        List<CString> kept = new(written.Count);
        bool needsHome = true;
        string path = DefaultPath;
        for (int i = written.Count - 1; i >= 0; i--)
        {
            string entry = written[i];
            int equals = entry.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                string problem = equals < 0 ? "missing '='" : "name cannot be empty";
                throw new SpecException(JsonPath.At(place, i), "invalid environment variable: " + problem);
            }

            string name = entry[..equals];
            if (!names.Add(name))
            {
                continue;
            }

            if (name == "HOME")
            {
                needsHome = entry.Length == "HOME=".Length;
                if (needsHome)
                {
                    continue;
                }
            }
            else if (name == "PATH")
            {
                path = entry[(equals + 1)..];
            }

            kept.Add(JsonPath.Text(entry, JsonPath.At(place, i)));
        }

        kept.Reverse();
        return ([.. kept], needsHome, path);
    }

    private static ImmutableArray<CString> Candidates(string program, string path, string place)
    {
        if (program.Length == 0)
        {
            return []; // In no directory of PATH: engines know the words for that.
        }

        if (program.Contains('/', StringComparison.Ordinal))
        {
            return [JsonPath.Text(program, place)];
        }

        ImmutableArray<CString>.Builder candidates = ImmutableArray.CreateBuilder<CString>();
        foreach (string directory in path.Split(':'))
        {
            // A relative directory would make the program depend on the working directory.
            if (directory.StartsWith('/'))
            {
                candidates.Add(JsonPath.Text(directory + "/" + program, place));
            }
        }

        return candidates.ToImmutable();
    }

    private static ImmutableArray<uint> Groups(IReadOnlyList<uint> written, string place)
    {
        ImmutableArray<uint>.Builder groups = ImmutableArray.CreateBuilder<uint>(written.Count);
        for (int i = 0; i < written.Count; i++)
        {
            groups.Add(JsonPath.Id(written[i], JsonPath.At(place, i)));
        }

        return groups.MoveToImmutable();
    }

    private static ImmutableArray<CString> Texts(IReadOnlyList<string> texts, string place)
    {
        ImmutableArray<CString>.Builder encoded = ImmutableArray.CreateBuilder<CString>(texts.Count);
        for (int i = 0; i < texts.Count; i++)
        {
            encoded.Add(JsonPath.Text(texts[i], JsonPath.At(place, i)));
        }

        return encoded.MoveToImmutable();
    }
}
