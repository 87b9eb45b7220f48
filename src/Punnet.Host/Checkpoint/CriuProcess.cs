using System;
using Punnet.Abi;
using Punnet.Host.Errors;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Checkpoint;

/// <summary>What CRIU wants done at a point of its work.</summary>
/// <param name="notice">The point, and the process that it is about.</param>
/// <param name="file">A descriptor that came with it, or null; closed afterwards.</param>
public delegate void CriuNotification(CriuResponse notice, Descriptor? file);

/// <summary>CRIU as a child of punnet, which does one piece of work: <c>criu swrk 3</c>, criu.org/RPC.</summary>
public sealed class CriuProcess : IDisposable
{
    private const int Oldest = 31_400; // the freezer of cgroup v2
    private readonly ContainerPlan? _root;
    private readonly ChildProcess _process;
    private readonly Descriptor _socket;
    private readonly Descriptor _channel;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private bool _hasEnded;

    private CriuProcess(ContainerPlan? root, ChildProcess process, Descriptor socket, Descriptor channel)
    {
        _root = root;
        _process = process;
        _socket = socket;
        _channel = channel;
    }

    /// <summary>Its pid.</summary>
    public int Pid => _process.Pid;

    /// <summary>What is shown while it works, or null.</summary>
    public DumpProgress? Progress { get; set; }

    /// <summary>Finds CRIU.</summary>
    /// <param name="given">What <c>--criu</c> names, or null: then it is looked for in PATH.</param>
    /// <returns>Its path.</returns>
    /// <exception cref="PunnetException">There is none.</exception>
    public static string Find(string? given)
    {
        string path = given ?? TryFind()
            ?? throw new PunnetException("the program criu is not in PATH", "checkpoint and restore are its work: criu.org");
        Errno errno = Sys.Faccessat(Sys.WorkingDirectory, CString.Of(path).WithNul, AccessMode.Execute);
        return errno == Errno.None ? path : throw new PunnetException("cannot run " + path + ": " + errno.Words());
    }

    /// <summary>Finds CRIU in PATH, or null.</summary>
    public static string? TryFind() => HostProgram.Find("criu");

    /// <summary>Starts it; where it has a root to make, it waits for <see cref="Proceed"/>.</summary>
    /// <param name="program">From <see cref="Find"/>.</param>
    /// <param name="root">The container whose root it makes in a mount namespace of its own, for a restore; or null.</param>
    /// <param name="layers">The layers of that root, or null.</param>
    /// <param name="inherited">Descriptors that it gets from 4 on.</param>
    /// <param name="mountPoints">What to make in the root, one for each mount; or empty.</param>
    /// <param name="cover">Path of a file, and of the image over which it is mounted for CRIU alone; or null.</param>
    /// <param name="sharesTerminal">Whether it stays in the session of punnet's caller.</param>
    /// <exception cref="SysException">It cannot be started.</exception>
    /// <exception cref="PunnetException">It cannot be started.</exception>
    public static CriuProcess Start(
        string program,
        ContainerPlan? root,
        LayerFds? layers,
        int[] inherited,
        MountPointKind[] mountPoints,
        (string File, string Image)? cover,
        bool sharesTerminal)
    {
        using Descriptor proc = HostProbe.OpenProc();
        Sys.SocketpairSeqpacket(out int socket, out int socketThere).OrThrow("make a connection to criu");
        Descriptor here = new(socket);
        using Descriptor there = new(socketThere);
        Sys.SocketpairSeqpacket(out int channel, out int channelThere).OrThrow("make a connection to criu");
        Descriptor reports = new(channel);
        using Descriptor reported = new(channelThere);
        InitContext context = ChildProcess.HelperContext(channelThere, proc.Number) with
        {
            Layers = layers,
            IgnoredSignals = Inheritance.IgnoredSignals,
            Args = ArgumentBlock.Of([CString.Of("criu"), CString.Of("swrk"), CString.Of("3")]),
            Env = ProcessEnvironment.Own(),
        };
        CriuTarget target = new()
        {
            Program = CString.Of(program),
            Socket = socketThere,
            Inherited = inherited,
            MountPoints = mountPoints,
            Cover = cover is null ? default : CString.Of(cover.Value.File),
            Covered = cover is null ? default : CString.Of(cover.Value.Image),
            StartsSession = !sharesTerminal,
        };
        Errno errno = Sys.Clone3(root is null ? CloneFlags.None : CloneFlags.NewMount, cgroup: -1, out int pid, out int pidfd);
        if (errno == Errno.None && pid == 0)
        {
            CriuInit.Run(root, target, context);
        }

        if (errno != Errno.None)
        {
            here.Dispose();
            reports.Dispose();
            throw new SysException(errno, "clone a process for criu");
        }

        return new CriuProcess(root, new ChildProcess(pid, new Descriptor(pidfd), isStage: false), here, reports);
    }

    /// <summary>Opens a directory in its mount namespace.</summary>
    /// <param name="path">As punnet sees it, absolute.</param>
    /// <exception cref="SysException">It cannot be opened.</exception>
    public Descriptor Open(string path)
    {
        const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.Directory;
        using Descriptor root = Descriptor.Open("/proc/" + Pid.ToString() + "/root", OpenFlags.Path | OpenFlags.Directory);
        Sys.Openat2(root.Number, CString.Of(path).WithNul, Flags, 0, ResolveFlags.InRoot, out int found).OrThrow("open", path);
        return new Descriptor(found);
    }

