using System;
using System.Diagnostics;
using System.IO;
using Xunit;

namespace Punnet.Tests;

/// <summary>Proves the pipeline until the suite of containers is here.</summary>
public sealed class PipelineTests
{
    [Fact]
    public void The_binary_under_test_starts()
    {
        string path = Environment.GetEnvironmentVariable("PUNNET") ?? throw new InvalidOperationException("PUNNET is not set");
        using Process process = Process.Start(path);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public void The_memory_controller_is_there()
    {
        string path = "/sys/fs/cgroup/cgroup.controllers";
        Assert.SkipUnless(File.Exists(path), "no pure cgroup v2 here");
        Assert.Contains("memory", File.ReadAllText(path), StringComparison.Ordinal);
    }
}
