using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Punnet.Tests.Harness;

/// <summary>The documents that punnet prints, as a generated reader of System.Text.Json understands them.</summary>
internal static class Printed
{
    /// <summary>The output of <c>state</c>.</summary>
    public static PrintedState State(string json) => Read(json, PrintedContext.Default.PrintedState);

    /// <summary>The output of <c>list --format json</c>.</summary>
    public static List<PrintedState> States(string json) => Read(json, PrintedContext.Default.ListPrintedState);

    /// <summary>One line of the output of <c>events</c>.</summary>
    public static PrintedEvent Event(string json) => Read(json, PrintedContext.Default.PrintedEvent);

    /// <summary>The output of <c>features</c>.</summary>
    public static PrintedFeatures Features(string json) => Read(json, PrintedContext.Default.PrintedFeatures);

    /// <summary>Calls <c>features</c>.</summary>
    public static PrintedFeatures Features() => Features(Runtime.Run("features").Succeeds().Stdout);

    /// <summary>The output of <c>check --format json</c>.</summary>
    public static PrintedCheck Check(string json) => Read(json, PrintedContext.Default.PrintedCheck);

    private static T Read<T>(string json, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
}

/// <summary>runtime.md#state, with the members that runc adds.</summary>
internal sealed record PrintedState(
    string OciVersion,
    string Id,
    int Pid,
    string Status,
    string Bundle,
    string Rootfs,
    string Created,
    string Owner,
    Dictionary<string, string>? Annotations = null,
    int? ExitCode = null,
    bool? OomKilled = null,
    string? Finished = null);

/// <summary>features.md.</summary>
internal sealed record PrintedFeatures(
    string OciVersionMin,
    string OciVersionMax,
    string[] Hooks,
    string[] MountOptions,
    PrintedLinuxFeatures Linux,
    Dictionary<string, string>? Annotations = null,
    string[]? PotentiallyUnsafeConfigAnnotations = null);

/// <summary>features-linux.md.</summary>
internal sealed record PrintedLinuxFeatures(
    string[] Namespaces,
    string[] Capabilities,
    PrintedCgroupFeatures Cgroup,
    PrintedSeccompFeatures Seccomp,
    PrintedSwitch? IntelRdt = null,
    PrintedMountExtensions? MountExtensions = null);

/// <summary>features-linux.md#cgroup.</summary>
internal sealed record PrintedCgroupFeatures(bool V1, bool V2);

/// <summary>features-linux.md#seccomp.</summary>
internal sealed record PrintedSeccompFeatures(bool Enabled, string[] Actions, string[] Archs, string[]? SupportedFlags = null);

/// <summary>features-linux.md#mount-extensions.</summary>
internal sealed record PrintedMountExtensions(PrintedSwitch Idmap);

/// <summary>A feature that is there or not.</summary>
internal sealed record PrintedSwitch(bool Enabled);

/// <summary>What <c>check</c> has found.</summary>
internal sealed record PrintedCheck(string File, int Errors, int Warnings, List<PrintedFinding> Findings);

/// <summary>One problem; lines and columns count from 1.</summary>
internal sealed record PrintedFinding(string Severity, int Line, int Column, string Place, string Problem, string? Hint = null)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Severity}: {Place}: {Problem}";
}

/// <summary>A line of <c>events</c>: runc's types/events.go.</summary>
internal sealed record PrintedEvent(string Type, string Id, PrintedStatistics? Data = null);

/// <summary>The statistics of a container's cgroup; controllers that are not there have empty objects.</summary>
internal sealed record PrintedStatistics(
    PrintedCpu Cpu,
    PrintedCpuset Cpuset,
    PrintedMemory Memory,
    PrintedPids Pids,
    Dictionary<string, PrintedHugePages> Hugetlb);

/// <summary>cpu.stat and cpu.pressure.</summary>
internal sealed record PrintedCpu(PrintedCpuUsage Usage, PrintedThrottling Throttling, PrintedPressure? Psi = null);

/// <summary>Nanoseconds.</summary>
internal sealed record PrintedCpuUsage(ulong Total);

/// <summary>cpu.stat, of a cgroup with a quota.</summary>
internal sealed record PrintedThrottling(ulong? Periods = null);

/// <summary>A file of pressure stall information.</summary>
internal sealed record PrintedPressure(PrintedStall? Some = null);

/// <summary>A line of pressure stall information.</summary>
internal sealed record PrintedStall(double Avg10, double? Avg60 = null, double? Avg300 = null, ulong? Total = null);

/// <summary>cpuset.cpus.effective and cpuset.mems.effective, one number each.</summary>
internal sealed record PrintedCpuset(int[]? Cpus = null, int[]? Mems = null);

/// <summary>The files of the memory controller; bytes.</summary>
internal sealed record PrintedMemory(
    ulong? Cache = null,
    PrintedMemoryUsage? Usage = null,
    PrintedMemoryUsage? Swap = null,
    Dictionary<string, ulong>? Raw = null,
    Dictionary<string, ulong>? Events = null);

/// <summary>A file with a usage and the file with its limit.</summary>
internal sealed record PrintedMemoryUsage(ulong Limit, ulong Usage);

/// <summary>The files of the pids controller, and no more.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record PrintedPids(ulong? Current = null, ulong? Limit = null, PrintedPidsEvents? Events = null);

/// <summary>pids.events, and no more.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record PrintedPidsEvents(ulong? Max = null);

/// <summary>The files of one size of huge pages, and no more.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record PrintedHugePages(ulong? Usage = null, ulong? Limit = null, ulong? Failcnt = null);

/// <summary>What a document must have, it must have: parameters without a default are required.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PrintedState))]
[JsonSerializable(typeof(List<PrintedState>))]
[JsonSerializable(typeof(PrintedFeatures))]
[JsonSerializable(typeof(PrintedEvent))]
[JsonSerializable(typeof(PrintedCheck))]
internal sealed partial class PrintedContext : JsonSerializerContext;