    /// <summary>Lets it begin, and waits until it runs.</summary>
    /// <exception cref="PunnetException">It cannot be run, or is too old.</exception>
    public void Proceed()
    {
        if (_root is not null)
        {
            Channel.Send(_channel.Number, Message.HostReady).OrThrow("tell the new process");
        }

        if (_process.TryHear(_channel, out ChannelMessage failure))
        {
            throw _root is not null
                ? ErrorMessages.Of(_root, hookOutput: null, failure)
                : new PunnetException("cannot run criu: " + failure.Errno.Words());
        }

        CriuResponse? version = TryAsk(CriuRequest.Ask(CriuRequestType.Version));
        if (version is null or { Success: false } or { Version: < Oldest })
        {
            throw new PunnetException("criu is too old: punnet needs 3.14 or newer, and this is "
                + (version is null or { Version: 0 } ? "one without a version" : Words(version.Version)));
        }
    }

    /// <summary>What this CRIU can do on this kernel.</summary>
    public CriuResponse? Features() => TryAsk(CriuRequest.Ask(CriuRequestType.FeatureCheck));

    /// <summary>Has it do its work.</summary>
    /// <param name="type">Which.</param>
    /// <param name="options">How.</param>
    /// <param name="log">Path of its log.</param>
    /// <param name="notify">Called, if given, at the points of its work; what it throws ends the work.</param>
    /// <exception cref="PunnetException">It fails, or the callback does, or a signal asks punnet to end.</exception>
    /// <exception cref="SysException">The callback fails.</exception>
    public CriuResponse Do(CriuRequestType type, CriuOptions options, string log, CriuNotification? notify = null)
    {
        string what = type switch { CriuRequestType.Restore => "restore", CriuRequestType.PreDump => "pre-dump", _ => "dump" };
        Send(CriuRequest.Do(type, options));
        Exception? refusal = null;
        while (Hear(out Descriptor? file) is CriuResponse response)
        {
            using Descriptor? owned = file;
            if (response.Type != CriuRequestType.Notify)
            {
                return refusal is not null ? throw refusal : response.Success ? response : throw Failure(what, response, log);
            }

            try
            {
                notify?.Invoke(response, file);
            }
            catch (Exception failure) when (failure is PunnetException or SysException)
            {
                refusal ??= failure;
            }

            Send(CriuRequest.Answer(refusal is null));
        }

        throw refusal ?? Failure(what, null, log);
    }

    /// <summary>Waits for its end after its work.</summary>
    public void Finish()
    {
        _socket.Dispose();
        Sys.Waitid(_process.Pidfd, out _);
        _hasEnded = true;
    }

    /// <summary>
    /// Ends it: without punnet's answers it undoes its work. A dump is never killed, for that would leave CRIU's code in the programs.
    /// </summary>
    public void Dispose()
    {
        long patience = _root is null ? -1 : 60_000; // milliseconds
        _socket.Dispose();
        _channel.Dispose();
        if (!_hasEnded && Sys.PollReadable(_process.Pidfd, patience, out _) == Errno.None)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static string Words(int version) => (version / 10_000).ToString() + "." + (version / 100 % 100).ToString();

    private static PunnetException Failure(string what, CriuResponse? response, string log)
    {
        string errors = CriuLog.LastErrors(log);
        errors = errors.Length > 0 ? errors : response switch
        {
            { Message.Length: > 0 } => response.Message,
            { Errno: not 0 } => ((Errno)response.Errno).Words(),
            null => "it has ended without an answer",
            _ => "it does not say why",
        };
        return new PunnetException("criu failed to " + what + ": " + errors, "its log is " + log);
    }

    private CriuResponse? TryAsk(ProtobufWriter question)
    {
        Send(question);
        CriuResponse? answer = Hear(out Descriptor? file);
        file?.Dispose();
        return answer;
    }

    // If it has ended, the next message is missing, and that is the failure.
    private void Send(ProtobufWriter message) => Sys.Sendmsg(_socket.Number, message.Written, descriptor: -1);

    // Null when it has ended, or talks nonsense.
    private CriuResponse? Hear(out Descriptor? file)
    {
        Span<PollDescriptor> ends =
        [
            new PollDescriptor { Descriptor = _socket.Number, Wanted = PollEvents.In },
            new PollDescriptor { Descriptor = _process.Pidfd, Wanted = PollEvents.In },
            PendingSignals.End,
        ];
        const long Moment = 500; // milliseconds
        while (true)
        {
            Sys.Ppoll(ends, Progress is null ? -1 : Moment).OrThrow("wait for criu");
            if (Progress is null || (ends[0].Found | ends[1].Found | ends[2].Found) != PollEvents.None)
            {
                break;
            }

            Progress.Show();
        }

        file = null;
        if (ends[2].Found != PollEvents.None)
        {
            PendingSignals.Check();
        }

        if (ends[0].Found == PollEvents.None)
        {
            return null;
        }

        Errno errno = Sys.Recvmsg(_socket.Number, _buffer, out int count, out int descriptor);
        file = descriptor < 0 ? null : new Descriptor(descriptor);
        return errno == Errno.None ? CriuResponse.TryRead(_buffer.AsSpan(0, count)) : null;
    }
}
