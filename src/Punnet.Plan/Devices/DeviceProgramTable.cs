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
    internal int Fallback { get; private set; }

    /// <summary>Whether all devices of the type get one answer.</summary>
    internal bool IsUniform => Majors.Count == 0 && Minors.Count == 0;

    /// <summary>Works the table out.</summary>
    /// <param name="rules">The rules of both types, in their order.</param>
    /// <param name="block">Whether the table is for block devices, otherwise for character devices.</param>
    internal static DeviceProgramTable Of(List<DeviceProgramRule> rules, bool block)
    {
        DeviceProgramTable table = new(rules.FindAll(rule => block ? rule.Block : rule.Character));
        table.Fill();
        return table;
    }

    private void Fill()
    {
        List<uint> majors = [];
        List<uint> everyMajorMinors = [];
        foreach (DeviceProgramRule rule in _rules)
        {
            if (rule.Major is uint major)
            {
                majors.Add(major);
            }
            else if (rule.Minor is uint minor)
            {
                everyMajorMinors.Add(minor);
            }
        }

        SortAndMerge(majors);
        SortAndMerge(everyMajorMinors);
        if ((long)majors.Count * everyMajorMinors.Count > MaximumPlaces)
        {
            throw DeviceProgram.TooLong();
        }

        Fallback = Answer(null, null);
        foreach (uint minor in everyMajorMinors)
        {
            AddMinor(Minors, minor, Answer(null, minor), Fallback);
        }

        foreach (uint major in majors)
        {
            FillMajor(major, everyMajorMinors);
        }
    }

    private void FillMajor(uint major, List<uint> everyMajorMinors)
    {
        // A device that both a rule for its major and a rule for its minor match needs a place of its own, or the answer for
        // its major would hide what the other rule says.
        List<uint> minors = [.. everyMajorMinors];
        foreach (DeviceProgramRule rule in _rules)
        {
            if (rule.Major == major && rule.Minor is uint minor)
            {
                minors.Add(minor);
            }
        }

        SortAndMerge(minors);
        MajorAnswers answers = new(major, Answer(major, null), []);
        bool differs = answers.Fallback != Fallback;
        foreach (uint minor in minors)
        {
            int answer = Answer(major, minor);
            differs |= answer != Answer(null, minor);
            AddMinor(answers.Minors, minor, answer, answers.Fallback);
        }

        if (differs)
        {
            Majors.Add(answers);
        }
    }

    private static void AddMinor(List<MinorAnswer> minors, uint minor, int answer, int otherwise)
    {
        if (answer != otherwise)
        {
            minors.Add(new MinorAnswer(minor, answer));
        }
    }

    private static void SortAndMerge(List<uint> numbers)
    {
        numbers.Sort();
        int kept = 0;
        for (int index = 0; index < numbers.Count; index++)
        {
            if (kept == 0 || numbers[index] != numbers[kept - 1])
            {
                numbers[kept++] = numbers[index];
            }
        }

        numbers.RemoveRange(kept, numbers.Count - kept);
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
/// <param name="Fallback">The answer for minors that are not listed.</param>
/// <param name="Minors">The minors with another answer.</param>
internal sealed record MajorAnswers(uint Major, int Fallback, List<MinorAnswer> Minors);

/// <summary>The answer for one minor number.</summary>
/// <param name="Minor">The number.</param>
/// <param name="Answer">The requests that pass.</param>
internal readonly record struct MinorAnswer(uint Minor, int Answer);
