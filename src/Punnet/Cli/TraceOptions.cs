using System;
using System.Text;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.State;
using Punnet.Host.Tracing;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Cli;

/// <summary><c>--trace</c>: what each step of a command took, written when it ends, also after a failure.</summary>
internal sealed class TraceOptions : IDisposable
{
    private readonly Descriptor _file;
    private readonly bool _isOtlp;
    private readonly string _command;
    private readonly long _begin;
    private TraceRecord[] _others = [];

    private TraceOptions(Descriptor file, bool isOtlp, string command)
    {
        _file = file;
        _isOtlp = isOtlp;
        _command = command;
        _begin = TraceBuffer.Now();
    }

    /// <summary>Options of create, run, start and exec.</summary>
    public static Option[] Options =>
    [
        new("trace", "", "FILE", "write what each step took to FILE; punnet trace draws it"),
        new("trace-format", "", "FORMAT", "format of that file: chrome, for Perfetto too, or otlp (default: chrome)"),
    ];

    /// <summary>The container, once there is a plan.</summary>
    public ContainerPlan? Plan { get; set; }

    /// <summary>The program of an exec, once there is a plan.</summary>
    public ProcessPlan? Process { get; set; }

    /// <summary>Begins, if the command line asks for it; else null.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="verb">The command.</param>
    /// <exception cref="UsageException">The format is unknown.</exception>
    /// <exception cref="SysException">The file cannot be opened.</exception>
    public static TraceOptions? Begin(CommandLine line, string verb)
    {
        string? path = line.Value("trace");
        string? format = line.Value("trace-format");
        if (path is null)
        {
            return format is null ? null : throw new UsageException("--trace-format needs --trace");
        }

        if (format is not (null or "chrome" or "otlp"))
        {
            throw new UsageException("invalid value \"" + format + "\" for flag -trace-format: chrome or otlp is expected");
        }

        // Opened now: a command that has done its work must not fail for it.
        const OpenFlags Flags = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate;
        Sys.Openat(Sys.WorkingDirectory, CString.Of(path).WithNul, Flags, Permissions.Mode0644, out int file).OrThrow("open", path);
        Descriptor opened = new(file);
        TraceBuffer.Begin().OrThrow("share memory with the new process");
        HostTrace.Mark(HostStep.Begin);
        return new TraceOptions(opened, format == "otlp", verb + " " + line.Positionals[0]);
    }

    /// <summary>Takes what the first process of a created container has written, if its create was traced.</summary>
    /// <exception cref="SysException">The file cannot be read.</exception>
    public void Take(ContainerDirectory directory) => _others = TraceFile.Read(directory);

    /// <summary>Writes the file.</summary>
    public void Dispose()
    {
        HostTrace.Mark(HostStep.End);
        ReadOnlySpan<TraceRecord> own = TraceBuffer.Records;
        TraceRecord[] records = new TraceRecord[own.Length + _others.Length];
        own.CopyTo(records);
        _others.CopyTo(records.AsSpan(own.Length));
        Trace trace = new(_command, _begin, TraceBuffer.Now(), TraceSpans.Of(records, _begin, Plan, Process));
        byte[] text = _isOtlp ? Otlp(trace) : TraceJson.WriteChrome(trace);
        using Descriptor file = _file;
        Errno errno = Sys.WriteAll(file.Number, text);
        if (errno != Errno.None)
        {
            Output.WriteErrorAsIs("punnet: warning: cannot write the trace: " + errno.Words() + "\n");
        }
    }

    private static byte[] Otlp(Trace trace)
    {
        Sys.ClockGettime(Clock.Realtime, out long seconds, out long nanoseconds);
        long offset = (seconds * 1_000_000_000) + nanoseconds - TraceBuffer.Now();
        return TraceJson.WriteOtlp(trace, Environment.GetEnvironmentVariable("TRACEPARENT"), Random() + Random(), offset);
    }

    // 32 hexadecimal digits: random(4), "/proc interfaces".
    private static string Random() =>
        Encoding.UTF8.GetString(HostFile.Read("/proc/sys/kernel/random/uuid")).Trim().Replace("-", "", StringComparison.Ordinal);
}
