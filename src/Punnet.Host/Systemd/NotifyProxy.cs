using System;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Systemd;

/// <summary>
/// Between a container and the service manager, sd_notify(3): messages about the container pass. What would
/// give it power over its service, or is a number that means something else outside, does not.
/// </summary>
public sealed class NotifyProxy : IDisposable
{
    private const int Limit = 4096; // what systemd reads of a message
    private const long Patience = 30_000; // milliseconds
    private readonly Descriptor _container;
    private readonly Descriptor _manager;

    /// <summary>Takes both sockets over.</summary>
    /// <param name="container">Where the container sends.</param>
    /// <param name="manager">Connected to the manager's.</param>
    public NotifyProxy(Descriptor container, Descriptor manager) => (_container, _manager) = (container, manager);

    /// <summary>Readable when the container has said something.</summary>
    public int Number => _container.Number;

    /// <summary>Passes messages on until the container is ready, and the manager knows it; or until the container ends.</summary>
    /// <param name="pidfd">The container's first process.</param>
    /// <param name="pid">Its pid, which the manager then watches, since punnet is about to end.</param>
    /// <exception cref="SysException">Nothing can be waited for.</exception>
    public void WaitUntilReady(int pidfd, int pid)
    {
        while (Hear(pidfd))
        {
            if (Forward(pid))
            {
                AwaitManager();
                return;
            }
        }
    }

    /// <summary>Passes messages on until the container ends. The manager keeps watching punnet, which stays.</summary>
    /// <param name="pidfd">The container's first process.</param>
    /// <exception cref="SysException">Nothing can be waited for.</exception>
    public void FollowToEnd(int pidfd)
    {
        int own = Sys.Getpid();
        while (Hear(pidfd))
        {
            Forward(own);
        }
    }

    /// <summary>Passes one message on.</summary>
    /// <param name="pid">MAINPID of a container that is ready.</param>
    /// <returns>Whether it is READY=1 of the container.</returns>
    public bool Forward(int pid)
    {
        Span<byte> buffer = stackalloc byte[Limit + 1];
        Errno errno = Sys.Recvmsg(_container.Number, buffer, out int count, out int descriptor);
        using Descriptor sent = new(descriptor);
        if (errno != Errno.None || count is 0 or > Limit)
        {
            return false;
        }

        StringBuilder passed = new();
        bool isReady = false;
        foreach (string line in Encoding.UTF8.GetString(buffer[..count]).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line == "BARRIER=1" && descriptor >= 0)
            {
                // The descriptor is the message: the container waits for its end.
                Sys.Sendmsg(_manager.Number, "BARRIER=1"u8, descriptor);
            }
            else if (IsContainers(line))
            {
                isReady |= line == "READY=1";
                passed.Append(line).Append('\n');
            }
        }

        if (isReady)
        {
            passed.Append("MAINPID=").Append(pid).Append('\n');
        }

        if (passed.Length > 0)
        {
            // A manager that is gone gets no more messages; the container need not know.
            Sys.Sendmsg(_manager.Number, Encoding.UTF8.GetBytes(passed.ToString()), -1);
        }

        return isReady;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _container.Dispose();
        _manager.Dispose();
    }

    // MAINPID and its kin are numbers of another pid namespace; NOTIFYACCESS would open the manager's socket to others; what FDSTORE
    // keeps would come back to punnet.
    private static bool IsContainers(string line)
    {
        int equals = line.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && line[..equals] is "READY" or "RELOADING" or "STOPPING" or "MONOTONIC_USEC" or "STATUS" or "ERRNO" or "BUSERROR"
            or "VARLINKERROR" or "EXIT_STATUS" or "WATCHDOG" or "WATCHDOG_USEC" or "EXTEND_TIMEOUT_USEC"
                || line.StartsWith("X_", StringComparison.Ordinal);
    }

    // False when the container has ended, and everything that it said is passed on.
    private bool Hear(int pidfd)
    {
        Span<PollDescriptor> ends =
        [
            new PollDescriptor { Descriptor = _container.Number, Wanted = PollEvents.In },
            new PollDescriptor { Descriptor = pidfd, Wanted = PollEvents.In },
            PendingSignals.End,
        ];
        Sys.Ppoll(ends, -1).OrThrow("wait for the container");
        if (ends[2].Found != PollEvents.None)
        {
            PendingSignals.Check();
        }

        return ends[0].Found != PollEvents.None;
    }

    // The manager finds the sender by its pid, so punnet must not end before the manager has read: sd_notify_barrier(3).
    private void AwaitManager()
    {
        Sys.Pipe2(out int readEnd, out int writeEnd).OrThrow("make a pipe");
        using Descriptor wait = new(readEnd);
        Errno errno;
        using (Descriptor hold = new(writeEnd))
        {
            errno = Sys.Sendmsg(_manager.Number, "BARRIER=1"u8, writeEnd);
        }

        if (errno == Errno.None)
        {
            Sys.PollReadable(readEnd, Patience, out _);
        }
    }
}
