using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Errors;
using Punnet.Host.Tracing;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Lifecycle;

/// <summary>Runs hooks in the runtime namespace, and prepares those of the container.</summary>
internal sealed class HookRunner : IDisposable
{
    private readonly Descriptor _state;
    private readonly Descriptor _output;
    private readonly Descriptor? _stdout;
    private readonly Descriptor? _stderr;

    /// <summary>Makes the files that hooks read and write.</summary>
    /// <param name="annotations">The container's, which may name files for the output of hooks.</param>
    /// <exception cref="SysException">No memory file can be made.</exception>
    /// <exception cref="PunnetException">A file that an annotation names cannot be written.</exception>
    public HookRunner(IReadOnlyDictionary<string, string> annotations)
    {
        _stdout = HookOutput.Open(annotations, "stdout");
        _stderr = HookOutput.Open(annotations, "stderr");
        Sys.MemfdCreate("hook-state\0"u8, sealable: false, out int state).OrThrow("make a memory file");
        _state = new Descriptor(state);
        Sys.MemfdCreate("hook-output\0"u8, sealable: false, out int output).OrThrow("make a memory file");
        _output = new Descriptor(output);
    }

    /// <summary>Memory file with the output of hooks, unless an annotation names another.</summary>
    public Descriptor Output => _output;

    /// <summary>Memory file with the state.</summary>
    public int StateNumber => _state.Number;

    /// <summary>File for the output of hooks: in memory, unless an annotation names another.</summary>
    public int OutputNumber => (_stdout ?? _output).Number;

    /// <summary>File for the standard error of hooks.</summary>
    public int ErrorsNumber => (_stderr ?? _output).Number;

    /// <summary>Puts the container's state where the next hooks read it.</summary>
    public void UpdateHookState(ContainerState state)
    {
        Sys.Ftruncate(_state.Number, 0).OrThrow("write the state for hooks");
        Sys.Rewind(_state.Number).OrThrow("read from the beginning");
        Sys.WriteAll(_state.Number, StateJson.WriteHookState(state)).OrThrow("write the state for hooks");
    }

    /// <summary>Runs hooks one after the other; stops at the first that fails.</summary>
    /// <exception cref="PunnetException">A hook failed.</exception>
    public void Run(ImmutableArray<HookStep> hooks)
    {
        foreach (HookStep hook in hooks)
        {
            HookOutcome outcome = Run(hook);
            HostTrace.Mark(HostStep.Hook, TraceBuffer.IsOn ? hook.Path.ToString() : null);
            if (outcome.Run != Errno.None)
            {
                throw HookErrors.CannotRun(hook, outcome.Run, isOfHost: true);
            }

            if (outcome.HasTimedOut)
            {
                throw HookErrors.TimeOut(hook);
            }

            if (outcome.Status != 0)
            {
                throw HookErrors.Failed(hook, outcome.Status, Output);
            }
        }
    }

    /// <summary>Runs all hooks, even if one fails: by runtime.md#lifecycle a failure after the end is a warning.</summary>
    public void RunAll(ImmutableArray<HookStep> hooks, Log log)
    {
        foreach (HookStep hook in hooks)
        {
            try
            {
                Run([hook]);
            }
            catch (PunnetException failure)
            {
                log.Warn(failure.Message);
            }
        }
    }

    /// <summary>Hooks in the form that the new process can run.</summary>
    /// <param name="hooks">Hooks of one kind.</param>
    /// <param name="defaultEnv">Environment of those that have none.</param>
    public static ImmutableArray<PreparedHook> Prepare(ImmutableArray<HookStep> hooks, ArgumentBlock defaultEnv)
    {
        ImmutableArray<PreparedHook>.Builder prepared = ImmutableArray.CreateBuilder<PreparedHook>(hooks.Length);
        foreach (HookStep hook in hooks)
        {
            prepared.Add(new PreparedHook(
                hook.Path,
                ArgumentBlock.Of(hook.Args),
                hook.Env.IsDefault ? defaultEnv : ArgumentBlock.Of(hook.Env),
                hook.TimeoutSeconds,
                Inheritance.IgnoredSignals));
        }

        return prepared.MoveToImmutable();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _state.Dispose();
        _output.Dispose();
        _stdout?.Dispose();
        _stderr?.Dispose();
    }

    private HookOutcome Run(HookStep hook)
    {
        Sys.Ftruncate(_output.Number, 0);
        PreparedHook prepared = Prepare([hook], hook.Env.IsDefault ? ProcessEnvironment.Own() : default)[0];
        Sys.BlockSignals();
        HookOutcome outcome = HookProcess.Run(prepared, _state.Number, OutputNumber, ErrorsNumber, directory: -1, PendingSignals.Number);
        PendingSignals.AfterClone();
        if (outcome.IsInterrupted)
        {
            PendingSignals.Check();
        }

        return outcome;
    }
}
