using System.Text;
using Punnet.Abi;
using Punnet.Host.Text;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Errors;

/// <summary>The sentences for hooks that fail.</summary>
public static class HookErrors
{
    /// <summary>A hook that does not start.</summary>
    public static PunnetException CannotRun(HookStep hook, Errno errno, bool isOfHost) =>
        new(
            Name(hook) + " cannot be run: " + hook.Path + ": " + errno.Words(),
            isOfHost ? ProgramWords.OfFile(hook.Path.ToString(), errno) : null);

    /// <summary>A hook that ended with another status than 0.</summary>
    /// <param name="hook">The hook.</param>
    /// <param name="status">
    /// Its exit status; above 128 it is a signal's number, whether that ended the hook or what a shell in it has run.
    /// </param>
    /// <param name="output">File with what it has printed, or null.</param>
    public static PunnetException Failed(HookStep hook, int status, Descriptor? output)
    {
        string sentence = "error running " + Name(hook) + ": exit status " + status.ToString()
            + (SignalNames.Words(status - 128) is string signal ? " (signal: " + signal + ")" : "");
        if (output is not null)
        {
            Sys.Rewind(output.Number);
            string printed = Encoding.UTF8.GetString(HostFile.Read(output.Number, "the output of a hook")).Trim();
            const int Limit = 2048; // engines read one chunk of 8 KB
            string words = printed.Length > Limit ? printed[^Limit..] : printed;
            sentence += words.Length == 0 ? "" : ", output: " + words;
        }

        return new PunnetException(sentence);
    }

    /// <summary>A hook that ran too long.</summary>
    public static PunnetException TimeOut(HookStep hook) =>
        new("error running " + Name(hook) + ": hook ran past specified timeout of " + hook.TimeoutSeconds.ToString() + ".0s");

    /// <summary><c>createRuntime hook #0</c>.</summary>
    private static string Name(HookStep hook) => hook.Kind + " hook #" + hook.Index.ToString();
}
