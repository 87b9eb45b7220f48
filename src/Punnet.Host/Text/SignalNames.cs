using System;
using Punnet.Spec;

namespace Punnet.Host.Text;

/// <summary>signal(7): names and numbers of x86 and ARM.</summary>
public static class SignalNames
{
    private static readonly string[] s_names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>The names, without SIG, and without those of the real-time signals.</summary>
    public static ReadOnlySpan<string> All => s_names.AsSpan(1);

    /// <summary>A number (0 to 64), a name or a name with SIG, in any case; RTMIN+n and RTMAX-n too. Null for anything else.</summary>
    public static int? Parse(string word)
    {
        const int Last = 64, FirstRealtime = 34;
        if (int.TryParse(word, System.Globalization.NumberStyles.None, null, out int number))
        {
            return number <= Last ? number : null;
        }

        string name = word.ToUpperInvariant();
        name = name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        int index = name.Length == 0 ? -1 : Array.IndexOf(s_names, name);
        if (index > 0)
        {
            return index;
        }

        return name switch
        {
            "IOT" => 6,
            "CLD" => 17,
            "POLL" => 29,
            "RTMIN" => FirstRealtime,
            "RTMAX" => Last,
            _ when Realtime(name, "RTMIN+") is int up => FirstRealtime + up,
            _ when Realtime(name, "RTMAX-") is int down => Last - down,
            _ => null,
        };
    }

    /// <summary>The signal that was probably meant, as a hint; or null.</summary>
    public static string? Nearest(string word)
    {
        bool isLong = word.StartsWith("SIG", StringComparison.OrdinalIgnoreCase);
        string? nearest = NearestWord.Of(isLong ? word[3..] : word, s_names);
        return nearest is null ? null : "did you mean " + (isLong ? "SIG" : "") + nearest + "?";
    }

    /// <summary>
    /// strsignal(3) in lower case for those that end a failed program, a name for the others; null for other numbers.
    /// </summary>
    public static string? Words(int signal) => signal switch
    {
        6 => "aborted",
        9 => "killed",
        11 => "segmentation fault",
        15 => "terminated",
        31 => "bad system call",
        _ when signal > 0 && signal < s_names.Length => "SIG" + s_names[signal],
        _ => null,
    };

    private static int? Realtime(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(prefix.Length), System.Globalization.NumberStyles.None, null, out int offset) && offset <= 30
            ? offset : null;
}
