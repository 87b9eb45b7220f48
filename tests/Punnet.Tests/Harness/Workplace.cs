using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO;
using System.Runtime.Versioning;
using System.Threading;
using Mono.Unix.Native;
using Xunit;

[assembly: SupportedOSPlatform("linux")]
[assembly: AssemblyFixture(typeof(Punnet.Tests.Harness.WorkplaceFixture))]
[assembly: Xunit.v3.Parallelization(MaxThreads = 4, Mode = Xunit.Sdk.ParallelMode.All)]

namespace Punnet.Tests.Harness;

/// <summary>One directory for a whole run, on a file system that knows device nodes, and what every bundle shares.</summary>
internal static class Workplace
{
    private static readonly Lazy<string> top = new(Make, LazyThreadSafetyMode.ExecutionAndPublication);
    private static readonly Lazy<string> busybox = new(CopyBusybox, LazyThreadSafetyMode.ExecutionAndPublication);
    private static readonly ConcurrentDictionary<string, Lazy<string>> programs = new(StringComparer.Ordinal);
    private static int counter;

    /// <summary>Absolute path of the run's directory.</summary>
    public static string Top => top.Value;

    /// <summary>The one copy of busybox that every root file system links to.</summary>
    public static string Busybox => busybox.Value;

    /// <summary>A name that no other test and no other run of the suite uses.</summary>
    public static string UniqueName()
    {
        return $"pt{Environment.ProcessId}-{Interlocked.Increment(ref counter):D5}";
    }

    /// <summary>A statically linked program made from Programs/NAME.c, compiled once a run.</summary>
    public static string Program(string name)
    {
        return programs.GetOrAdd(name, static key => new Lazy<string>(() => Compile(key, "-static"))).Value;
    }

    /// <summary>The same, for a program that needs its own compiler options instead of -static.</summary>
    /// <remarks>For a machine without a compiler tests/vm/programs has compiled it: NAME, or NAME.linked with its own options.</remarks>
    public static string Compile(string name, params string[] options)
    {
        string source = Path.Combine(AppContext.BaseDirectory, "Programs", name + ".c");
        string compiled = Path.ChangeExtension(source, options is ["-static"] ? null : "linked");
        string target = Path.Combine(Top, UniqueName() + "-" + name);
        if (File.Exists(compiled))
        {
            File.Copy(compiled, target);
            return target;
        }

        string compiler = "/usr/bin/gcc";
        Assert.SkipUnless(File.Exists(compiler), "needs gcc to compile " + name);
        Outcome outcome = new Command(compiler, [.. options, "-O1", "-o", target, source]).Run();
        outcome.Succeeds();
        return target;
    }

    /// <summary>Removes the run's directory.</summary>
    public static void Remove()
    {
        if (top.IsValueCreated && Directory.Exists(top.Value))
        {
            Directory.Delete(top.Value, recursive: true);
        }
    }

    private static string Make()
    {
        string[] candidates = [Path.GetTempPath(), "/tmp", "/run", "/dev/shm"];
        foreach (string candidate in candidates)
        {
            string path = Path.Combine(candidate, $"punnet-tests-{Environment.ProcessId}");
            if (KnowsDevices(path))
            {
                return path;
            }
        }

        throw new InvalidOperationException("no directory of " + string.Join(", ", candidates) + " can hold a working device node");
    }

    private static bool KnowsDevices(string path)
    {
        // User namespaces of the tests must be able to walk down to their root.
        Directory.CreateDirectory(path, (UnixFileMode)0x1ED);
        string node = Path.Combine(path, "null");
        bool works = Syscall.mknod(node, FilePermissions.S_IFCHR | (FilePermissions)0x1B6, 0x103) == 0;
        if (works)
        {
            int descriptor = Syscall.open(node, OpenFlags.O_WRONLY);
            works = descriptor >= 0;
            _ = Syscall.close(descriptor);
            _ = Syscall.unlink(node);
        }

        if (!works)
        {
            Directory.Delete(path, recursive: true);
        }

        return works;
    }

    private static string CopyBusybox()
    {
        string target = Path.Combine(Top, "busybox");
        string source = File.Exists("/usr/bin/busybox") ? "/usr/bin/busybox" : "/bin/busybox";
        File.Copy(source, target);
        File.SetUnixFileMode(target, (UnixFileMode)0x1ED);
        return target;
    }
}

/// <summary>Removes the run's directory at the very end.</summary>
public sealed class WorkplaceFixture : IDisposable
{
    /// <summary>The runtime under test is named once, so that a log says what was tested.</summary>
    public WorkplaceFixture()
    {
        Trace.WriteLine(Runtime.Path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Workplace.Remove();
    }
}
