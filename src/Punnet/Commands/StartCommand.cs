using System;
using System.Runtime.InteropServices;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.Errors;
using Punnet.Host.State;
using Punnet.Host.Systemd;
using Punnet.Host.Tracing;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Lifecycle;
using Punnet.Spec;

namespace Punnet.Commands;

/// <summary><c>start</c>: lets the program of a created container run.</summary>
internal static class StartCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "start",
        Arguments = "ID",
        Summary = "run the program of a created container",
        Options = TraceOptions.Options,
        Examples = "punnet start web",
        Takes = "created",
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        using TraceOptions? trace = TraceOptions.Begin(line, "start");
        using Container container = Container.Find(globals.Store(), line.Positionals[0]);
        HostTrace.Mark(HostStep.Find);
        switch (container.Status)
        {
            case ContainerStatus.Created:
                break;
            case ContainerStatus.Stopped:
                throw new PunnetException("cannot start a container that has stopped");
            case ContainerStatus.Running:
                throw new PunnetException("cannot start an already running container");
            default:
                throw new PunnetException("cannot start a container in the " + container.StatusWord + " state");
        }

        using NotifyProxy? proxy = NotifySocket.FromEnvironment()?.Open(container.Directory);

        // Before it runs: otherwise it may have sent its message and ended before there is a reader.
        using Descriptor? init = proxy is null ? null : container.Init?.TryOpen();
        if (!container.Directory.TakeStartGate(out int gate, out int result))
        {
            throw new PunnetException("cannot start an already running container");
        }

        using Descriptor answers = new(result);
        using (Descriptor opened = new(gate))
        {
            Sys.WriteAll(gate, "s"u8).OrThrow("start the container");
        }

        bool hasFailed = HasFailed(answers, out ChannelMessage failure);
        HostTrace.Mark(HostStep.Start);
        trace?.Take(container.Directory);
        if (hasFailed)
        {
            throw Explain(globals, container, failure);
        }

        try
        {
            Poststart.Run(container);
        }
        catch (PunnetException)
        {
            ContainerRemover.Remove(container, globals.Log);
            throw;
        }

        if (init is not null)
        {
            proxy!.WaitUntilReady(init.Number, container.Init!.Value.Pid);
        }

        return 0;
    }

    // The fifo's last writer is the new process: the end of file is its exec, or its end.
    private static bool HasFailed(Descriptor answers, out ChannelMessage failure)
    {
        failure = default;
        Sys.PollReadable(answers.Number, -1, out _).OrThrow("wait for the container");
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<ChannelMessage>(ref failure));
        Sys.Read(answers.Number, bytes, out int count).OrThrow("hear the container");
        return count == bytes.Length;
    }

    // From the bundle, which is planned once more: the sentence names the program, its directory, a hook or a path, and the record has none
    // of them. To keep them there would cost every create what only a failed start needs.
    private static PunnetException Explain(GlobalOptions globals, Container container, ChannelMessage failure)
    {
        try
        {
            StateRecord record = container.Record ?? throw container.Damaged("start");
            return ErrorMessages.Of(RunningPlan.Of(container.Directory.Id, record, globals.Log), null, failure);
        }
        catch (Exception gone) when (gone is SysException or PunnetException)
        {
            // The bundle has changed since the create; the step and the errno remain.
            return new PunnetException(((InitStep)failure.Value).ToString() + ": " + failure.Errno.Words());
        }
    }
}
