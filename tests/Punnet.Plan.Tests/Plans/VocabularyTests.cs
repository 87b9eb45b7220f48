using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>
/// The words that a property takes: one table each, sorted, because they are searched and because <c>features</c> prints them.
/// </summary>
public sealed class VocabularyTests
{
    public static TheoryData<string> Names => [.. Lists.Keys];

    private static Dictionary<string, IReadOnlyList<string>> Lists { get; } = new(StringComparer.Ordinal)
    {
        ["mount options"] = MountOptions.Names,
        ["memory policies"] = MemoryPolicyPlanner.Modes,
        ["flags of memory policies"] = MemoryPolicyPlanner.Flags,
        ["seccomp actions"] = SeccompNames.Actions,
        ["seccomp operators"] = SeccompNames.Operators,
        ["seccomp architectures"] = SeccompNames.Architectures,
        ["seccomp flags"] = SeccompNames.Flags,
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void A_vocabulary_is_sorted(string name)
    {
        Assert.Equal(Lists[name].Order(StringComparer.Ordinal), Lists[name]);
    }
}
