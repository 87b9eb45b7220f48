using System;
using System.Runtime.CompilerServices;
using Punnet.Abi;

namespace Punnet.Kernel;

public static unsafe partial class Sys
{
    /// <summary>openat(2); close-on-exec is always set.</summary>
    public static Errno Openat(int directory, ReadOnlySpan<byte> path, OpenFlags flags, uint mode, out int descriptor)
    {
        descriptor = -1;
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            return Open(SyscallNumber.Openat, out descriptor, directory, (nint)text, (nint)(flags | OpenFlags.CloseOnExec), (nint)mode);
        }
    }

    /// <summary>
    /// openat2(2); close-on-exec is always set. Tried again on EAGAIN: the kernel's answer when somebody renames directories
    /// while a path with "..", in a scoped lookup, is walked. Where a filter around punnet refuses the call, <see cref="PathWalk"/>.
    /// </summary>
    public static Errno Openat2(int directory, ReadOnlySpan<byte> path, OpenFlags flags, uint mode, ResolveFlags resolve, out int descriptor)
    {
        descriptor = -1;
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        OpenHow how = new() { Flags = flags | OpenFlags.CloseOnExec, Mode = mode, Resolve = resolve };
        fixed (byte* text = path)
        {
            for (int attempt = 0; ; attempt++)
            {
                Errno errno = Open(SyscallNumber.Openat2, out descriptor, directory, (nint)text, (nint)(&how), sizeof(OpenHow));
                if (errno.IsOfFilter())
                {
                    return PathWalk.Open(directory, path, flags, resolve, out descriptor);
                }

                if (errno != Errno.EAGAIN || attempt == 128)
                {
                    return errno;
                }
            }
        }
    }

    /// <summary>close(2).</summary>
    public static Errno Close(int descriptor) => Call(SyscallNumber.Close, descriptor);

    /// <summary>close_range(2).</summary>
    /// <param name="first">First descriptor.</param>
    /// <param name="last">Last descriptor, included.</param>
    /// <param name="onlyAtExec">CLOSE_RANGE_CLOEXEC: mark instead of closing (Linux 5.11).</param>
    public static Errno CloseRange(uint first, uint last, bool onlyAtExec) =>
        Call(SyscallNumber.CloseRange, (nint)first, (nint)last, onlyAtExec ? 4 : 0);

    /// <summary>fcntl(2) F_SETFD FD_CLOEXEC.</summary>
    public static Errno SetCloexec(int descriptor) => Call(SyscallNumber.Fcntl, descriptor, 2, 1);

    /// <summary>fcntl(2) F_SETFL O_NONBLOCK, for everyone that shares the open file description; the other flags are cleared.</summary>
    public static Errno SetNonblock(int descriptor) => Call(SyscallNumber.Fcntl, descriptor, 4, (nint)OpenFlags.NonBlocking);

    /// <summary>read(2), tried again when a signal interrupts it.</summary>
    public static Errno Read(int descriptor, Span<byte> buffer, out int count)
    {
        fixed (byte* bytes = buffer)
        {
            Errno errno;
            long result;
            do
            {
                errno = Call(SyscallNumber.Read, out result, descriptor, (nint)bytes, buffer.Length);
            }
            while (errno == Errno.EINTR);
            count = (int)result;
            return errno;
        }
    }

    /// <summary>write(2), tried again when a signal interrupts it; may write less than asked.</summary>
    public static Errno Write(int descriptor, ReadOnlySpan<byte> bytes, out int count)
    {
        fixed (byte* start = bytes)
        {
            Errno errno;
            long result;
            do
            {
                errno = Call(SyscallNumber.Write, out result, descriptor, (nint)start, bytes.Length);
            }
            while (errno == Errno.EINTR);
            count = (int)result;
            return errno;
        }
    }

    /// <summary>write(2) until everything is written.</summary>
    public static Errno WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Errno errno = Write(descriptor, bytes, out int count);
            if (errno != Errno.None)
            {
                return errno;
            }

            bytes = bytes[count..];
        }

        return Errno.None;
    }

    /// <summary>lseek(2) to the start.</summary>
    public static Errno Rewind(int descriptor) => Call(SyscallNumber.Lseek, descriptor, 0, 0);

    /// <summary>ftruncate(2).</summary>
    public static Errno Ftruncate(int descriptor, long length) => Call(SyscallNumber.Ftruncate, descriptor, (nint)length);

    /// <summary>statx(2) of what a descriptor refers to.</summary>
    public static Errno Statx(int descriptor, out FileStatus status) => Statx(descriptor, "\0"u8, EmptyPath, out status);

    /// <summary>statx(2) of a path; a symbolic link at its end is followed.</summary>
    public static Errno Statx(int directory, ReadOnlySpan<byte> path, out FileStatus status) => Statx(directory, path, 0, out status);

    /// <summary>statx(2) of a path; a symbolic link at its end is not followed.</summary>
    public static Errno StatxNoFollow(int directory, ReadOnlySpan<byte> path, out FileStatus status) =>
        Statx(directory, path, 0x100, out status); // AT_SYMLINK_NOFOLLOW

    private static Errno Statx(int directory, ReadOnlySpan<byte> path, int flags, out FileStatus status)
    {
        const int BasicStats = 0x7ff;
        status = default;
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        fixed (FileStatus* place = &status)
        {
            Errno errno = Call(SyscallNumber.Statx, directory, (nint)text, flags, BasicStats, (nint)place);
            return errno.IsOfFilter() ? OldStatus(directory, text, flags, out status) : errno;
        }
    }

    // newfstatat(2), where a filter around punnet refuses statx(2): without attributes and the id of the mount.
    private static Errno OldStatus(int directory, byte* path, int flags, out FileStatus status)
    {
        ulong* old = stackalloc ulong[18]; // struct stat of x86-64: 144 bytes
        Errno errno = Call(SyscallNumber.Newfstatat, directory, (nint)path, (nint)old, flags);
        status = default;
        if (errno == Errno.None)
        {
            status = new FileStatus
            {
                FileSystemMajor = Major(old[0]),
                FileSystemMinor = Minor(old[0]),
                Inode = old[1],
                Links = (uint)old[2],
                Mode = (ushort)old[3],
                Uid = (uint)(old[3] >> 32),
                Gid = (uint)old[4],
                DeviceMajor = Major(old[5]),
                DeviceMinor = Minor(old[5]),
                Size = old[6],
                BlockSize = (uint)old[7],
                Blocks = old[8],
                Accessed = new FileTime { Seconds = (long)old[9], Nanoseconds = (uint)old[10] },
                Modified = new FileTime { Seconds = (long)old[11], Nanoseconds = (uint)old[12] },
                Changed = new FileTime { Seconds = (long)old[13], Nanoseconds = (uint)old[14] },
            };
        }

        return errno;
    }

    // makedev(3) backwards.
    private static uint Major(ulong device) => (uint)(((device >> 8) & 0xfff) | ((device >> 32) & ~0xfffUL));

    private static uint Minor(ulong device) => (uint)((device & 0xff) | ((device >> 12) & ~0xffUL));

    /// <summary>f_type of fstatfs(2), see <see cref="FileSystemMagic"/>.</summary>
    public static Errno Fstatfs(int descriptor, out long magic)
    {
        long* buffer = stackalloc long[15]; // struct statfs: 120 bytes
        Errno errno = Call(SyscallNumber.Fstatfs, descriptor, (nint)buffer);
        magic = buffer[0];
        return errno;
    }

    /// <summary>
    /// faccessat2(2), for the effective ids. Where a filter is older than that call, faccessat(2): the real ids are the effective ones in
    /// every process of punnet that asks.
    /// </summary>
    /// <param name="directory">Where a relative path starts.</param>
    /// <param name="path">The path.</param>
    /// <param name="mode">4 read, 2 write, 1 execute, 0 exists.</param>
    public static Errno Faccessat(int directory, ReadOnlySpan<byte> path, int mode)
    {
        const int EffectiveIds = 0x200; // AT_EACCESS
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            Errno errno = Call(SyscallNumber.Faccessat2, directory, (nint)text, mode, EffectiveIds);
            return errno.IsOfFilter() ? Call(SyscallNumber.Faccessat, directory, (nint)text, mode) : errno;
        }
    }

    /// <summary>mkdirat(2).</summary>
    public static Errno Mkdirat(int directory, ReadOnlySpan<byte> path, uint mode)
    {
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Mkdirat, directory, (nint)text, (nint)mode);
        }
    }

    /// <summary>mknodat(2).</summary>
    public static Errno Mknodat(int directory, ReadOnlySpan<byte> path, uint mode, uint major, uint minor)
    {
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        // makedev(3): the kernel's encoding of 12 + 20 bits in 32.
        uint device = (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xffu) << 12);
        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Mknodat, directory, (nint)text, (nint)mode, (nint)device);
        }
    }

    /// <summary>symlinkat(2).</summary>
    public static Errno Symlinkat(ReadOnlySpan<byte> target, int directory, ReadOnlySpan<byte> path)
    {
        if (!IsText(target) || !IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* to = target)
        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Symlinkat, (nint)to, directory, (nint)text);
        }
    }

    /// <summary>readlinkat(2); no NUL is added.</summary>
    public static Errno Readlinkat(int directory, ReadOnlySpan<byte> path, Span<byte> buffer, out int length)
    {
        length = 0;
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        fixed (byte* place = buffer)
        {
            Errno errno = Call(SyscallNumber.Readlinkat, out long result, directory, (nint)text, (nint)place, buffer.Length);
            length = (int)result;
            return errno;
        }
    }

    /// <summary>unlinkat(2).</summary>
    public static Errno Unlinkat(int directory, ReadOnlySpan<byte> path, bool isDirectory)
    {
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Unlinkat, directory, (nint)text, isDirectory ? 0x200 : 0); // AT_REMOVEDIR
        }
    }

    /// <summary>renameat(2).</summary>
    public static Errno Renameat(int fromDirectory, ReadOnlySpan<byte> from, int toDirectory, ReadOnlySpan<byte> to)
    {
        if (!IsText(from) || !IsText(to))
        {
            return Errno.EINVAL;
        }

        fixed (byte* source = from)
        fixed (byte* target = to)
        {
            return Call(SyscallNumber.Renameat, fromDirectory, (nint)source, toDirectory, (nint)target);
        }
    }

    /// <summary>fchmod(2).</summary>
    public static Errno Fchmod(int descriptor, uint mode) => Call(SyscallNumber.Fchmod, descriptor, (nint)mode);

    /// <summary>fchmodat(2); a link that is the last part is followed.</summary>
    public static Errno Fchmodat(int directory, ReadOnlySpan<byte> path, uint mode)
    {
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Fchmodat, directory, (nint)text, (nint)mode);
        }
    }

    /// <summary>fchown(2).</summary>
    public static Errno Fchown(int descriptor, uint uid, uint gid) => Call(SyscallNumber.Fchown, descriptor, (nint)uid, (nint)gid);

    /// <summary>fchownat(2); a symbolic link is not followed.</summary>
    public static Errno Fchownat(int directory, ReadOnlySpan<byte> path, uint uid, uint gid)
    {
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Fchownat, directory, (nint)text, (nint)uid, (nint)gid, 0x100); // AT_SYMLINK_NOFOLLOW
        }
    }

    /// <summary>chdir(2).</summary>
    public static Errno Chdir(ReadOnlySpan<byte> path)
    {
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Chdir, (nint)text);
        }
    }

    /// <summary>fchdir(2).</summary>
    public static Errno Chdir(int descriptor) => Call(SyscallNumber.Fchdir, descriptor);

    /// <summary>getcwd(2): the length includes the NUL. Outside the root the text starts with "(unreachable)".</summary>
    public static Errno Getcwd(Span<byte> buffer, out int length)
    {
        fixed (byte* place = buffer)
        {
            Errno errno = Call(SyscallNumber.Getcwd, out long result, (nint)place, buffer.Length);
            length = (int)result;
            return errno;
        }
    }

    /// <summary>umask(2).</summary>
    public static void Umask(uint mask) => Call(SyscallNumber.Umask, (nint)mask);

    /// <summary>pipe2(2), close-on-exec.</summary>
    public static Errno Pipe2(out int readEnd, out int writeEnd)
    {
        int* ends = stackalloc int[2] { -1, -1 };
        Errno errno = Call(SyscallNumber.Pipe2, (nint)ends, (nint)OpenFlags.CloseOnExec);
        readEnd = ends[0];
        writeEnd = ends[1];
        return errno;
    }

    /// <summary>dup3(2), without close-on-exec.</summary>
    public static Errno Dup3(int from, int to)
    {
        // dup3(2) refuses equal descriptors; what is wanted then is only that it survives exec.
        const int SetDescriptorFlags = 2; // F_SETFD
        return from == to ? Call(SyscallNumber.Fcntl, from, SetDescriptorFlags, 0) : Call(SyscallNumber.Dup3, from, to, 0);
    }

    /// <summary>fcntl(2) F_DUPFD_CLOEXEC: a copy with a number of at least <paramref name="lowest"/>.</summary>
    public static Errno DupCloexec(int descriptor, int lowest, out int copy) =>
        Open(SyscallNumber.Fcntl, out copy, descriptor, 1030, lowest);

    /// <summary>memfd_create(2), close-on-exec.</summary>
    public static Errno MemfdCreate(ReadOnlySpan<byte> name, bool sealable, out int descriptor)
    {
        descriptor = -1;
        if (!IsText(name))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = name)
        {
            return Open(SyscallNumber.MemfdCreate, out descriptor, (nint)text, sealable ? 3 : 1); // MFD_CLOEXEC | MFD_ALLOW_SEALING
        }
    }

    /// <summary>sendfile(2) until the end of the source.</summary>
    public static Errno Sendfile(int from, int to)
    {
        const nint Chunk = 0x1000000; // bytes
        while (true)
        {
            Errno errno = Call(SyscallNumber.Sendfile, out long sent, to, from, 0, Chunk);
            if (errno != Errno.None || sent == 0)
            {
                return errno;
            }
        }
    }

    /// <summary>fcntl(2) F_ADD_SEALS: no more seals, growing, shrinking or writing.</summary>
    public static Errno AddSeals(int descriptor) => Call(SyscallNumber.Fcntl, descriptor, 1033, 0xF);

    /// <summary>getdents64(2).</summary>
    public static Errno Getdents64(int descriptor, Span<byte> buffer, out int count)
    {
        fixed (byte* place = buffer)
        {
            Errno errno = Call(SyscallNumber.Getdents64, out long result, descriptor, (nint)place, buffer.Length);
            count = (int)result;
            return errno;
        }
    }

    /// <summary>ppoll(2) on one descriptor.</summary>
    /// <param name="descriptor">What to wait for.</param>
    /// <param name="milliseconds">How long; negative means for ever.</param>
    /// <param name="isReady">Whether anything happened: data, hang-up or error.</param>
    public static Errno PollReadable(int descriptor, long milliseconds, out bool isReady)
    {
        Span<PollDescriptor> one = [new PollDescriptor { Descriptor = descriptor, Wanted = PollEvents.In }];
        Errno errno = Ppoll(one, milliseconds);
        isReady = one[0].Found != PollEvents.None;
        return errno;
    }

    /// <summary>ppoll(2), tried again when a signal interrupts it.</summary>
    public static Errno Ppoll(Span<PollDescriptor> descriptors, long milliseconds)
    {
        long* limit = stackalloc long[2] { milliseconds / 1000, milliseconds % 1000 * 1_000_000 };
        fixed (PollDescriptor* first = descriptors)
        {
            Errno errno;
            do
            {
                errno = Call(SyscallNumber.Ppoll, (nint)first, descriptors.Length, milliseconds < 0 ? 0 : (nint)limit, 0, 8);
            }
            while (errno == Errno.EINTR);
            return errno;
        }
    }

    /// <summary>clock_gettime(2).</summary>
    /// <param name="clock">0 CLOCK_REALTIME, 1 CLOCK_MONOTONIC.</param>
    /// <param name="seconds">Seconds.</param>
    /// <param name="nanoseconds">0 to 999,999,999.</param>
    public static void ClockGettime(int clock, out long seconds, out long nanoseconds)
    {
        long* time = stackalloc long[2];
        Call(SyscallNumber.ClockGettime, clock, (nint)time);
        seconds = time[0];
        nanoseconds = time[1];
    }

    [SkipLocalsInit]
    internal static bool FormatDescriptorPath(int descriptor, Span<byte> path)
    {
        ReadOnlySpan<byte> prefix = "/proc/self/fd/"u8;
        prefix.CopyTo(path);
        bool fits = System.Buffers.Text.Utf8Formatter.TryFormat(descriptor, path[prefix.Length..], out int digits);
        path[prefix.Length + digits] = 0;
        return fits;
    }
}
