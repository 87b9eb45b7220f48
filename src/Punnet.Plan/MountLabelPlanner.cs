using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>linux.mountLabel: the SELinux context of the file systems that are made for the container.</summary>
internal static class MountLabelPlanner
{
    private const string Annotation = "run.oci.mount_context_type";

    /// <summary>The parameter that gives a file system its context; empty without a label.</summary>
    /// <param name="label">As written.</param>
    /// <param name="annotations">May name another kind of context, as for crun.</param>
    /// <exception cref="SpecException">The kind is none.</exception>
    public static MountParameter[] Plan(string? label, IReadOnlyDictionary<string, string> annotations)
    {
        if (string.IsNullOrEmpty(label))
        {
            return [];
        }

        string kind = annotations.GetValueOrDefault(Annotation, "context");
        return kind is "context" or "fscontext" or "defcontext" or "rootcontext"
            ? [new MountParameter(CString.Of(kind), Place.Text(label, "linux.mountLabel"))]
            : throw new SpecException(
                "annotations[\"" + Annotation + "\"]", "\"" + kind + "\" is not a kind of context (context, fscontext, defcontext or rootcontext)");
    }

    /// <summary>Whether a mount gets it. The kernel's own views of itself, procfs and its like, have labels that do not change.</summary>
    public static bool Takes(MountStep step, ReadOnlySpan<MountParameter> label) =>
        !label.IsEmpty && step.Kind == MountKind.FileSystem && step.Type.ToString() is not ("proc" or "sysfs" or "mqueue");
}
