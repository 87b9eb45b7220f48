using System;
using System.Collections.Generic;
using System.IO;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>The systemd of this machine, where it is process 1: <c>tests/vm/run --systemd</c>.</summary>
internal static class Systemd
{
    /// <summary>Its own socket.</summary>
    public const string PrivateSocket = "/run/systemd/private";

    /// <summary>Whether it is process 1.</summary>
    public static bool IsHere { get; } = File.ReadAllText("/proc/1/comm").Trim() == "systemd" && File.Exists(PrivateSocket);

    /// <summary>Skips a test where it is not.</summary>
    public static void Need()
    {
        Assert.SkipUnless(IsHere, "needs systemd as process 1: tests/vm/run --systemd");
    }

    /// <summary>systemctl.</summary>
    public static Outcome Control(params string[] arguments)
    {
        return new Command("systemctl", ["--no-pager", .. arguments]).Run();
    }

    /// <summary>One property of a unit, as <c>systemctl show</c> prints it.</summary>
    public static string Show(string unit, string property)
    {
        return Control("show", "--value", "--property=" + property, unit).Succeeds().Stdout.TrimEnd('\n');
    }

    /// <summary>Loaded units whose name has this text.</summary>
    public static List<string> Units(string text)
    {
        List<string> units = [];
        if (IsHere)
        {
            foreach (string line in Control("list-units", "--all", "--plain", "--no-legend").Succeeds().Stdout.Split('\n'))
            {
                string name = line.Trim().Split(' ')[0];
                if (name.Contains(text, StringComparison.Ordinal))
                {
                    units.Add(name);
                }
            }
        }

        return units;
    }

    /// <summary>A container whose cgroup systemd makes.</summary>
    public static Container BySystemd(this Container container)
    {
        Need();
        return container.Globally("--systemd-cgroup");
    }

    /// <summary>The unit that such a container has without linux.cgroupsPath.</summary>
    public static string Unit(this Container container)
    {
        return "runc-" + container.Id + ".scope";
    }
}
