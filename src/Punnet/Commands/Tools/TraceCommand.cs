using Punnet.Abi;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.Tracing;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet.Commands;

/// <summary><c>trace</c>: draws what <c>--trace</c> has written.</summary>
internal static class TraceCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "trace",
        Arguments = "FILE",
        Summary = "draw what --trace of create, run, start or exec has written",
        Examples = "punnet run --trace start.json web && punnet trace start.json\npunnet trace --svg start.json >start.svg",
        Options = [new("svg", "", "", "a picture instead of text")],
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        string file = line.Positionals[0];
        Trace trace;
        try
        {
            trace = TraceJson.Read(HostFile.Read(file));
        }
        catch (SpecException refusal)
        {
            throw new PunnetException(file + ": " + refusal.Message);
        }

        int columns = Sys.GetWindowSize(1, out TerminalSize size) == Errno.None && size.Columns > 0 ? size.Columns : 120;
        Output.Write(line.Has("svg") ? TraceDrawing.Svg(trace) : TraceDrawing.Text(trace, columns));
        return 0;
    }
}
