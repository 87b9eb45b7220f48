using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>linux.mountLabel: the SELinux context of the file systems that are made for the container.</summary>
internal static class MountLabelPlanner
{
    private const string Annotation = "run.oci.mount_context_type";

    /// <summary>The label, or null.</summary>
    /// <param name="label">As written.</param>
    /// <exception cref="SpecException">It cannot be the value of a parameter.</exception>
    public static CString Label(string? label)
    {
        if (string.IsNullOrEmpty(label))
        {
            return default;
        }

        // No label has one, and for mount(2) it would be the label's end.
        return label.Contains('"', StringComparison.Ordinal)
            ? throw new SpecException("linux.mountLabel", "holds a quotation mark, which no SELinux label does")
            : MountParameter.Of("context", label, "linux.mountLabel").Value;
    }

    /// <summary>The parameter that gives a file system its label; null without a label.</summary>
    /// <param name="label">As written.</param>
    /// <param name="annotations">May name another kind of context, as for crun.</param>
    /// <exception cref="SpecException">The kind of context is invalid.</exception>
    public static CString Key(string? label, IReadOnlyDictionary<string, string> annotations)
    {
        if (string.IsNullOrEmpty(label))
        {
            return default;
        }

        string kind = annotations.GetValueOrDefault(Annotation, "context");
        return kind is "context" or "fscontext" or "defcontext" or "rootcontext"
            ? CString.Of(kind)
            : throw new SpecException(
                "annotations[\"" + Annotation + "\"]",
                "\"" + kind + "\" is not a kind of context (context, fscontext, defcontext or rootcontext)");
    }

    /// <summary>
    /// Gives a mount its label. The kernel's own views of itself, procfs and its like, have labels that do not change; the message queues
    /// have had a file system since their namespace was made, which no longer takes parameters, and only its root can be labelled.
    /// </summary>
    /// <param name="step">The mount.</param>
    /// <param name="key">From <see cref="Key"/>.</param>
    /// <param name="label">From <see cref="Label"/>.</param>
    /// <param name="ownsQueues">Whether the ipc namespace is the container's: the host's queues keep their label.</param>
    public static MountStep Add(MountStep step, CString key, CString label, bool ownsQueues)
    {
        if (label.IsNull || step.Kind != MountKind.FileSystem)
        {
            return step;
        }

        return step.Type.ToString() switch
        {
            "proc" or "sysfs" => step,
            "mqueue" => ownsQueues ? step with { RootLabel = label } : step,
            _ => step with { LabelKey = key, Label = label },
        };
    }
}
