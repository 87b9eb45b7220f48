using System;
using System.Collections.Immutable;
using System.IO;
using System.Linq;

namespace Punnet.Faults.Tests;

/// <summary>What is there before the command.</summary>
internal enum Stage
{
    Nothing,
    Created,
    Running,
    Paused,
    Stopped,
}

/// <summary>What shows that a command has done its work.</summary>
internal enum Proof
{
    /// <summary>The program's digest, after a start.</summary>
    DigestAfterStart,

    /// <summary>The program's digest.</summary>
    Digest,

    /// <summary>What state says.</summary>
    State,

    /// <summary>What it has printed.</summary>
    Output,

    /// <summary>The limit in the cgroup.</summary>
    Limit,

    /// <summary>The layer.</summary>
    Layer,
}

/// <summary>One command of punnet, and what it works on.</summary>
/// <param name="Name">What the test is called.</param>
/// <param name="Variants">Of the config: <see cref="Bundle"/>.</param>
/// <param name="Before">What is there before.</param>
/// <param name="Proof">What shows its success.</param>
/// <param name="Command">Words; TOP and ID are replaced.</param>
internal sealed record Scenario(string Name, string Variants, Stage Before, Proof Proof, string Command)
{
    private const string Bundled = "--bundle TOP/bundle --pid-file TOP/work/pid ";
    private const string Layered = "--layer TOP/bundle/rootfs --layer TOP/layer ";

    public static ImmutableArray<Scenario> All { get; } =
    [
        new("create", "", Stage.Nothing, Proof.DigestAfterStart, "create " + Bundled + "ID"),
        new("create-user", "user", Stage.Nothing, Proof.DigestAfterStart, "create " + Bundled + "ID"),
        new("create-pod", "pod", Stage.Nothing, Proof.DigestAfterStart, "create " + Bundled + "ID"),
        new("create-console", "console", Stage.Nothing, Proof.DigestAfterStart, "create --console-socket TOP/console " + Bundled + "ID"),
        new("create-layers", "layers", Stage.Nothing, Proof.DigestAfterStart, "create " + Layered + Bundled + "ID"),
        new("run", "", Stage.Nothing, Proof.Digest, "run " + Bundled + "ID"),
        new("run-user", "user", Stage.Nothing, Proof.Digest, "run " + Bundled + "ID"),
        new("run-layers", "layers", Stage.Nothing, Proof.Digest, "run " + Layered + Bundled + "ID"),
        new("run-detach", "", Stage.Nothing, Proof.Digest, "run --detach " + Bundled + "ID"),
        new("start", "", Stage.Created, Proof.Digest, "start ID"),
        new("exec", "sleep", Stage.Running, Proof.Digest, "exec ID /bin/digest"),
        new("exec-user", "sleep user", Stage.Running, Proof.Digest, "exec ID /bin/digest"),
        new("exec-detach", "sleep", Stage.Running, Proof.Digest, "exec --detach --pid-file TOP/work/pid ID /bin/digest"),
        new("exec-console", "sleep", Stage.Running, Proof.Digest, "exec --tty --console-socket TOP/console --detach ID /bin/digest"),
        new("delete", "sleep", Stage.Stopped, Proof.State, "delete ID"),
        new("delete-force", "sleep", Stage.Running, Proof.State, "delete --force ID"),
        new("delete-layers", "sleep layers", Stage.Stopped, Proof.State, "delete ID"),
        new("kill", "sleep", Stage.Running, Proof.State, "kill ID KILL"),
        new("pause", "sleep", Stage.Running, Proof.State, "pause ID"),
        new("resume", "sleep", Stage.Paused, Proof.State, "resume ID"),
        new("update", "sleep hugetlb", Stage.Running, Proof.Limit, "update --resources TOP/resources.json ID"),
        new("commit", "sleep layers", Stage.Running, Proof.Layer, "commit ID TOP/work/layer"),
        new("commit-tar", "sleep layers", Stage.Running, Proof.Layer, "commit --gzip --tar TOP/work/layer ID"),
        new("state", "sleep", Stage.Running, Proof.Output, "state ID"),
        new("list", "sleep", Stage.Running, Proof.Output, "list"),
        new("ps", "sleep", Stage.Running, Proof.Output, "ps ID"),
    ];

    private bool IsExec => Name.StartsWith("exec", StringComparison.Ordinal);

    private bool IsLayered => Variants.Contains("layers", StringComparison.Ordinal);

    /// <summary>Whether a failed command leaves the container as it was.</summary>
    public bool LeavesRunning => IsExec || Proof is Proof.Limit or Proof.Layer or Proof.Output;

    /// <summary>What punnet's own failure is told by.</summary>
    public int FailureStatus => IsExec ? 255 : 1;

    /// <summary>punnet's words.</summary>
    public string[] Words(Place place, string id) =>
        place.Words([.. Command.Split(' ').Select(word => word == "ID" ? id : word.Replace("TOP", place.Top))]);

    /// <summary>Makes what the command works on.</summary>
    public void Prepare(Place place, string id)
    {
        Bundle.Write(place, Variants, id);
        if (Before == Stage.Nothing)
        {
            return;
        }

        string[] layers = IsLayered ? ["--layer", place.Top + "/bundle/rootfs", "--layer", place.Top + "/layer"] : [];
        layers = Proof == Proof.Layer ? [.. layers, "--upper", place.Top + "/upper"] : layers;
        _ = place.MustRun(place.Words(["create", .. layers, "--bundle", place.Top + "/bundle", id]));
        if (Before != Stage.Created)
        {
            _ = place.MustRun(place.Words("start", id));
        }

        if (Before == Stage.Paused)
        {
            _ = place.MustRun(place.Words("pause", id));
        }
        else if (Before == Stage.Stopped)
        {
            _ = place.MustRun(place.Words("kill", id, "KILL"));
            place.WaitForStatus(id, "stopped");
        }

        if (Proof == Proof.Limit)
        {
            string limits = Place.HasHugetlb ? """{"hugepageLimits":[{"pageSize":"2MB","limit":2097152}]}""" : "{}";
            File.WriteAllText(place.Top + "/resources.json", limits);
        }
    }
}
