using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>The binary under test.</summary>
internal static class Runtime
{
    /// <summary>Absolute path: the environment variable PUNNET, or out/punnet at the checkout's top.</summary>
    public static string Path { get; } = Find();

    /// <summary>Whether this is punnet and not a runtime that it is compared with.</summary>
    public static bool IsPunnet { get; } = System.IO.Path.GetFileName(Path) is not ("runc" or "crun" or "youki");

    /// <summary>Whether this machine is arm64, and not x86-64.</summary>
    public static bool IsArm64 { get; } = RuntimeInformation.OSArchitecture == Architecture.Arm64;

    /// <summary>Skips a test of what punnet promises beyond runc.</summary>
    public static void MustBePunnet()
    {
        Assert.SkipUnless(IsPunnet, "only punnet promises this");
    }

    /// <summary>Whether it is built without src/Punnet.Startup: only a plain build is position independent (ET_DYN of elf(5)).</summary>
    public static bool IsPlain { get; } = IsPunnet && IsPositionIndependent();

    /// <summary>Skips a test of what a plain build cannot do: src/Punnet.Startup/README.md, "What a plain build lacks".</summary>
    /// <param name="reason">What that is.</param>
    public static void MustHaveStartup(string reason)
    {
        Assert.SkipWhen(IsPlain, "a plain build: " + reason);
    }

    /// <summary>Skips a test of what mount(2) cannot do, where the newer mount calls are refused.</summary>
    public static void MustHaveMountCalls()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("PUNNET_REFUSED") is not null, "mount_setattr(2) is refused here");
    }

    /// <summary>A call of the runtime with exactly these arguments.</summary>
    public static Command Command(params IReadOnlyList<string> arguments)
    {
        return new Command(Path, arguments);
    }

    /// <summary>Runs it with exactly these arguments.</summary>
    public static Outcome Run(params IReadOnlyList<string> arguments)
    {
        return Command(arguments).Run();
    }

    // ET_DYN, 3, behind the 16 bytes of e_ident. A script is none.
    private static bool IsPositionIndependent()
    {
        using FileStream file = File.OpenRead(Path);
        byte[] header = new byte[18];
        return file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length && header[0] == 0x7F && header[16] == 3;
    }

    private static string Find()
    {
        string? named = Environment.GetEnvironmentVariable("PUNNET");
        if (!string.IsNullOrEmpty(named))
        {
            return System.IO.Path.GetFullPath(named);
        }

        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            string candidate = System.IO.Path.Combine(directory.FullName, "out", "punnet");
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new InvalidOperationException("no runtime to test: publish out/punnet or set PUNNET");
    }
}
