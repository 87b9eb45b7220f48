using System;
using System.Buffers;
using System.Text.Json;
using Punnet.Abi;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.Cgroups;
using Punnet.Host.Resctrl;
using Punnet.Host.State;
using Punnet.Host.Text;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet.Commands;

/// <summary><c>events</c>: statistics and out-of-memory kills as lines of JSON, as long as the container runs.</summary>
internal static class EventsCommand
{
    private const int StandardOutput = 1;

    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "events",
        Arguments = "ID",
        Summary = "print statistics and out-of-memory kills of a container",
        Examples = "punnet events --stats web\npunnet events --interval 1s web",
        Takes = "created running paused",
        Options =
        [
            new("interval", "", "TIME", "time between two statistics (default: 5s)"),
            new("stats", "", "", "print statistics once"),
        ],
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        string given = line.Value("interval") ?? "5s";
        if (!GoDuration.TryParse(given, out long interval))
        {
            throw new UsageException("invalid value \"" + given + "\" for flag -interval: a time such as 5s or 1m30s is expected");
        }

        if (interval <= 0)
        {
            throw new PunnetException("duration interval must be greater than 0");
        }

        string id = line.Positionals[0];
        using Container container = Container.Find(globals.Store(), id);
        using CgroupDirectory? cgroup = container.Status is ContainerStatus.Stopped ? null : container.TryOpenCgroup();
        if (cgroup is null)
        {
            if (container.HasNoCgroup && container.Status is not ContainerStatus.Stopped)
            {
                throw container.WithoutCgroup("measure");
            }

            throw new PunnetException("container with id " + id + " is not running");
        }

        if (line.Has("stats"))
        {
            Output.Write(Statistics(id, cgroup, container.Record?.Resctrl).WrittenSpan);
            return 0;
        }

        using CgroupWatch watch = new(cgroup);
        Follow(id, cgroup, container.Record?.Resctrl, watch, interval);
        return 0;
    }

    private static void Follow(string id, CgroupDirectory cgroup, ResctrlRecord? resctrl, CgroupWatch watch, long interval)
    {
        bool isHeard = true;
        for (long next = Now(); isHeard;)
        {
            // In this order: a kill that ended the container is reported before the end.
            bool hasEnded = watch.HasEnded();
            if (watch.HasOomKill())
            {
                isHeard = Print(OutOfMemory(id));
            }

            if (hasEnded)
            {
                return;
            }

            if (isHeard && Now() >= next)
            {
                isHeard = Print(Statistics(id, cgroup, resctrl));
                next = Math.Max(next + interval, Now());
            }

            isHeard = isHeard && watch.Wait(Math.Max(next - Now(), 0), StandardOutput);
        }
    }

    private static ArrayBufferWriter<byte> Statistics(string id, CgroupDirectory cgroup, ResctrlRecord? resctrl)
    {
        ArrayBufferWriter<byte> buffer = new(8192);
        using Utf8JsonWriter json = new(buffer);
        json.WriteStartObject();
        json.WriteString("type"u8, "stats"u8);
        json.WriteString("id"u8, id);
        json.WritePropertyName("data"u8);
        json.WriteStartObject();
        CgroupStatistics.Write(cgroup, json);
        ResctrlStatistics.Write(resctrl, json);

        // As runc: it has counted only devices that it makes itself, and has made none since config.json is the OCI's.
        json.WriteNull("network_interfaces");
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        buffer.Write("\n"u8);
        return buffer;
    }

    private static ArrayBufferWriter<byte> OutOfMemory(string id)
    {
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter json = new(buffer);
        json.WriteStartObject();
        json.WriteString("type"u8, "oom"u8);
        json.WriteString("id"u8, id);
        json.WriteEndObject();
        json.Flush();
        buffer.Write("\n"u8);
        return buffer;
    }

    // False when the reader is gone: the end of a pipe is not a failure of events.
    private static bool Print(ArrayBufferWriter<byte> line)
    {
        Errno errno = Output.TryWrite(line.WrittenSpan);
        if (errno != Errno.EPIPE)
        {
            errno.OrThrow("write to standard output");
        }

        return errno == Errno.None;
    }

    private static long Now()
    {
        Sys.ClockGettime(Clock.Monotonic, out long seconds, out long nanoseconds);
        return (seconds * 1000) + (nanoseconds / 1_000_000);
    }
}
