using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Cli;
using Punnet.Commands;
using Punnet.Host;
using Punnet.Host.State;
using Punnet.Host.Text;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Fuzz.Tests.Targets;

/// <summary>Command lines: arguments are separated by line ends, the first is the command.</summary>
internal static class OptionsTarget
{
    private static readonly Process s_process = new() { Args = ["sh"], Cwd = "/", Env = ["A=b"] };

    /// <summary>A command line with some of everything.</summary>
    public static byte[] Start() => "update\n--memory\n1.5g\n--cpu-share=5\n-pids-limit\n-1\nweb1"u8.ToArray();

    /// <summary>A command line.</summary>
    public static void Run(byte[] input)
    {
        // The kernel gives arguments without NUL.
        string[] args = Encoding.UTF8.GetString(input).Replace('\0', ' ').Split('\n');
        try
        {
            _ = new GlobalOptions(CommandLine.Parse(args, GlobalOptions.Options, stopAtFirst: true));
        }
        catch (UsageException refusal)
        {
            Check(refusal.Message);
        }

        if (CommandTable.Find(args[0]) is not Command command)
        {
            return;
        }

        try
        {
            CommandLine line = CommandLine.Parse(args.AsSpan(1), command.Options, command.StopAtFirstPositional);
            Fault.If(line.Has("help") && command.Help().Length == 0, "no help");
            command.CheckCount(line);
            Values(command.Name, line);
        }
        catch (UsageException refusal)
        {
            Check(refusal.Message);
        }
        catch (PunnetException refusal)
        {
            Check(refusal.Message);
        }
        catch (SpecException refusal)
        {
            Check(refusal.Message);
        }
    }

    private static void Values(string command, CommandLine line)
    {
        foreach (string id in line.Positionals)
        {
            StateStore.CheckId(id);
            break;
        }

        switch (command)
        {
            case "update":
                Resources resources = UpdateOptions.Overlay(line, new Resources());
                _ = UpdateOptions.Schemata(line);
                foreach (CgroupWrite write in ResourcePlanner.Plan(resources, update: true).Writes)
                {
                    _ = UpdateOptions.Name(line, write.Place);
                }

                break;
            case "exec":
                Process process = ExecOptions.Change(s_process, line);
                Fault.If(process.Args.Count != line.Positionals.Count - 1, "arguments are lost");
                string below = "/" + ExecOptions.SubCgroup(line.Value("cgroup")) + "/";
                Fault.If(below.Contains("/../", StringComparison.Ordinal), "outside: " + below);
                break;
            case "create" or "run":
                _ = LayerOptions.Of(line);
                _ = LayerOptions.Add(null, new Dictionary<string, string> { ["org.punnet.rootfs.layers"] = line.Positionals[^1] });
                break;
            case "events":
                _ = GoDuration.TryParse(line.Value("interval") ?? "", out _);
                break;
            case "kill":
                _ = SignalNames.Parse(line.Positionals[^1]);
                break;
        }
    }

    private static void Check(string message) => Fault.If(message.Trim().Length < 8, "no sentence: " + message);
}
