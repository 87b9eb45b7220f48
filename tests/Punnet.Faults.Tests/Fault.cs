using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;

namespace Punnet.Faults.Tests;

/// <summary>One call of one process.</summary>
/// <param name="Process">0 is the command; 0.1 is what it cloned second; "init" is the first process of an existing container.</param>
/// <param name="Name">The call's.</param>
/// <param name="Index">From 1 on, among the process's calls of this name: others that come or go move nothing.</param>
internal readonly record struct CallSite(string Process, string Name, int Index)
{
    /// <summary>As in <c>0.0:openat2:7</c>.</summary>
    public override string ToString() => $"{Process}:{Name}:{Index}";
}

/// <summary>What happens at a call: the process is killed, gets a signal, or the call fails.</summary>
internal sealed record Fault(CallSite Site, string What)
{
    private static readonly Dictionary<string, int> signals = new() { ["SIGHUP"] = 1, ["SIGINT"] = 2, ["SIGKILL"] = 9, ["SIGTERM"] = 15 };

    private static readonly Errno[] errors =
    [
        Errno.EINTR, Errno.EAGAIN, Errno.ENOMEM, Errno.EMFILE, Errno.ENFILE, Errno.ENOSPC, Errno.EIO, Errno.EPERM, Errno.ENOSYS,
    ];

    /// <summary>Every kind.</summary>
    public static ImmutableArray<string> Kinds { get; } = [.. signals.Keys, .. Array.ConvertAll(errors, static error => error.ToString())];

    /// <summary>The signal, or 0.</summary>
    public int Signal { get; } = signals.GetValueOrDefault(What);

    /// <summary>The error, or 0.</summary>
    public int Error { get; } = signals.ContainsKey(What) ? 0 : (int)Enum.Parse<Errno>(What);

    public bool IsOfCommand => Site.Process == "0";

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => $"{Site}:{What}";

    /// <summary>PROCESS:CALL:INDEX:WHAT, as in <c>0.0:openat2:7:EIO</c>.</summary>
    public static Fault Parse(string text)
    {
        string[] parts = text.Split(':');
        return new Fault(new CallSite(parts[0], parts[1], int.Parse(parts[2])), parts[3]);
    }
}
