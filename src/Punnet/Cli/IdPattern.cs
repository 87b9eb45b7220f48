using System;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Errors;
using Punnet.Host.State;
using Punnet.Kernel;

namespace Punnet.Cli;

/// <summary>crun's <c>--regex</c> of <c>delete</c> and <c>kill</c>: the argument is a pattern of ids.</summary>
internal static class IdPattern
{
    /// <summary>The option.</summary>
    public static Option Option => new("regex", "r", "", "ID is a POSIX extended regular expression: every container whose id has a match");

    /// <summary>Acts on every container whose id matches. It goes on after a failure, and ends at a signal to punnet.</summary>
    /// <returns>The exit status: 1 where one has failed.</returns>
    /// <exception cref="PunnetException">The pattern is invalid.</exception>
    public static int Each(GlobalOptions globals, string verb, string expression, Action<string> act)
    {
        string? wrong = Pattern.Compile(CString.Of(expression).WithNul, out Pattern? compiled);
        using Pattern pattern = compiled ?? throw new PunnetException("\"" + expression + "\" (--regex) is not a pattern: " + wrong);
        using Descriptor? root = globals.Store().TryOpen();
        int status = 0;
        foreach (string id in root is null ? [] : StateStore.Ids(root))
        {
            if (pattern.Matches(CString.Of(id).WithNul))
            {
                status = TryAct(globals, verb, id, act) ? status : 1;
            }
        }

        return status;
    }

    private static bool TryAct(GlobalOptions globals, string verb, string id, Action<string> act)
    {
        try
        {
            act(id);
            return true;
        }
        catch (Exception failure) when (failure is SysException or PunnetException { ExitStatus: null })
        {
            globals.Log.Fail(
                verb + ": " + id + ": " + failure.Message, (failure as PunnetException)?.Hint ?? ErrnoCause.Hint(failure.Message));
            return false;
        }
    }
}
