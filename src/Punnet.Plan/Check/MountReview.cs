using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>Mounts and masks that hide each other, and options that contradict.</summary>
internal static class MountReview
{
    /// <summary>Reviews mounts, linux.maskedPaths and linux.readonlyPaths.</summary>
    public static void Of(CheckedDocument document, Config config, ContainerPlan plan)
    {
        for (int i = 0; i < plan.Mounts.Length; i++)
        {
            string place = JsonPath.At("mounts", i);
            string? written = config.Mounts[i].Destination;
            if (written is not null && !written.StartsWith('/'))
            {
                document.Warn(
                    place + ".destination", "\"" + written
                    + "\" is not absolute, as the specification requires since 1.2: it is taken as \"/" + written + "\"");
            }

            Covered(document, plan.Mounts, i, place);
            Options(document, config.Mounts[i], plan.Mounts[i].Kind, place);
        }

        Masks(document, config.Linux!, plan.Mounts);
    }

    // In the order of the list: what is mounted over something hides it.
    private static void Covered(CheckedDocument document, ImmutableArray<MountStep> mounts, int index, string place)
    {
        if (mounts[index].Kind == MountKind.Remount || !document.IsWritten(place + ".destination"))
        {
            return;
        }

        string covered = "";
        for (int i = 0; i < index; i++)
        {
            if (mounts[i].Kind != MountKind.Remount && IsWithin(mounts[i].Destination, mounts[index].Destination))
            {
                covered += (covered.Length == 0 ? "" : ", ") + JsonPath.At("mounts", i) + " (" + mounts[i].Destination + ")";
            }
        }

        if (covered.Length > 0)
        {
            document.Warn(
                place + ".destination", "the mount on " + mounts[index].Destination + " hides " + covered,
                "move it in front of what it hides");
        }
    }

    private static void Options(CheckedDocument document, Mount mount, MountKind kind, string place)
    {
        for (int i = 0; i < mount.Options.Count; i++)
        {
            string option = mount.Options[i], here = JsonPath.At(place + ".options", i);
            MountOptions.Effect effect = MountOptions.Find(option);
            if (kind == MountKind.Bind && effect.Meaning == MountOptions.Meaning.FileSystemFlag)
            {
                document.Warn(here, "\"" + option + "\" has no effect: it is about a file system, and this is a bind mount");
            }

            if (kind == MountKind.FileSystem && effect.Meaning == MountOptions.Meaning.Parameter
                && MountOptions.Hint(option) is string hint)
            {
                document.Warn(
                    here, "\"" + option + "\" is no option of every mount: the file system " + mount.Type + " may refuse it", hint);
            }

            for (int later = i + 1; later < mount.Options.Count; later++)
            {
                if (Undoes(MountOptions.Find(mount.Options[later]), effect))
                {
                    document.Warn(here, "\"" + option + "\" has no effect: \"" + mount.Options[later] + "\" after it says the opposite");
                    break;
                }
            }
        }
    }

    private static bool Undoes(MountOptions.Effect later, MountOptions.Effect earlier) =>
        later.Meaning == earlier.Meaning
        && later.Meaning is MountOptions.Meaning.Attributes or MountOptions.Meaning.RecursiveAttributes
        && later != earlier
        && ((later.Clear & ~later.Set & earlier.Set) | (later.Set & earlier.Clear & ~earlier.Set)) != MountAttributes.None;

    private static void Masks(CheckedDocument document, Linux linux, ImmutableArray<MountStep> mounts)
    {
        for (int i = 0; i < linux.MaskedPaths.Count; i++)
        {
            string place = JsonPath.At("linux.maskedPaths", i);
            CString path = CString.Of(linux.MaskedPaths[i]);
            if (Hiding(path, linux.MaskedPaths, i) is int other)
            {
                document.Warn(place, Hidden(path, other));
            }

            foreach (MountStep mount in mounts)
            {
                if (mount.Kind != MountKind.Remount && IsWithin(mount.Destination, path))
                {
                    document.Warn(
                        place, "masking " + path + " hides " + JsonPath.At("mounts", mount.Index) + " (" + mount.Destination + ")");
                }
            }
        }

        for (int i = 0; i < linux.ReadonlyPaths.Count; i++)
        {
            CString path = CString.Of(linux.ReadonlyPaths[i]);
            if (Hiding(path, linux.MaskedPaths, linux.MaskedPaths.Count) is int other)
            {
                document.Warn(JsonPath.At("linux.readonlyPaths", i), Hidden(path, other));
            }
        }
    }

    private static string Hidden(CString path, int other) =>
        path + " has no effect here: " + JsonPath.At("linux.maskedPaths", other) + " hides it";

    // Another entry that masks it; of equal ones the first is the one that counts.
    private static int? Hiding(CString path, IReadOnlyList<string> masked, int own)
    {
        for (int i = 0; i < masked.Count; i++)
        {
            CString other = CString.Of(masked[i]);
            if (i != own && IsWithin(path, other) && (i < own || !path.Text.SequenceEqual(other.Text)))
            {
                return i;
            }
        }

        return null;
    }

    private static bool IsWithin(CString path, CString directory)
    {
        ReadOnlySpan<byte> inner = path.Text, outer = directory.Text.TrimEnd((byte)'/');
        return inner.StartsWith(outer) && (inner.Length == outer.Length || inner[outer.Length] == (byte)'/');
    }
}
