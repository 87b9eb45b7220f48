using System.Text;
using Punnet.Abi;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.Check;
using Punnet.Host.Text;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Commands;

/// <summary><c>check</c>: all that is wrong with a bundle, at once. Nothing is made.</summary>
internal static class CheckCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "check",
        Arguments = "[BUNDLE]",
        Summary = "find everything that is wrong with a bundle, and make nothing",
        Examples = "punnet check --strict web\npunnet check --format json --config new.json web",
        Options =
        [
            new("bundle", "b", "DIR", "the bundle's directory, as BUNDLE (default: the working directory)"),
            new("config", "f", "FILE", "file to read instead of the bundle's config.json"),
            new("process", "p", "FILE", "check a process for exec instead, and the bundle only for its files"),
            new("format", "", "FORMAT", "text or json (default: text)"),
            new("strict", "", "", "end with status 2 where there are only warnings"),
        ],
        MinArguments = 0,
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        string format = line.Value("format") ?? "text";
        if (format is not ("text" or "json"))
        {
            throw new UsageException("invalid format option");
        }

        bool isStrict = line.Has("strict");
        string? bundle = line.Positionals.Count > 0 ? line.Positionals[0] : line.Value("bundle");
        string? process = line.Value("process"), config = line.Value("config");
        string file = process ?? config ?? (bundle is null or "." ? "" : bundle.TrimEnd('/') + "/") + "config.json";
        string? processPath = HostPath.AbsoluteOrNull(process), configPath = HostPath.AbsoluteOrNull(config);
        if (bundle is not null)
        {
            Sys.Chdir(CString.Of(bundle).WithNul).OrThrow("enter the bundle", bundle);
        }

        HostFacts facts = HostProbe.Facts();
        CheckedDocument document = processPath is null
            ? OfConfig(globals, Read(configPath), facts)
            : OfProcess(globals, HostFile.Read(processPath), configPath, facts);
        CheckReport report = new(file, document.Findings);
        Output.Write(format == "json" ? CheckReportJson.Write(report) : Encoding.UTF8.GetBytes(TextOf(report)));
        return report.Errors > 0 ? 1 : report.Warnings > 0 && isStrict ? 2 : 0;
    }

    private static byte[] Read(string? config) => config is null ? HostFile.ReadWithinLimit("config.json") : HostFile.Read(config);

    private static CheckedDocument OfConfig(GlobalOptions globals, byte[] text, HostFacts facts)
    {
        CheckedDocument document = new(text);
        Config? config = Plan(globals, document, facts, out ContainerPlan? plan);
        if (config is not null && plan is not null)
        {
            ConfigReview.Of(document, config, plan, facts);
            HostReview.Of(document, plan);
        }

        return document;
    }

    private static CheckedDocument OfProcess(GlobalOptions globals, byte[] text, string? configPath, HostFacts facts)
    {
        Config? config = Container(globals, configPath, facts, out ContainerPlan? container);
        Config around = (config ?? new Config()) with { Linux = config?.Linux is Linux linux ? linux with { Seccomp = null } : null };
        CheckedDocument document = new(text);
        Process? process = DocumentRepair.Run<Process, ProcessPlan>(
            document, new(ReadProcess), process => Planner.PlanExec(around, process, "", facts, container is { Namespaces.HasUser: true }),
            out ProcessPlan? plan);
        if (process is not null && plan is not null)
        {
            ConfigReview.Of(document, process, plan, facts);
            HostReview.Of(document, plan, container);
        }

        return document;
    }

    // The bundle around a process is not what is checked: without one there are no files to look for.
    private static Config? Container(GlobalOptions globals, string? configPath, HostFacts facts, out ContainerPlan? plan)
    {
        plan = null;
        if (configPath is null && Sys.Faccessat(Sys.WorkingDirectory, "config.json\0"u8, AccessMode.Exists) != Errno.None)
        {
            return null;
        }

        return Plan(globals, new CheckedDocument(Read(configPath)), facts, out plan);
    }

    // Methods, and not lambdas: those would be kept in a static object, which every start of punnet makes.
    private static Process ReadProcess(byte[] text, UnknownProperties unknown) => ConfigReader.ReadProcess(text, unknown);

    private static Config ReadConfig(byte[] text, UnknownProperties unknown) => ConfigReader.ReadConfig(text, unknown);

    private static Config? Plan(GlobalOptions globals, CheckedDocument document, HostFacts facts, out ContainerPlan? plan)
    {
        const string Id = "check";
        HostPath.Current(out string bundle).OrThrow("find the bundle's path");
        PlanOptions options = new(Id, bundle, NoPivot: false, NoNewKeyring: false, globals.SystemdCgroup);
        string state = globals.Store().PathOf(Id);
        return DocumentRepair.Run<Config, ContainerPlan>(
            document, new(ReadConfig), config =>
            {
                LayerRequest? layers = LayerOptions.Add(null, config.Annotations);
                layers = layers is null ? null : LayerOptions.Resolve(layers, config.Root?.Path, state);
                return Planner.Plan(config, options with { Layers = layers }, facts);
            },
            out plan);
    }

    // As compilers write it, so that editors find the line.
    private static string TextOf(CheckReport report)
    {
        if (report.Findings.Count == 0)
        {
            return report.File + ": no problems found\n";
        }

        StringBuilder text = new();
        foreach (Finding finding in report.Findings)
        {
            string place = finding.Place.Length == 0 ? "" : finding.Place + ": ";
            OneLine.Append(
                text, report.File + ":" + finding.Position.Line.ToString() + ":" + finding.Position.Column.ToString()
                + (finding.IsError ? ": error: " : ": warning: ") + place + finding.Problem, isQuoted: false);
            text.Append('\n');
            if (finding.Hint is not null)
            {
                OneLine.Append(text.Append("  hint: "), finding.Hint, isQuoted: false);
                text.Append('\n');
            }
        }

        return text + Counted(report.Errors, "error") + ", " + Counted(report.Warnings, "warning") + "\n";
    }

    private static string Counted(int count, string what) => count.ToString() + " " + what + (count == 1 ? "" : "s");
}
