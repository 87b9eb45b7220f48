using System.Collections.Generic;

namespace Punnet.Plan;

/// <summary>
/// What an ordered list of rules comes to for one type of device: a table in which each device finds its answer by major and minor,
/// without any order. An answer is a set of requests: bit n is on if the request with the access bits n passes.
/// </summary>
internal sealed class DeviceProgramTable
{
    /// <summary>The answer that lets every request pass.</summary>
    internal const int Everything = 0xff;

    // More places than the longest program can hold: a list that needs them is refused before time is spent on it.
    private const int MaximumPlaces = 4 * DeviceProgram.MaximumLength;

    private readonly List<DeviceProgramRule> _rules;

    private DeviceProgramTable(List<DeviceProgramRule> rules) => _rules = rules;

    /// <summary>Majors that need an answer of their own.</summary>
    internal List<MajorAnswers> Majors { get; } = [];

    /// <summary>Answers by minor for all other majors.</summary>
    internal List<MinorAnswer> Minors { get; } = [];

    /// <summary>The answer for all other devices.</summary>
    internal int Otherwise { get; private set; }

    /// <summary>Whether all devices of the type get one answer.</summary>
    internal bool IsUniform => Majors.Count == 0 && Minors.Count == 0;

    /// <summary>Works the table out.</summary>
    /// <param name="rules">The rules of both types, in their order.</param>
    /// <param name="block">Whether the table is for block devices, otherwise for character devices.</param>
    internal static DeviceProgramTable Of(List<DeviceProgramRule> rules, bool block)
    {
        List<DeviceProgramRule> ofType = [];
        SortedSet<uint> everyMajorMinors = [];
        SortedDictionary<uint, SortedSet<uint>> minorsByMajor = [];
        foreach (DeviceProgramRule rule in rules)
        {
            if (block ? !rule.Block : !rule.Character)
            {
                continue;
            }

            ofType.Add(rule);
            if (rule.Major is uint major)
            {
                if (!minorsByMajor.TryGetValue(major, out SortedSet<uint>? minors))
                {
                    minorsByMajor.Add(major, minors = []);
                }

                if (rule.Minor is uint minor)
                {
                    minors.Add(minor);
                }
            }
            else if (rule.Minor is uint minor)
            {
                everyMajorMinors.Add(minor);
            }
        }

        if ((long)minorsByMajor.Count * everyMajorMinors.Count > MaximumPlaces)
        {
            throw DeviceProgram.TooLong();
        }

        DeviceProgramTable table = new(ofType);
        table.Fill(minorsByMajor, everyMajorMinors);
        return table;
    }

    private void Fill(SortedDictionary<uint, SortedSet<uint>> minorsByMajor, SortedSet<uint> everyMajorMinors)
    {
        Otherwise = Answer(null, null);
        Dictionary<uint, int> byMinor = [];
        foreach (uint minor in everyMajorMinors)
        {
            int answer = Answer(null, minor);
            byMinor.Add(minor, answer);
            if (answer != Otherwise)
            {
                Minors.Add(new MinorAnswer(minor, answer));
            }
        }

        foreach ((uint major, SortedSet<uint> minors) in minorsByMajor)
        {
            // A device that both a rule for its major and a rule for its minor match needs a place of its own, or the
            // answer for its major would hide what the other rule says.
            minors.UnionWith(everyMajorMinors);
            MajorAnswers answers = new(major, Answer(major, null), []);
            bool differs = answers.Otherwise != Otherwise;
            foreach (uint minor in minors)
            {
                int answer = Answer(major, minor);
                differs |= answer != byMinor.GetValueOrDefault(minor, Otherwise);
                if (answer != answers.Otherwise)
                {
                    answers.Minors.Add(new MinorAnswer(minor, answer));
                }
            }

            if (differs)
            {
                Majors.Add(answers);
            }
        }
    }

    /// <summary>
    /// Plays the rules for one device, or for all devices that no rule names more exactly than by <paramref name="major"/> and
    /// <paramref name="minor"/>. One pattern that allows must cover the whole request, as in the device cgroup of old: reading allowed by
    /// "c 1:*" and writing allowed by "c 1:3" do not add up to opening 1:3 for both.
    /// </summary>
    private int Answer(uint? major, uint? minor)
    {
        PatternAccess patterns = default;
        foreach (DeviceProgramRule rule in _rules)
        {
            if ((rule.Major is not null && rule.Major != major) || (rule.Minor is not null && rule.Minor != minor))
            {
                continue;
            }

            int pattern = (rule.Major is null ? 0 : 1) | (rule.Minor is null ? 0 : 2);
            if (rule.Allow)
            {
                patterns.Allow(pattern, rule.Access);
            }
            else
            {
                patterns.Deny(pattern, rule.Access);
            }
        }

        return patterns.Answer();
    }
}

/// <summary>The answers for one major number.</summary>
/// <param name="Major">The number.</param>
/// <param name="Otherwise">The answer for minors that are not listed.</param>
/// <param name="Minors">The minors with another answer.</param>
internal sealed record MajorAnswers(uint Major, int Otherwise, List<MinorAnswer> Minors);

/// <summary>The answer for one minor number.</summary>
/// <param name="Minor">The number.</param>
/// <param name="Answer">The requests that pass.</param>
internal readonly record struct MinorAnswer(uint Minor, int Answer);
