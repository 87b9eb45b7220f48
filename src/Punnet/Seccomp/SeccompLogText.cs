using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Text;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Seccomp;

/// <summary>What <c>--seccomp-log</c> writes: a line for each refused call as it happens, and a summary, as text or JSON.</summary>
internal sealed class SeccompLogText : IDisposable
{
    private readonly Descriptor? _owned;
    private readonly int _file;
    private readonly bool _isJson;

    private SeccompLogText(Descriptor? owned, bool isJson)
    {
        _owned = owned;
        _file = owned?.Number ?? 2;
        _isJson = isJson;
    }

    /// <summary>Makes or empties the file.</summary>
    /// <param name="path">The file, or <c>-</c> for standard error.</param>
    /// <param name="isJson">One JSON object a line.</param>
    /// <exception cref="SysException">It cannot be opened.</exception>
    public static SeccompLogText Open(string path, bool isJson)
    {
        if (path == "-")
        {
            return new SeccompLogText(null, isJson);
        }

        const OpenFlags Fresh = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate;
        Sys.Openat(Sys.WorkingDirectory, CString.Of(path).WithNul, Fresh, Permissions.Mode0644, out int file).OrThrow("open", path);
        return new SeccompLogText(new Descriptor(file), isJson);
    }

    /// <summary>Writes one refused call.</summary>
    public void Tell(Spec.Seccomp profile, in SeccompRefusal refusal, in SeccompNotification call)
    {
        string program = ReadOfThread(call.Thread, "comm").TrimEnd('\n');
        if (_isJson)
        {
            TellJson(profile, refusal, call, program);
            return;
        }

        StringBuilder line = new("punnet: seccomp: ");
        line.Append(NameOf(refusal)).Append('(');
        for (int i = 0; i < 6; i++)
        {
            line.Append(i == 0 ? "0x" : ", 0x").Append(call.Arguments[i].ToString("x"));
        }

        line.Append(") = ").Append(Outcome(refusal.Verdict)).Append(", thread ").Append(call.Thread).Append(" (");
        foreach (char character in program)
        {
            line.Append(ControlCharacter.Is(character) ? '?' : character); // The name is the container's choice, the terminal the caller's.
        }

        line.Append("), ").Append(SeccompReport.Cause(profile, refusal.Name, refusal.Verdict)).Append('\n');
        Write(Encoding.UTF8.GetBytes(line.ToString()));
    }

    /// <summary>Writes how often each kind of call was refused, the most frequent first.</summary>
    public void Summarize(Spec.Seccomp profile, Dictionary<SeccompRefusal, int> counts)
    {
        List<KeyValuePair<SeccompRefusal, int>> sorted = Sorted(counts);
        if (_isJson)
        {
            SummarizeJson(profile, sorted);
            return;
        }

        StringBuilder text = new();
        text.Append("punnet: seccomp: ").Append(sorted.Count == 0 ? "no call was refused\n" : "summary of the refused calls:\n");
        foreach ((SeccompRefusal refusal, int count) in sorted)
        {
            text.Append("punnet: seccomp: ").Append(count.ToString().PadLeft(8)).Append(" x ").Append(NameOf(refusal)).Append(" = ")
                .Append(Outcome(refusal.Verdict)).Append(", ").Append(SeccompReport.Cause(profile, refusal.Name, refusal.Verdict))
                    .Append('\n');
        }

        Write(Encoding.UTF8.GetBytes(text.ToString()));
    }

    // By insertion: what List.Sort needs is set up at every start of punnet.
    private static List<KeyValuePair<SeccompRefusal, int>> Sorted(Dictionary<SeccompRefusal, int> counts)
    {
        List<KeyValuePair<SeccompRefusal, int>> sorted = [];
        foreach (KeyValuePair<SeccompRefusal, int> added in counts)
        {
            int place = sorted.Count;
            while (place > 0 && (sorted[place - 1].Value < added.Value
                || (sorted[place - 1].Value == added.Value && sorted[place - 1].Key.Number > added.Key.Number)))
            {
                place--;
            }

            sorted.Insert(place, added);
        }

        return sorted;
    }

