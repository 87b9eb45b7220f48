using System.Buffers;
using System.Text;
using System.Text.Json;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.Doctor;
using Punnet.Spec;

namespace Punnet.Commands;

/// <summary><c>doctor</c>: what this host can and cannot give a container, docs/doctor.md.</summary>
internal static class DoctorCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "doctor",
        Arguments = "[DIR...]",
        Summary = "try what this host can give a container",
        Examples = "punnet doctor\npunnet doctor /var/lib/containers",
        Options = [new("format", "f", "FORMAT", "text or json (default: text)")],
        MinArguments = 0,
        MaxArguments = int.MaxValue,
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        string format = line.Value("format") ?? "text";
        if (format is not ("text" or "json"))
        {
            throw new UsageException("invalid format option");
        }

        string state = globals.Store().PathOf("");
        Findings findings = Examination.Run(state[..^1], line.Positionals);
        if (format == "json")
        {
            Output.Write(Json(findings).WrittenSpan);
        }
        else
        {
            Output.Write(Text(findings));
        }

        return findings.CanRun ? 0 : 1;
    }

    private static string Text(Findings findings)
    {
        const int Name = 32;
        StringBuilder text = new();
        string section = "";
        for (DoctorFinding? finding = findings.First; finding is not null; finding = finding.Next)
        {
            if (finding.Section != section)
            {
                section = finding.Section;
                text.Append(text.Length > 0 ? "\n" : "").Append(section).Append('\n');
            }

            text.Append("  ").Append(Word(finding.Level).PadRight(9));
            Append(text, finding.Name.PadRight(Name));
            Append(text.Append(' '), finding.Reason);
            text.Append('\n');
            if (finding.Remedy is string remedy)
            {
                Append(text.Append(' ', 12 + Name).Append("hint: "), remedy);
                text.Append('\n');
            }
        }

        return text.ToString();
    }

    private static ArrayBufferWriter<byte> Json(Findings findings)
    {
        ArrayBufferWriter<byte> buffer = new(8192);
        using Utf8JsonWriter json = new(buffer);
        json.WriteStartObject();
        json.WriteBoolean("canRun"u8, findings.CanRun);
        json.WriteStartArray("findings"u8);
        for (DoctorFinding? finding = findings.First; finding is not null; finding = finding.Next)
        {
            json.WriteStartObject();
            json.WriteString("section"u8, finding.Section);
            json.WriteString("name"u8, finding.Name);
            json.WriteString("level"u8, Word(finding.Level));
            json.WriteString("reason"u8, finding.Reason);
            if (finding.Remedy is string remedy)
            {
                json.WriteString("hint"u8, remedy);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        buffer.Write("\n"u8);
        return buffer;
    }

    private static string Word(FindingLevel level) => level switch
    {
        FindingLevel.Ok => "ok",
        FindingLevel.Limited => "limited",
        _ => "missing",
    };

    // A path of the command line, or what a program has printed, may hold anything.
    private static void Append(StringBuilder text, string words)
    {
        foreach (char character in words)
        {
            text.Append(ControlCharacter.Is(character) ? '?' : character);
        }
    }
}
