using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.Cgroups;
using Punnet.Host.Namespaces;
using Punnet.Host.State;

namespace Punnet.Commands;

/// <summary><c>ps</c>: the processes of a container.</summary>
internal static class PsCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "ps",
        Arguments = "ID [PS OPTIONS]",
        Summary = "list the processes of a container",
        Examples = "punnet ps web\npunnet ps web -o pid,rss,args",
        Takes = Command.Any,
        Options = [new("format", "f", "table|json", "form of the list (default: table)")],
        MaxArguments = int.MaxValue,
        StopAtFirstPositional = true,
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        string format = line.Value("format") ?? "table";
        if (format is not ("table" or "json"))
        {
            throw new UsageException("invalid format option");
        }

        using Container container = Container.Find(globals.Store(), line.Positionals[0]);
        using CgroupDirectory? cgroup = container.TryOpenCgroup();
        List<int> pids = cgroup?.Processes() ?? (container.HasNoCgroup ? PidNamespace.Processes(container, "list the processes of") : []);
        pids.Sort();
        if (format == "json")
        {
            Output.Write("[" + string.Join(',', pids) + "]\n");
            return 0;
        }

        Output.Write(Filter(HostPs(line.Positionals[1..]), pids));
        return 0;
    }

    // The host's ps, from the host's PATH: the container has no influence on what runs here.
    private static string HostPs(List<string> options)
    {
        string program = HostProgram.Find("ps") ?? throw new PunnetException("no ps program in PATH of the host");
        List<string> args = ["ps", .. options.Count == 0 ? ["-ef"] : options];
        return HostProgram.Run(program, args);
    }

    private static string Filter(string table, List<int> pids)
    {
        string[] lines = table.Split('\n');
        int column = Array.IndexOf(lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries), "PID");
        if (column < 0)
        {
            throw new PunnetException("the output of ps has no column PID");
        }

        StringBuilder kept = new();
        kept.Append(lines[0]).Append('\n');
        foreach (string line in lines.AsSpan(1))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > column && int.TryParse(fields[column], out int pid) && pids.Contains(pid))
            {
                kept.Append(line).Append('\n');
            }
        }

        return kept.ToString();
    }
}
