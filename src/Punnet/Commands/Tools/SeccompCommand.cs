using System;
using System.Collections.Generic;
using System.Globalization;
using Punnet.Abi;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Plan;
using Punnet.Seccomp;
using Punnet.Spec;

namespace Punnet.Commands;

/// <summary><c>seccomp explain</c>: which rule of a profile decides a call, docs/seccomp-tools.md.</summary>
internal static class SeccompCommand
{
    private const int MostArguments = 6;

    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "seccomp",
        Arguments = "explain PROFILE [CALL [ARG...]]",
        Summary = "say which rule of a seccomp profile decides a call (run --seccomp-record writes a profile)",
        Examples = "punnet seccomp explain profile.json clone 0x10000000\npunnet seccomp explain --config config.json",
        Options =
        [
            new("config", "f", "FILE", "read linux.seccomp of this config.json, instead of PROFILE"),
            new("arch", "", "NAME", "calling convention of the call: SCMP_ARCH_* (default: this machine's)"),
        ],
        MaxArguments = int.MaxValue,
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        List<string> words = line.Positionals;
        if (words[0] != "explain")
        {
            throw new UsageException("unknown subcommand " + words[0] + ": explain is expected");
        }

        string? config = line.Value("config");
        int next = config is null ? 2 : 1;
        if (words.Count < next)
        {
            throw new UsageException("\"seccomp explain\" requires a PROFILE, or --config FILE");
        }

        SeccompArchitecture architecture = Architecture(line.Value("arch"));
        string file = config ?? words[1];
        byte[] document = HostFile.Read(file);
        try
        {
            Spec.Seccomp profile = Read(document, config is not null, globals.Log, file);
            SeccompExplanation explanation = new(profile, new SeccompFacts(HostProbe.Native, HostProbe.SeccompFlags()));
            ReadOnlySpan<string> path = config is null ? ["syscalls"] : ["linux", "seccomp", "syscalls"];
            SeccompExplainText text = new(
                profile, explanation, architecture, config is null ? "" : "linux.seccomp.", JsonLines.OfElements(document, path));
            if (words.Count > next)
            {
                text.AddCall(Number(words[next], architecture), Arguments(words[(next + 1)..]));
            }
            else
            {
                text.AddTable();
            }

            Output.Write(text.ToString());
            return 0;
        }
        catch (SpecException refusal)
        {
            string message = config is null ? refusal.Message.Replace("linux.seccomp.", "", StringComparison.Ordinal) : refusal.Message;
            throw new PunnetException(file + ": " + message);
        }
    }

    // Docker's own profiles have conditions that it resolves before the runtime sees them.
    private static Spec.Seccomp Read(byte[] document, bool isConfig, Log log, string file)
    {
        UnknownProperties unknown = new();
        Spec.Seccomp? profile = isConfig
            ? ConfigReader.ReadConfig(document).Linux?.Seccomp
            : ConfigReader.ReadSeccomp(document, unknown);
        foreach (UnknownProperty property in unknown.Found)
        {
            if (property.Place.EndsWith(".includes", StringComparison.Ordinal)
                || property.Place.EndsWith(".excludes", StringComparison.Ordinal) || property.Place == "archMap")
            {
                log.Warn(file + ": " + property.Place + " is resolved by an engine, and is ignored here;"
                    + " its rules count as if they applied");
                break;
            }
        }

        return profile ?? throw new PunnetException(file + ": linux.seccomp is missing");
    }

    private static SeccompArchitecture Architecture(string? name)
    {
        SeccompArchitecture known = name is null ? HostProbe.Native : SeccompComparisons.Architecture(name);
        return known != SeccompArchitecture.None
            ? known
            : throw new UsageException("invalid value \"" + name + "\" for flag -arch: a name such as SCMP_ARCH_X86 is expected");
    }

    private static uint Number(string call, SeccompArchitecture architecture)
    {
        int index = SyscallTable.IndexOf(call);
        int slot = index == SyscallTable.Unknown ? index : SyscallTable.SlotOf(architecture, index);
        return slot != SyscallTable.Unknown ? SyscallTable.NumberAt(architecture, slot)
            : uint.TryParse(call, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number
            : throw new PunnetException(index == SyscallTable.Unknown
                ? "\"" + call + "\" is not a system call of any architecture"
                : call + " is not a system call of this architecture");
    }

    private static ulong[] Arguments(List<string> words)
    {
        if (words.Count > MostArguments)
        {
            throw new UsageException("a system call has at most 6 arguments");
        }

        ulong[] values = new ulong[words.Count];
        for (int i = 0; i < values.Length; i++)
        {
            string word = words[i];
            bool isHexadecimal = word.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
            long negative = 0;
            if (!(isHexadecimal
                ? ulong.TryParse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out values[i])
                : ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out values[i])
                    || long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out negative)))
            {
                throw new UsageException("invalid argument \"" + word + "\": a number such as 8, 0x8 or (after --) -1 is expected");
            }

            values[i] = negative == 0 ? values[i] : (ulong)negative;
        }

        return values;
    }
}
