using System;
using System.Collections.Generic;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>What a config.json says that <c>create</c> obeys, or ignores, and that its author has probably not meant. Pure.</summary>
public static class ConfigReview
{
    /// <summary>Reviews a config.json.</summary>
    /// <param name="document">Gets what is found.</param>
    /// <param name="config">The document as read.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="facts">The host.</param>
    public static void Of(CheckedDocument document, Config config, ContainerPlan plan, HostFacts facts)
    {
        if (string.IsNullOrEmpty(config.OciVersion))
        {
            document.Warn("ociVersion", "is missing, and the specification requires it", "punnet reads it as " + SpecVersion.Newest);
        }

        foreach (string system in (ReadOnlySpan<string>)["freebsd", "solaris", "vm", "windows", "zos"])
        {
            WarnIfWritten(document, system, "is for another system, and is ignored");
        }

        const string Gone = "is not in the specification since 1.3, and is ignored";
        WarnIfWritten(document, "linux.intelRdt.enableCMT", Gone, "see enableMonitoring");
        WarnIfWritten(document, "linux.intelRdt.enableMBM", Gone, "see enableMonitoring");
        if (config.Hooks?.Prestart.Count > 0)
        {
            document.Warn(
                "hooks.prestart", "is deprecated since version 1.0.2 of the specification",
                "createRuntime, createContainer and startContainer take its place");
        }

        Repeated(document, document.Source.Root);
        foreach (string warning in plan.Resources.Warnings)
        {
            document.Warn(warning);
        }

        MountReview.Of(document, config, plan);
        IdReview.Of(document, config, plan);
        Of(document, config.Process!, "process.", plan.Process, facts);
        if (config.Linux?.Seccomp is Seccomp profile)
        {
            SeccompReview.Of(document, profile, config.Annotations, facts.Architecture);
        }
    }

    /// <summary>Reviews a document that is only a process.</summary>
    /// <param name="document">Gets what is found.</param>
    /// <param name="process">The document as read.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="facts">The host.</param>
    public static void Of(CheckedDocument document, Process process, ProcessPlan plan, HostFacts facts)
    {
        Repeated(document, document.Source.Root);
        Of(document, process, "", plan, facts);
    }

    private static void Of(CheckedDocument document, Process process, string at, ProcessPlan plan, HostFacts facts)
    {
        foreach (string warning in plan.Warnings)
        {
            document.Warn(warning);
        }

        if (!process.Terminal)
        {
            WarnIfWritten(document, at + "consoleSize", "has no effect: " + at + "terminal is not true");
        }

        WarnIfWritten(document, at + "commandLine", "is for Windows, and is ignored");
        Environment(document, process.Env, at + "env");
        CapabilityReview.Of(document, process, at, plan.Capabilities, facts.LastCapability);
    }

    private static void WarnIfWritten(CheckedDocument document, string place, string problem, string? hint = null)
    {
        if (document.IsWritten(place))
        {
            document.Warn(place, problem, hint);
        }
    }

    private static void Environment(CheckedDocument document, IReadOnlyList<string> variables, string place)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = variables.Count - 1; i >= 0; i--)
        {
            string name = variables[i].Split('=')[0];
            if (!names.Add(name))
            {
                int later = i + 1;
                while (variables[later].Split('=')[0] != name)
                {
                    later++;
                }

                document.Warn(JsonPath.At(place, i), "has no effect: " + name + " is set again in " + JsonPath.At(place, later));
            }
        }
    }

    // RFC 8259 leaves open what equal names mean; Go's encoding/json and punnet take the last.
    private static void Repeated(CheckedDocument document, SourceNode node)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = node.Children.Length - 1; i >= 0; i--)
        {
            SourceNode child = node.Children[i];
            if (node.IsObject && child is { IsRemoved: false, Name: string name } && !names.Add(name))
            {
                int later = i + 1;
                while (node.Children[later].Name != name || node.Children[later].IsRemoved)
                {
                    later++;
                }

                document.WarnOf(child, "has no effect: the same object has it again in line "
                    + document.Source.PositionOf(node.Children[later].NameStart).Line.ToString());
            }

            Repeated(document, child);
        }
    }
}
