namespace Punnet.Spec;

/// <summary>
/// Writes what <c>check --format json</c> prints. By hand like the others: a generated writer would cost every start of punnet
/// (docs/dependencies.md, "JSON by source generation").
/// </summary>
public static class CheckReportJson
{
    /// <summary>Writes a report.</summary>
    /// <returns>UTF-8, two blanks a level, with a line end.</returns>
    public static byte[] Write(CheckReport report)
    {
        JsonWriter writer = new(' ', 2);
        writer.Element(report, new(Members));
        writer.EndLine();
        return writer.ToArray();
    }

    private static void Members(JsonWriter writer, CheckReport report)
    {
        writer.Text("file"u8, report.File);
        writer.Number("errors"u8, (long)report.Errors);
        writer.Number("warnings"u8, (long)report.Warnings);
        writer.OptionalList("findings"u8, report.Findings, new(FindingMembers));
    }

    private static void FindingMembers(JsonWriter writer, Finding finding)
    {
        writer.Text("severity"u8, finding.IsError ? "error" : "warning");
        writer.Number("line"u8, (long)finding.Position.Line);
        writer.Number("column"u8, (long)finding.Position.Column);
        writer.Text("place"u8, finding.Place);
        writer.Text("problem"u8, finding.Problem);
        writer.Text("hint"u8, finding.Hint);
    }
}
