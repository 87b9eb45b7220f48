using System;
using System.IO;
using System.Linq;
using System.Threading;

namespace Punnet.Faults.Tests;

/// <summary>
/// Process 1 of the suite: orphans become its children, and it waits for them. The machine's own may not, and a pid namespace does not end
/// before somebody has waited for each of its processes.
/// </summary>
internal static class Reaper
{
    private static readonly Thread thread = Begin();

    /// <summary>Orphans have a parent from here on.</summary>
    public static void Start() => _ = thread;

    private static Thread Begin()
    {
        Native.AdoptOrphans();
        Thread reaper = new(Loop) { IsBackground = true };
        reaper.Start();
        return reaper;
    }

    // The kernel gives orphans to the main thread, which starts no process itself.
    private static void Loop()
    {
        string children = $"/proc/self/task/{Environment.ProcessId}/children";
        while (true)
        {
            foreach (string child in File.ReadAllText(children).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                Reap(child);
            }

            Thread.Sleep(5);
        }
    }

    private static void Reap(string child)
    {
        try
        {
            string[] status = File.ReadAllLines($"/proc/{child}/status");

            // One that is still traced has its tracer to wait for it.
            if (status.Contains("State:\tZ (zombie)") && status.Contains("TracerPid:\t0"))
            {
                _ = Native.waitpid(int.Parse(child), out int _, Native.AllKinds | Native.NoHang);
            }
        }
        catch (IOException)
        {
            // It is gone.
        }
    }
}
