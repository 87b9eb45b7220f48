using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Punnet.Abi;
using Punnet.Init;
using Punnet.Kernel;

namespace Punnet.Host.Namespaces;

/// <summary>
/// Ids beyond an ordinary user's own: subuid(5) grants them, and newuidmap(1) and newgidmap(1), which are set-user-ID programs, write the
/// map. They are the host's programs, and get nothing of punnet's environment.
/// </summary>
public sealed record SubordinateIds
{
    // The system's directories first: what PATH holds is the caller's own risk, but need not be met by chance.
    private static readonly string[] s_directories =
        ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/local/sbin", "/run/wrappers/bin"];

    private SubordinateIds(string program, string grants, string place) => (Program, Grants, Place) = (program, grants, place);

    /// <summary>newuidmap.</summary>
    public static SubordinateIds Users => new("newuidmap", "/etc/subuid", "linux.uidMappings");

    /// <summary>newgidmap.</summary>
    public static SubordinateIds Groups => new("newgidmap", "/etc/subgid", "linux.gidMappings");

    private string Program { get; }

    /// <summary>The file that grants them.</summary>
    public string Grants { get; }

    private string Place { get; }

    /// <summary>Lets the program write a map.</summary>
    /// <param name="kind">Which one.</param>
    /// <param name="pid">The process in the new user namespace; it must belong to the caller, and so be dumpable.</param>
    /// <param name="map">Text of the map.</param>
    /// <param name="user">The caller.</param>
    /// <exception cref="PunnetException">The program is not there, or refuses.</exception>
    public static void Map(SubordinateIds kind, int pid, CString map, uint user)
    {
        string path = HostProgram.Find(kind.Program, s_directories) ?? throw new PunnetException(
            "cannot map ids (" + kind.Place + "): " + kind.Program + " is not on this host",
            "an ordinary user maps more than the user's own id with " + kind.Program + ", which is in the package uidmap or shadow-utils");
        string[] numbers = map.ToString().Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        List<CString> args = [CString.Of(kind.Program), CString.Of(pid.ToString(CultureInfo.InvariantCulture))];
        foreach (string number in numbers)
        {
            args.Add(CString.Of(number));
        }

        HookOutcome outcome = HostProgram.Execute(path, ArgumentBlock.Of(args), ArgumentBlock.Of([]), out string printed);
        if (outcome is not { Run: Errno.None, HasTimedOut: false, Status: 0 })
        {
            string words = outcome.Run != Errno.None ? "cannot run " + path + ": " + outcome.Run.Words()
                : printed.Length > 0 ? printed.Trim().ReplaceLineEndings("; ")
                : path + " failed with status " + outcome.Status.ToString(CultureInfo.InvariantCulture);
            throw new PunnetException("cannot map ids (" + kind.Place + "): " + words, kind.Hint(numbers, user));
        }
    }

    // The first range that is not granted whole.
    private string Hint(string[] numbers, uint user)
    {
        string name = UserNames.Find(user);
        List<(uint First, uint Size)> granted = Granted(user);
        uint own = Program == "newuidmap" ? user : Sys.Getegid();
        for (int i = 1; i + 1 < numbers.Length; i += 3)
        {
            uint first = uint.Parse(numbers[i], CultureInfo.InvariantCulture), size =
                uint.Parse(numbers[i + 1], CultureInfo.InvariantCulture);
            if (!(first == own && size == 1)
                && !granted.Exists(range => first >= range.First && (ulong)first + size <= (ulong)range.First + range.Size))
            {
                return Grants + " does not give the host's ids " + first.ToString() + " to " + ((ulong)first + size - 1).ToString()
                    + " to " + name + Listed(granted);
            }
        }

        if (Sys.Prctl(ProcessControl.ReadNoNewPrivileges, 0, out int isSet) == Errno.None && isSet == 1)
        {
            return "punnet runs with no_new_privs, under which " + Program + " gains no privilege, prctl(2)";
        }

        return "the ranges are granted in " + Grants + ": " + Program
            + " needs to be set-user-ID root, or to have the capability, and passwd(5) an entry for the user";
    }

    private static string Listed(List<(uint First, uint Size)> granted)
    {
        StringBuilder text = new();
        foreach ((uint first, uint size) in granted)
        {
            text.Append(text.Length == 0 ? ", but " : ", ").Append(first).Append(" to ").Append((ulong)first + size - 1);
        }

        return text.ToString();
    }

    /// <summary>The ranges of a user, subuid(5): NAME-OR-UID:FIRST:SIZE.</summary>
    /// <param name="user">The user's id.</param>
    public List<(uint First, uint Size)> Granted(uint user)
    {
        string name = UserNames.Find(user);
        List<(uint First, uint Size)> granted = [];
        string text = HostFile.TryReadText(Sys.WorkingDirectory, CString.Of(Grants).WithNul) ?? "";
        foreach (string line in text.Split('\n'))
        {
            string[] fields = line.Split(':');
            if (fields.Length == 3 && (fields[0] == name || fields[0] == user.ToString(CultureInfo.InvariantCulture))
                && uint.TryParse(fields[1], out uint first) && uint.TryParse(fields[2], out uint size) && size > 0)
            {
                granted.Add((first, size));
            }
        }

        return granted;
    }
}
