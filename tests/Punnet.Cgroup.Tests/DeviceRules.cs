using System;
using System.Collections.Generic;
using System.Linq;
using Punnet.Spec;

namespace Punnet.Cgroup.Tests;

/// <summary>Rules in the notation of the device cgroup of old: "+c 1:* rw" allows, "-a *:* rwm" denies.</summary>
internal static class DeviceRules
{
    internal static readonly DeviceRule[] EveryContainer = Parse(
        "+c *:* m", "+b *:* m", "+c 1:3 rwm", "+c 1:8 rwm", "+c 1:7 rwm", "+c 5:0 rwm", "+c 1:5 rwm", "+c 1:9 rwm", "+c 136:* rwm",
        "+c 5:2 rwm", "+c 10:200 rwm");

    internal static DeviceRule[] Parse(params string[] rules) => [.. rules.Select(ParseOne)];

    internal static string Text(IEnumerable<DeviceRule> rules) => string.Join(", ", rules.Select(static rule =>
        (rule.Allow ? "+" : "-") + (rule.Type ?? "a") + " " + (rule.Major?.ToString() ?? "*") + ":" + (rule.Minor?.ToString() ?? "*") + " "
            + (rule.Access ?? "rwm")));

    private static DeviceRule ParseOne(string rule)
    {
        string[] words = rule.Split(' ', ':');
        return new DeviceRule
        {
            Allow = words[0][0] == '+',
            Type = words[0][1..],
            Major = Number(words[1]),
            Minor = Number(words[2]),
            Access = words[3]
        };

        static long? Number(string word) => word == "*" ? null : long.Parse(word);
    }
}

/// <summary>What the rules mean, written as simply as possible and without regard to cost.</summary>
internal static class DeviceReference
{
    /// <summary>The whole meaning, for one request such as "rw" ("" asks for no access, as access(2) with F_OK does).</summary>
    internal static bool Passes(IEnumerable<DeviceRule> rules, char type, long major, long minor, string request)
    {
        List<Grant> grants = [];
        foreach (DeviceRule rule in rules.Concat(DeviceRules.EveryContainer).Where(rule => Matches(rule, type, major, minor)))
        {
            string access = rule.Access ?? "rwm";
            if (rule.Allow)
            {
                Grant? grant = grants.Find(each => Number(each.Major) == Number(rule.Major) && Number(each.Minor) == Number(rule.Minor));
                if (grant is null)
                {
                    grants.Add(grant = new Grant(rule.Major, rule.Minor));
                }

                grant.Given.UnionWith(access);
                grants.ForEach(each => each.Hole.ExceptWith(access));
                continue;
            }

            foreach (Grant grant in grants)
            {
                bool covered = (Number(rule.Major) is null || Number(grant.Major) is not null)
                    && (Number(rule.Minor) is null || Number(grant.Minor) is not null);
                if (covered)
                {
                    grant.Given.ExceptWith(access);
                }
                else
                {
                    grant.Hole.UnionWith(access);
                }
            }
        }

        return grants.Exists(grant => grant.Given.Except(grant.Hole).Any()
            && request.All(letter => grant.Given.Contains(letter) && !grant.Hole.Contains(letter)));
    }

    /// <summary>For one single access: the last rule that matches and names it decides.</summary>
    internal static bool LastRuleAllows(IEnumerable<DeviceRule> rules, char type, long major, long minor, char access) =>
        rules.Concat(DeviceRules.EveryContainer).LastOrDefault(rule => Matches(rule, type, major, minor)
            && (rule.Access ?? "rwm").Contains(access, StringComparison.Ordinal))?.Allow ?? false;

    internal static bool Matches(DeviceRule rule, char type, long major, long minor) =>
        ((rule.Type ?? "a") == "a" || rule.Type![0] == type)
        && (Number(rule.Major) ?? major) == major
        && (Number(rule.Minor) ?? minor) == minor;

    private static long? Number(long? number) => number == -1 ? null : number;

    private sealed record Grant(long? Major, long? Minor)
    {
        internal HashSet<char> Given { get; } = [];

        internal HashSet<char> Hole { get; } = [];
    }
}

/// <summary>
/// The device controller of cgroup v1: a default and a list of exceptions, found by exactly the same pattern. Null where that list cannot
/// say what the rules mean: there it ignored a rule, or the rule's numbers.
/// </summary>
internal static class OldDeviceController
{
    internal static Func<char, long, long, string, bool>? Of(IEnumerable<DeviceRule> rules)
    {
        bool allow = false;
        Dictionary<(string Type, long? Major, long? Minor), HashSet<char>> exceptions = [];
        foreach (DeviceRule rule in rules.Concat(DeviceRules.EveryContainer))
        {
            if (rule.Type == "a")
            {
                if (rule.Major is not null || rule.Minor is not null || rule.Access != "rwm")
                {
                    return null;
                }

                allow = rule.Allow;
                exceptions.Clear();
                continue;
            }

            (string, long?, long?) pattern = (rule.Type!, rule.Major, rule.Minor);
            if (rule.Allow != allow)
            {
                exceptions[pattern] = [.. exceptions.GetValueOrDefault(pattern, []), .. rule.Access!];
                continue;
            }

            if (exceptions.Any(each => each.Key != pattern && each.Key.Type == rule.Type && Meet(each.Key.Major, rule.Major)
                && Meet(each.Key.Minor, rule.Minor)))
            {
                return null;
            }

            exceptions.GetValueOrDefault(pattern)?.ExceptWith(rule.Access!);
        }

        return (type, major, minor, request) =>
        {
            IEnumerable<HashSet<char>> matching = exceptions
                .Where(each => each.Key.Type[0] == type && Meet(each.Key.Major, major) && Meet(each.Key.Minor, minor))
                .Select(static each => each.Value);
            return allow ? !matching.Any(access => access.Overlaps(request)) : matching.Any(access => access.IsSupersetOf(request));
        };

        static bool Meet(long? left, long? right) => left is null || right is null || left == right;
    }
}
