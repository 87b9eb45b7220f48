using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>config.md#posix-platform-hooks.</summary>
public static class HookPlanner
{
    /// <summary>Plans the hooks of all six kinds.</summary>
    /// <exception cref="SpecException">A hook cannot be run as it is written.</exception>
    public static HooksPlan Plan(Hooks? hooks)
    {
        Hooks written = hooks ?? new Hooks();
        return new HooksPlan
        {
            Prestart = Plan(written.Prestart, "prestart"),
            CreateRuntime = Plan(written.CreateRuntime, "createRuntime"),
            CreateContainer = Plan(written.CreateContainer, "createContainer"),
            StartContainer = Plan(written.StartContainer, "startContainer"),
            Poststart = Plan(written.Poststart, "poststart"),
            Poststop = Plan(written.Poststop, "poststop"),
        };
    }

    /// <summary>Plans the hooks of one kind.</summary>
    /// <param name="hooks">In order.</param>
    /// <param name="kind">Their property in hooks.</param>
    /// <exception cref="SpecException">A hook cannot be run as it is written.</exception>
    public static ImmutableArray<HookStep> Plan(IReadOnlyList<Hook> hooks, string kind)
    {
        ImmutableArray<HookStep>.Builder steps = ImmutableArray.CreateBuilder<HookStep>(hooks.Count);
        for (int i = 0; i < hooks.Count; i++)
        {
            steps.Add(Plan(hooks[i], kind, i));
        }

        return steps.MoveToImmutable();
    }

    private static HookStep Plan(Hook hook, string kind, int index)
    {
        string place = JsonPath.At("hooks." + kind, index);
        if (string.IsNullOrEmpty(hook.Path) || hook.Path[0] != '/')
        {
            throw new SpecException(
                place + ".path", string.IsNullOrEmpty(hook.Path) ? "is missing" : "\"" + hook.Path + "\" is not an absolute path");
        }

        // More than a week is not a time-out, and milliseconds must fit.
        if (hook.Timeout is <= 0 or > 604_800)
        {
            throw new SpecException(place + ".timeout", hook.Timeout.Value.ToString() + " is not a number of seconds from 1 to 604800");
        }

        CString path = JsonPath.Text(hook.Path, place + ".path");
        ImmutableArray<CString>.Builder args = ImmutableArray.CreateBuilder<CString>();
        for (int i = 0; i < hook.Args.Count; i++)
        {
            args.Add(JsonPath.Text(hook.Args[i], JsonPath.At(place + ".args", i)));
        }

        if (args.Count == 0)
        {
            args.Add(path);
        }

        ImmutableArray<CString> env = default;
        if (hook.Env is not null)
        {
            ImmutableArray<CString>.Builder entries = ImmutableArray.CreateBuilder<CString>();
            for (int i = 0; i < hook.Env.Count; i++)
            {
                entries.Add(JsonPath.Text(hook.Env[i], JsonPath.At(place + ".env", i)));
            }

            env = entries.ToImmutable();
        }

        return new HookStep(kind, index, path, args.ToImmutable(), env, hook.Timeout ?? 0);
    }
}
