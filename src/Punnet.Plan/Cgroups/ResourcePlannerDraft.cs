using System;
using System.Collections.Generic;
using System.Globalization;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>A resource plan while it is being made.</summary>
internal sealed class ResourcePlannerDraft
{
    private readonly string _root;

    internal ResourcePlannerDraft(string root, bool update)
    {
        _root = root.Length == 0 ? root : root + ".";
        IsUpdate = update;
    }

    internal bool IsUpdate { get; }

    internal List<CgroupWrite> Writes { get; } = [];

    internal List<UsageCheck> UsageChecks { get; } = [];

    internal List<string> Warnings { get; } = [];

    internal string Place(string property) => _root + property;

    /// <summary>Makes a write whose controller is the first part of the file's name.</summary>
    internal CgroupWrite Make(string file, string value, string property) =>
        new(file[..file.IndexOf('.', StringComparison.Ordinal)], file, value, Place(property));

    internal void Write(string file, string value, string property) => Writes.Add(Make(file, value, property));

    /// <summary>
    /// What a new cgroup has without being told, and every process without a cgroup: to ask for it must not need the controller.
    /// </summary>
    internal CgroupWrite Unlimited(CgroupWrite write) => IsUpdate ? write : write with { OnError = CgroupError.IgnoreMissing };

    internal void Write(string file, long value, string property) => Write(file, Text(value), property);

    internal void Write(string file, ulong value, string property) => Write(file, Text(value), property);

    internal void Warn(bool given, string property, string sentence)
    {
        if (given)
        {
            Warnings.Add(Place(property) + ": " + sentence);
        }
    }

    internal SpecException Refusal(string property, string problem) => new(Place(property), problem);

    internal static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    internal static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
