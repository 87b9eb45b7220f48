using System;
using Punnet.Abi;
using Punnet.Cli;
using Punnet.Commands;
using Punnet.Host;
using Punnet.Host.Errors;
using Punnet.Kernel;
using Punnet.Lifecycle;
using Punnet.Spec;

namespace Punnet;

/// <summary>From arguments to a command, and from a failure to an error message and an exit status.</summary>
internal static class Program
{
    // Does not return: the .NET runtime's shutdown has nothing to do here, and takes 0.05 ms.
    private static void Main(string[] args)
    {
        if (!Threads.IsAlone)
        {
            Threads.LeaveSignals();
        }

        Sys.IgnoreSignal(Signal.FileTooLarge); // write(2) fails with EFBIG instead, and the error is handled.
        Sys.ExitGroup(Run(args));
    }

    private static int Run(string[] args)
    {
        Option[] options = GlobalOptions.Options;
        int first = FindCommandIndex(args, options);
        GlobalOptions globals;
        CommandLine line;
        try
        {
            line = CommandLine.Parse(args.AsSpan(0, first), options, stopAtFirst: true);
            globals = new GlobalOptions(line);
        }
        catch (UsageException wrong)
        {
            Output.WriteError(wrong.Message, wrong.Hint);
            return 1;
        }

        if (line.Has("version"))
        {
            return Print("punnet version " + BuildVersion.Number + "\ncommit: " + BuildVersion.Commit + "\nspec: " + SpecVersion.Newest
                + "\n");
        }

        if (first == args.Length || line.Has("help") || args[first] == "help")
        {
            return Print(CommandTable.Help());
        }

        try
        {
            Inheritance.OpenStandardStreams();
            globals.Log.CheckFile();
        }
        catch (SysException failure)
        {
            Output.WriteError(failure.Message);
            return 1;
        }

        return Dispatch(globals, args[first], args.AsSpan(first + 1));
    }

    private static int Print(string text)
    {
        try
        {
            Output.Write(text);
            return 0;
        }
        catch (SysException failure)
        {
            Output.WriteError(failure.Message);
            return 1;
        }
    }

    private static int Dispatch(GlobalOptions globals, string name, ReadOnlySpan<string> args)
    {
        Command? verb = CommandTable.Find(name);
        if (verb is null)
        {
            globals.Log.Fail("No help topic for '" + name + "'", CommandTable.Nearest(name));
            return 3;
        }

        try
        {
            globals.Log.Debug("punnet " + BuildVersion.Number + ": " + name);
            CommandLine line = CommandLine.Parse(args, verb.Options, verb.StopAtFirstPositional);
            if (line.Has("help"))
            {
                Output.Write(verb.Help());
                return 0;
            }

            verb.CheckCount(line);
            int status = verb.Run(globals, line);
            if (globals.Log.IsDebug)
            {
                globals.Log.Debug("collections of memory: " + GC.CollectionCount(0).ToString());
            }

            globals.Log.TellWarnings();
            return status;
        }
        catch (UsageException wrong)
        {
            globals.Log.Fail(wrong.Message, wrong.Hint ?? "see: punnet " + name + " --help");
            return verb.FailureStatus;
        }
        catch (PunnetException failure)
        {
            if (failure.NeedsCopy)
            {
                Restart.AfterFailure(globals.Origin);
            }

            globals.Log.Fail(name + ": " + failure.Message, failure.Hint ?? ErrnoCause.Hint(failure.Message));
            return failure.ExitStatus ?? verb.FailureStatus;
        }
        catch (SpecException refusal)
        {
            globals.Log.Fail(name + ": " + refusal.Message, refusal.Hint);
            return verb.FailureStatus;
        }
        catch (SysException failure)
        {
            globals.Log.Fail(name + ": " + failure.Message, ErrnoCause.Hint(failure.Message));
            return verb.FailureStatus;
        }
        catch (OutOfMemoryException)
        {
            // On the way here what was made has been undone, and what was read is garbage.
            globals.Log.Fail(name + ": too little memory is allowed (ulimit -v, ulimit -d)", null);
            return verb.FailureStatus;
        }
    }

    // The first argument that is neither a global option nor the value of one.
    private static int FindCommandIndex(string[] args, Option[] options)
    {
        for (int i = 0; i < args.Length; i++)
        {
            if (args[i].Length < 2 || args[i][0] != '-')
            {
                return i;
            }

            string name = args[i].TrimStart('-');
            foreach (Option option in options)
            {
                if (option.Name == name && option.Value.Length > 0)
                {
                    i++;
                }
            }
        }

        return args.Length;
    }
}
