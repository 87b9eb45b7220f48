using System;
using System.Buffers.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>
/// What the new process still holds of the host. It may wait for hours until it is started, in a container where somebody with
/// CAP_SYS_PTRACE looks into /proc/PID/fd: everything that is not needed any more is closed as soon as that is so (CVE-2024-21626).
/// </summary>
internal static class Descriptors
{
    private static int KeptCount => 10 + NamespaceKinds.Count;

    /// <summary>Closes all descriptors but the streams, those that the program inherits, and these.</summary>
    /// <param name="context">Says what else is needed until the program runs.</param>
    /// <param name="root">The container's root.</param>
    /// <param name="report">ErrorMessages.</param>
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

    // A filter around punnet is older than close_range(2): what is open is asked of the host's /proc.
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
    /// The last barrier against descriptors of the host (CVE-2024-21626), whoever opened them. They are closed before execve(2), not by
    /// it: the kernel gives a program its new memory first and closes descriptors after, and in between who has CAP_SYS_PTRACE in the
    /// container's user namespace can look.
    /// </summary>
    /// <param name="channel">Tells the host by its end that the program runs; it closes at exec.</param>
    /// <param name="context">Says what the program inherits, and what <see cref="CloseHosts"/> kept.</param>
    /// <param name="root">The container's root.</param>
    /// <param name="report">ErrorMessages.</param>
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

    // A filter that is older than close_range(2) forbids it. What is open now was kept by CloseHosts, or opened since, and a new
    // descriptor takes the lowest free number: no need to try a million of them. The channel was made to close at exec.
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

    /// <summary>Closes what is not needed any more once the program is found, where others will see the process that waits for start.</summary>
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

    // By insertion: the library's Sort allocates its comparer at first use.
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
