using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Punnet.Abi;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Seccomp.Tests;

/// <summary>The engines' default profiles (as config.json has them for a container with default capabilities) and small ones.</summary>
internal static class Profiles
{
    internal static readonly SeccompFacts X86 = new(
        SeccompArchitecture.X86_64,
        SeccompFilterFlags.ThreadSync | SeccompFilterFlags.Log | SeccompFilterFlags.SpeculationAllow);

    internal static SeccompFacts Facts(SeccompArchitecture native) => X86 with { Native = native };

    internal static Punnet.Spec.Seccomp Load(string name)
    {
        using Stream stream = typeof(Profiles).Assembly.GetManifestResourceStream(name + ".json")!;
        using JsonDocument document = JsonDocument.Parse(stream);
        JsonElement root = document.RootElement;
        List<SeccompRule> rules = [];
        foreach (JsonElement rule in root.GetProperty("syscalls").EnumerateArray())
        {
            rules.Add(new SeccompRule
            {
                Names = Strings(rule.GetProperty("names")),
                Action = rule.GetProperty("action").GetString(),
                ErrnoRet = rule.TryGetProperty("errnoRet", out JsonElement errno) ? errno.GetUInt32() : null,
                Args = Arguments(rule),
            });
        }

        return new Punnet.Spec.Seccomp
        {
            DefaultAction = root.GetProperty("defaultAction").GetString(),
            DefaultErrnoRet = root.TryGetProperty("defaultErrnoRet", out JsonElement number) ? number.GetUInt32() : null,
            Architectures = Strings(root.GetProperty("architectures")),
            Syscalls = rules,
        };
    }

    /// <summary>The same profile without the names that a library of another age does not know.</summary>
    internal static Punnet.Spec.Seccomp KnownTo(this Punnet.Spec.Seccomp profile, Predicate<string> knows)
    {
        List<SeccompRule> rules = [];
        foreach (SeccompRule rule in profile.Syscalls)
        {
            List<string> names = new List<string>(rule.Names).FindAll(knows);
            if (names.Count > 0)
            {
                rules.Add(rule with { Names = names });
            }
        }

        return profile with { Syscalls = rules };
    }

    internal static Punnet.Spec.Seccomp Of(string defaultAction, params SeccompRule[] rules) =>
        new() { DefaultAction = defaultAction, Syscalls = rules };

    internal static SeccompRule Rule(string action, string name, params SeccompArgument[] arguments) =>
        new() { Names = [name], Action = action, Args = arguments };

    internal static SeccompArchitecture Architecture(string name)
    {
        foreach (SeccompArchitecture architecture in Enum.GetValues<SeccompArchitecture>())
        {
            if (name == Name(architecture))
            {
                return architecture;
            }
        }

        return SeccompArchitecture.None;
    }

    internal static string Name(SeccompArchitecture architecture) => "SCMP_ARCH_" + architecture.ToString().ToUpperInvariant();

    private static List<string> Strings(JsonElement list)
    {
        List<string> result = [];
        foreach (JsonElement item in list.EnumerateArray())
        {
            result.Add(item.GetString()!);
        }

        return result;
    }

    private static List<SeccompArgument> Arguments(JsonElement rule)
    {
        List<SeccompArgument> result = [];
        if (rule.TryGetProperty("args", out JsonElement arguments))
        {
            foreach (JsonElement argument in arguments.EnumerateArray())
            {
                result.Add(new SeccompArgument(
                    argument.GetProperty("index").GetUInt32(),
                    argument.GetProperty("value").GetUInt64(),
                    argument.TryGetProperty("valueTwo", out JsonElement two) ? two.GetUInt64() : 0,
                    argument.GetProperty("op").GetString()));
            }
        }

        return result;
    }
}