    /// <summary>A file of a thread below /proc; empty when it is gone.</summary>
    public static string ReadOfThread(uint thread, string name)
    {
        try
        {
            return Encoding.UTF8.GetString(HostFile.Read("/proc/" + thread.ToString() + "/" + name));
        }
        catch (Exception gone) when (gone is SysException or PunnetException)
        {
            return "";
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _owned?.Dispose();

    private void TellJson(Spec.Seccomp profile, in SeccompRefusal refusal, in SeccompNotification call, string program)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("event"u8, "refusal");
            writer.WriteString("time"u8, Timestamp.Now());
            Describe(writer, profile, refusal);
            writer.WriteStartArray("args"u8);
            for (int i = 0; i < 6; i++)
            {
                writer.WriteStringValue("0x" + call.Arguments[i].ToString("x"));
            }

            writer.WriteEndArray();
            writer.WriteNumber("thread"u8, call.Thread);
            writer.WriteString("program"u8, program);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        Write(buffer.WrittenSpan);
    }

    private void SummarizeJson(Spec.Seccomp profile, List<KeyValuePair<SeccompRefusal, int>> sorted)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("event"u8, "summary");
            writer.WriteStartArray("refusals"u8);
            foreach ((SeccompRefusal refusal, int count) in sorted)
            {
                writer.WriteStartObject();
                Describe(writer, profile, refusal);
                writer.WriteNumber("count"u8, count);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        Write(buffer.WrittenSpan);
    }

    private static void Describe(Utf8JsonWriter writer, Spec.Seccomp profile, in SeccompRefusal refusal)
    {
        writer.WriteString("syscall"u8, refusal.Name);
        writer.WriteNumber("number"u8, refusal.Number);
        writer.WriteString("architecture"u8, ArchitectureName(refusal.Architecture));
        SeccompAction action = SeccompReport.ActionOf(refusal.Verdict);
        writer.WriteString("action"u8, action switch
        {
            SeccompAction.Errno => "SCMP_ACT_ERRNO",
            SeccompAction.Trap => "SCMP_ACT_TRAP",
            SeccompAction.KillThread => "SCMP_ACT_KILL_THREAD",
            _ => "SCMP_ACT_KILL_PROCESS",
        });
        if (action == SeccompAction.Errno)
        {
            writer.WriteString("errno"u8, Outcome(refusal.Verdict));
        }

        writer.WriteString("cause"u8, SeccompReport.Cause(profile, refusal.Name, refusal.Verdict));
    }

    private static string NameOf(in SeccompRefusal refusal)
    {
        string name = refusal.Name ?? "call " + refusal.Number.ToString();
        return refusal.Architecture == HostProbe.Native ? name : name + " of " + ArchitectureName(refusal.Architecture);
    }

    /// <summary>SCMP_ARCH_*.</summary>
    public static string ArchitectureName(SeccompArchitecture architecture) => architecture == SeccompArchitecture.None
        ? "unknown"
        : "SCMP_ARCH_" + architecture.ToString().ToUpperInvariant();

    /// <summary>A filter's return value as the end of "the call is …".</summary>
    public static string Sentence(uint verdict) => SeccompReport.ActionOf(verdict) switch
    {
        SeccompAction.Allow => "allowed",
        SeccompAction.Log => "allowed and logged",
        SeccompAction.Notify => "answered by an agent",
        SeccompAction.Trace => "answered by a tracer",
        SeccompAction.KillProcess => "killed",
        SeccompAction.KillThread => "killed (its thread)",
        _ => "refused with " + Outcome(verdict),
    };

    private static string Outcome(uint verdict)
    {
        uint errno = verdict & ushort.MaxValue;
        return SeccompReport.ActionOf(verdict) switch
        {
            SeccompAction.Errno when errno == 0 => "0",
            SeccompAction.Errno => Enum.IsDefined((Errno)errno) ? ((Errno)errno).ToString() : "errno " + errno.ToString(),
            SeccompAction.Trap => "SIGSYS",
            _ => "killed",
        };
    }

    // A full disk must not change what the program sees.
    private void Write(ReadOnlySpan<byte> bytes) => Sys.WriteAll(_file, bytes);
}
