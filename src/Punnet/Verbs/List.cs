using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Spec;

namespace Punnet.Verbs;

/// <summary><c>list</c>: all containers.</summary>
internal static class List
{
    /// <summary>The command.</summary>
    public static Verb Verb => new()
    {
        Name = "list",
        Arguments = "",
        Summary = "list the containers",
        Options = [new("format", "f", "FORMAT", "table or json (default: table)"), new("quiet", "q", "", "only the ids")],
        Least = 0,
        Most = 0,
        Run = Run,
    };

    private static int Run(Globals globals, CommandLine line)
    {
        string format = line.Value("format") ?? "table";
        if (format is not ("table" or "json"))
        {
            throw new UsageException("invalid format option");
        }

        List<ContainerState> states = [];
        foreach (ContainerDirectory directory in globals.Store().All())
        {
            using Container container = Container.Own(directory);
            states.Add(container.State());
        }

        if (line.Has("quiet"))
        {
            StringBuilder ids = new();
            states.ForEach(state => ids.Append(state.Id).Append('\n'));
            Output.Write(ids.ToString());
        }
        else if (format == "json")
        {
            Output.Write(StateJson.WriteList(states));
        }
        else
        {
            Output.Write(Table(states));
        }

        return 0;
    }

    // Columns as runc's: at least 12 wide, 3 blanks between.
    private static string Table(List<ContainerState> states)
    {
        List<string[]> rows = [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]];
        states.ForEach(state => rows.Add([state.Id, state.Pid.ToString(), state.Status, state.Bundle, state.Created, state.Owner]));
        StringBuilder text = new();
        int[] widths = new int[rows[0].Length];
        foreach (string[] row in rows)
        {
            for (int i = 0; i < row.Length; i++)
            {
                widths[i] = Math.Max(widths[i], Math.Max(12, row[i].Length + 3));
            }
        }

        foreach (string[] row in rows)
        {
            for (int i = 0; i < row.Length - 1; i++)
            {
                text.Append(row[i].PadRight(widths[i]));
            }

            text.Append(row[^1]).Append('\n');
        }

        return text.ToString();
    }
}
