using System;
using System.Buffers.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>
/// The host's descriptors in the new process. It may wait for hours until it is started, in a container where a process with CAP_SYS_PTRACE
/// can open /proc/PID/fd: each descriptor is closed as soon as it is no longer needed (CVE-2024-21626).
/// </summary>
internal static class Descriptors
{
    private static int KeptCount => 10 + NamespaceKinds.Count;

    /// <summary>Closes all descriptors except the streams, those that the program inherits, and these.</summary>
    /// <param name="context">Has the other descriptors that are needed until the program runs.</param>
    /// <param name="root">The container's root.</param>
    /// <param name="report">Reports failures.</param>
    public static void CloseHosts(InitContext context, int root, InitReport report)
    {
        Span<int> kept = stackalloc int[KeptCount];
        Keep(context, root, kept);
        int next = 3 + context.Preserved;
        foreach (int descriptor in kept)
        {
            if (descriptor < next)
            {
                continue;
            }

            if (descriptor > next)
            {
                Errno errno = Sys.CloseRange((uint)next, (uint)descriptor - 1, onlyAtExec: false);
                if (errno.IsOfFilter())
                {
                    CloseListed(context, kept, report);
                    return;
                }

                report.Check(InitStep.CloseDescriptors, errno);
            }

            next = descriptor + 1;
        }

        report.Check(InitStep.CloseDescriptors, Sys.CloseRange((uint)next, uint.MaxValue, onlyAtExec: false));
    }

    // A filter around punnet is older than close_range(2): lists the open descriptors in the host's /proc.
    private static void CloseListed(InitContext context, ReadOnlySpan<int> kept, InitReport report)
    {
        const OpenFlags List = OpenFlags.ReadOnly | OpenFlags.Directory;
        report.Check(InitStep.CloseDescriptors, Sys.Openat(context.Proc, "self/fd\0"u8, List, 0, out int directory));
        DirectoryEntries entries = new(directory, stackalloc byte[2048]);
        while (entries.MoveNext())
        {
            bool isNumber = Utf8Parser.TryParse(entries.NameWithNul, out int descriptor, out _);
            if (isNumber && descriptor >= 3 + context.Preserved && descriptor != directory && kept.IndexOf(descriptor) < 0)
            {
                Sys.Close(descriptor);
            }
        }

        report.Check(InitStep.CloseDescriptors, entries.Errno);
        Sys.Close(directory);
    }

    /// <summary>
    /// The last barrier against leaked descriptors of the host (CVE-2024-21626). They are closed before execve(2), not by close-on-exec:
    /// the kernel closes descriptors after it has replaced the memory, and in between a process with CAP_SYS_PTRACE in the container's user
    /// namespace could open them.
    /// </summary>
    /// <param name="channel">Its end of file tells the host that the program runs; it is close-on-exec.</param>
    /// <param name="context">Has the descriptors that the program inherits, and those that <see cref="CloseHosts"/> kept.</param>
    /// <param name="root">The container's root.</param>
    /// <param name="report">Reports failures.</param>
    public static void CloseAllBut(int channel, InitContext context, int root, InitReport report)
    {
        uint first = (uint)(3 + context.Preserved);
        Errno errno = Sys.CloseRange((uint)channel, (uint)channel, onlyAtExec: true);
        if (errno.IsOfFilter())
        {
            CloseEach(channel, context, root);
            return;
        }

        report.Check(InitStep.CloseDescriptors, errno);
        if (channel > first)
        {
            report.Check(InitStep.CloseDescriptors, Sys.CloseRange(first, (uint)channel - 1, onlyAtExec: false));
        }

        report.Check(InitStep.CloseDescriptors, Sys.CloseRange((uint)channel + 1, uint.MaxValue, onlyAtExec: false));
    }

    // A filter that is older than close_range(2) forbids it. The open descriptors were kept by CloseHosts, or opened since with the lowest
    // free number: no need to try a million numbers. The channel is close-on-exec.
    private static void CloseEach(int channel, InitContext context, int root)
    {
        const int OpenedSince = 64;
        Span<int> kept = stackalloc int[KeptCount];
        Keep(context, root, kept);
        int first = 3 + context.Preserved;
        int last = Math.Max(first, kept[^1]) + OpenedSince;
        for (int descriptor = first; descriptor <= last; descriptor++)
        {
            if (descriptor != channel)
            {
                Sys.Close(descriptor);
            }
        }
    }

    /// <summary>Closes what is no longer needed once the program is found: other processes can see the one that waits for start.</summary>
    public static void CloseUnused(InitContext context, int root)
    {
        Sys.Close(context.Image);
        if (context.StartContainer.IsEmpty)
        {
            Sys.Close(root);
            Sys.Close(context.HookState);
            Sys.Close(context.HookOutput);
            Sys.Close(context.HookErrors);
        }
    }

    private static void Keep(InitContext context, int root, Span<int> kept)
    {
        kept[0] = context.Channel;
        kept[1] = context.Image;
        kept[2] = context.StartFifo;
        kept[3] = context.StartResult;
        kept[4] = context.ConsoleSocket;
        kept[5] = context.HookState;
        kept[6] = context.HookOutput;
        kept[7] = context.HookErrors;
        kept[8] = root;
        kept[9] = context.NamespaceSocket;
        for (int i = 0; i < NamespaceKinds.Count; i++)
        {
            kept[10 + i] = context.NamespaceSocket < 0 ? -1 : context.NamespaceSocketKinds[i];
        }

        Sort(kept);
    }

    // Insertion sort: Span.Sort allocates its comparer at first use.
    private static void Sort(Span<int> numbers)
    {
        for (int i = 1; i < numbers.Length; i++)
        {
            int number = numbers[i];
            int place = i;
            for (; place > 0 && numbers[place - 1] > number; place--)
            {
                numbers[place] = numbers[place - 1];
            }

            numbers[place] = number;
        }
    }
}
