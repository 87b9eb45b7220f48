using System;
using System.Collections.Generic;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>linux.mountLabel: the SELinux context of the file systems that are made for the container.</summary>
internal static class MountLabelPlanner
{
    private const string Annotation = "run.oci.mount_context_type";

    /// <summary>The parameter that gives a file system its context; a null key without a label.</summary>
    /// <param name="label">As written.</param>
    /// <param name="annotations">May name another kind of context, as for crun.</param>
    /// <exception cref="SpecException">The kind is none, or the label cannot be a parameter.</exception>
    public static MountParameter Plan(string? label, IReadOnlyDictionary<string, string> annotations)
    {
        if (string.IsNullOrEmpty(label))
        {
            return default;
        }

        // No label has one, and for mount(2) it would be the label's end.
        if (label.Contains('"', StringComparison.Ordinal))
        {
            throw new SpecException("linux.mountLabel", "holds a quotation mark, which no SELinux label does");
        }

        string kind = annotations.GetValueOrDefault(Annotation, "context");
        return kind is "context" or "fscontext" or "defcontext" or "rootcontext"
            ? MountParameter.Of(kind, label, "linux.mountLabel")
            : throw new SpecException(
                "annotations[\"" + Annotation + "\"]", "\"" + kind + "\" is not a kind of context (context, fscontext, defcontext or rootcontext)");
    }

    /// <summary>
    /// Gives a mount its label. The kernel's own views of itself, procfs and its like, have labels that do not change; the message queues
    /// have had a file system since their namespace was made, which takes no parameter any more, and only its root can be labelled.
    /// </summary>
    /// <param name="step">The mount.</param>
    /// <param name="label">From <see cref="Plan"/>.</param>
    /// <param name="ownsQueues">Whether the ipc namespace is the container's: the host's queues keep their label.</param>
    public static MountStep Add(MountStep step, MountParameter label, bool ownsQueues)
    {
        if (label.Key.IsNull || step.Kind != MountKind.FileSystem)
        {
            return step;
        }

        return step.Type.ToString() switch
        {
            "proc" or "sysfs" => step,
            "mqueue" => ownsQueues ? step with { RootLabel = label.Value } : step,
            _ => step with { Label = label },
        };
    }
}
