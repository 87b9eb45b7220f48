using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Punnet.Kernel;

namespace Punnet.Lifecycle;

/// <summary>
/// The threads that the .NET runtime starts before Main. With Punnet.Startup there are none. A plain build has the finalizer thread:
/// punnet's clones copy only the thread that clones and are safe, but a signal that punnet blocks to wait for it would go to the other
/// thread.
/// </summary>
internal static class Threads
{
    /// <summary>Whether there is only one; a constant of the build.</summary>
    [FeatureSwitchDefinition("Punnet.HasOneThread")]
    public static bool IsAlone => AppContext.TryGetSwitch("Punnet.HasOneThread", out bool isAlone) && isAlone;

    /// <summary>Blocks every signal in the finalizer thread, by running a finalizer.</summary>
    public static void LeaveSignals()
    {
        Drop();
        GC.Collect(0);
        GC.WaitForPendingFinalizers();
    }

    // In its own frame, which does not keep it alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop() => _ = new Blocker();

    private sealed class Blocker
    {
#pragma warning disable MA0055 // The only way to run code in that thread.
        ~Blocker() => Sys.BlockSignals();
#pragma warning restore MA0055
    }
}
