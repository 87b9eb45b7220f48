using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Punnet.Abi;

namespace Punnet.Kernel;

/// <summary>How far a process has released punnet's own file.</summary>
public enum BinaryState
{
    /// <summary>Not at all: the file is mapped.</summary>
    Mapped,

    /// <summary>The file is no longer mapped, but is still /proc/self/exe.</summary>
    Unmapped,

    /// <summary>The kernel has released the file.</summary>
    Left,
}

/// <summary>
/// Protects punnet's own file from containers (CVE-2019-5736): a process that can follow /proc/PID/exe of a process that is still punnet
/// (or make it execute /proc/self/exe) gets a reference to the host's file, and can write to it once it no longer runs. Other runtimes
/// execute a sealed copy of themselves, which costs a second start (0.8 ms). punnet instead maps the same pages through a detached
/// read-only mount and makes that file its executable: 0.25 ms. A container can then only reach the file on a read-only mount. Where that
/// fails, punnet executes a sealed copy too: <see cref="Restart"/>.
/// </summary>
public sealed unsafe class RuntimeBinary : IDisposable
{
    private const int PagemapChunk = 512; // Pages read with one call.
    private const int ReadWrite = 3; // PROT_READ | PROT_WRITE
    private const nuint HeadersAddress = 3, HeaderCount = 5, PageSize = 6; // AT_PHDR, AT_PHNUM, AT_PAGESZ: getauxval(3)

    private readonly Descriptor _file;
    private readonly Descriptor _mount;

    private RuntimeBinary(int file, int mount, FixedBuffer title)
    {
        _file = new Descriptor(file);
        _mount = new Descriptor(mount);
        Title = title;
    }

    /// <summary>The file on the read-only mount, or the sealed copy.</summary>
    public int Number => _file.Number;

    /// <summary>The read-only mount, or -1. The last close waits for an RCU grace period (0.1 ms).</summary>
    public int MountNumber => _mount.Number;

    /// <summary>What ps shows until the program is executed.</summary>
    public FixedBuffer Title { get; }

    /// <summary>How far this process has released the file; the new process does the rest.</summary>
    public BinaryState State { get; private set; }

    /// <summary>Opens the file on a read-only mount or a sealed copy, and switches to it if the kernel allows that.</summary>
    /// <param name="isInitAlone">
    /// Whether no other process can see the new process before its first steps. It then switches itself, while this process does other
    /// work.
    /// </param>
    /// <param name="binary">Dispose it, also after a failure; null where nothing was opened.</param>
    public static Errno Leave(bool isInitAlone, out RuntimeBinary? binary)
    {
        binary = null;
        Errno errno = Open(out int file, out int mount, out bool isOwn);
        if (errno != Errno.None)
        {
            return errno;
        }

        ReadOnlySpan<byte> text = "punnet: init\0"u8;
        FixedBuffer title = new(text.Length);
        text.CopyTo(title.Span);
        binary = new RuntimeBinary(file, mount, title);
        if (isInitAlone && mount >= 0)
        {
            return Errno.None;
        }

        if (isOwn)
        {
            // Nothing to leave.
            SetExecutable(-1, title);
            binary.State = BinaryState.Left;
            return Errno.None;
        }

        errno = RemapTo(file);
        if (errno == Errno.None)
        {
            binary.State = SetExecutable(file, title) == Errno.None ? BinaryState.Left : BinaryState.Unmapped;
        }

        return errno;
    }

    /// <summary>
    /// Replaces every mapping of punnet's file by <paramref name="file"/>, which needs no privilege. Only then can the kernel release the
    /// file: <see cref="SetExecutable"/>. Allocates nothing. After a failure some mappings are replaced, by the same bytes.
    /// </summary>
    /// <param name="file">The same bytes.</param>
    public static Errno RemapTo(int file)
    {
        nuint address = getauxval(HeadersAddress), pageSize = getauxval(PageSize);
        ReadOnlySpan<ProgramHeader> headers = new((void*)address, (int)getauxval(HeaderCount));
        Span<ProgramSegment> segments = stackalloc ProgramSegment[ProgramSegments.Most];
        int count = ProgramSegments.Plan(headers, address, pageSize, segments);
        if (count == 0)
        {
            return Errno.ENOEXEC;
        }

        // If it cannot be read, every page counts as written.
        Sys.Openat(Sys.WorkingDirectory, "/proc/self/pagemap\0"u8, OpenFlags.ReadOnly, 0, out int pagemap);
        Errno errno = Errno.None;
        for (int i = 0; i < count && errno == Errno.None; i++)
        {
            ProgramSegment segment = segments[i];
            errno = segment.IsCode ? MapOver(segment, file) : MapAgain(segment, file, pagemap, pageSize);
        }

        Sys.Close(pagemap);
        return errno;
    }

    /// <summary>
    /// Tells the kernel that <paramref name="file"/> is this process's executable: /proc/self/exe. It uses PR_SET_MM_MAP, the one form of
    /// PR_SET_MM that root of a user namespace may use (PR_SET_MM_EXE_FILE needs the host's CAP_SYS_RESOURCE); EPERM for a process that is
    /// root in no namespace. The addresses only show in /proc/PID/stat, and only until exec.
    /// </summary>
    /// <param name="file">What <see cref="RemapTo"/> was given; -1 keeps the executable, which needs no privilege.</param>
    /// <param name="title">What /proc/PID/cmdline shows from now on, with NUL.</param>
    public static Errno SetExecutable(int file, FixedBuffer title)
    {
        nuint heapEnd = Sys.HeapEnd();
        Sys.MemoryMap map = new() { HeapStart = heapEnd, HeapEnd = heapEnd, Executable = file };
        nuint stack = (nuint)(&map);
        map.CodeStart = map.DataStart = getauxval(HeadersAddress); // any address of the program
        map.CodeEnd = map.DataEnd = map.CodeStart + 1;
        map.StackStart = map.EnvironmentStart = map.EnvironmentEnd = stack;
        map.ArgumentsStart = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(title.Span));
        map.ArgumentsEnd = map.ArgumentsStart + (nuint)title.Span.Length;
        return Sys.SetMemoryMap(&map);
    }

    /// <summary>Whether punnet runs from a memfd that is sealed against writing.</summary>
    public static bool IsSealedCopy()
    {
        Errno errno = Sys.Openat(Sys.WorkingDirectory, "/proc/self/exe\0"u8, OpenFlags.ReadOnly, 0, out int file);
        bool isSealed = errno == Errno.None && Sys.IsSealed(file);
        Sys.Close(file);
        return isSealed;
    }

    /// <summary>Executes a sealed copy of punnet; returns only on failure.</summary>
    /// <param name="args">argv.</param>
    /// <param name="env">Its environment.</param>
    public static Errno Restart(ArgumentBlock args, ArgumentBlock env)
    {
        Errno errno = Copy(out int copy, out _);
        if (errno == Errno.None)
        {
            Sys.UnblockSignals();
            Span<byte> buffer = stackalloc byte[Sys.DescriptorPathSize];
            errno = Sys.Execve(Sys.DescriptorPath(copy, buffer), args, env);
            Sys.Close(copy);
        }

        return errno;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _mount.Dispose();
    }

    // Opens the file on a detached read-only mount or, without the privilege to make one (rootless), a sealed copy. Both are close-on-exec.
    private static Errno Open(out int file, out int mount, out bool isOwn)
    {
        file = -1;
        isOwn = false;
        Errno errno = Sys.OpenTreeClone(Sys.WorkingDirectory, "/proc/self/exe\0"u8, recursive: false, out mount);
        if (errno == Errno.None)
        {
            errno = Sys.MountSetattr(mount, new MountAttributeChange { Set = MountAttributes.ReadOnly }, recursive: false);
            errno = errno == Errno.None ? Sys.Reopen(mount, OpenFlags.ReadOnly, out file) : errno;
        }

        if (errno != Errno.None)
        {
            // The privilege is missing, a filter refuses the call, or punnet runs from a memfd, whose mount cannot be cloned (EINVAL).
            Sys.Close(mount);
            mount = -1;
            return Copy(out file, out isOwn);
        }

        return errno;
    }

    // A sealed copy of punnet's own file, read-only and close-on-exec; the one that punnet runs from, if it does.
    private static Errno Copy(out int copy, out bool isOwn)
    {
        copy = -1;
        isOwn = false;
        Errno errno = Sys.Openat(Sys.WorkingDirectory, "/proc/self/exe\0"u8, OpenFlags.ReadOnly, 0, out int file);
        if (errno != Errno.None)
        {
            return errno;
        }

        isOwn = Sys.IsSealed(file);
        if (isOwn)
        {
            copy = file;
            return Errno.None;
        }

        errno = Sys.MemfdCreate("punnet\0"u8, sealable: true, out int writable);
        errno = errno == Errno.None ? Sys.Sendfile(file, writable) : errno;
        errno = errno == Errno.None ? Sys.AddSeals(writable) : errno;

        // Reopened read-only: the kernel does not execute a file that is open for writing (ETXTBSY).
        errno = errno == Errno.None ? Sys.Reopen(writable, OpenFlags.ReadOnly, out copy) : errno;
        Sys.Close(file);
        Sys.Close(writable);
        return errno;
    }

    private static Errno MapOver(ProgramSegment segment, int file) =>
        Sys.MapOver(segment.Start, (nint)(segment.End - segment.Start), segment.Protection, file, segment.Offset);

    // Written pages differ from the file: most of the data, and the page with the .NET runtime's stack-guard cookie, which would have a
    // known value if it were mapped from the file. They are copied into a second mapping of the whole segment, which then replaces the
    // first in one call: the data is never missing, and the code here needs it too. One mapping per segment is also the least work for
    // clone, execve and exit.
    private static Errno MapAgain(ProgramSegment segment, int file, int pagemap, nuint pageSize)
    {
        nint length = (nint)(segment.End - segment.Start);
        nint copy = 0;
        Errno errno = Errno.None;
        ulong* states = stackalloc ulong[PagemapChunk]; // pagemap: 64 bits per page
        bool isKnown = pagemap >= 0;
        for (nuint page = segment.Start; page < segment.End; page += pageSize)
        {
            int index = (int)((page - segment.Start) / pageSize % PagemapChunk);
            if (index == 0 && isKnown)
            {
                nint chunk = (nint)nuint.Min((segment.End - page) / pageSize, PagemapChunk);
                isKnown = Sys.ReadPageStates(pagemap, page / pageSize, states, chunk) == Errno.None;
            }

            const ulong IsPresent = 1UL << 63, IsSwapped = 1UL << 62, IsFile = 1UL << 61;
            if (isKnown && ((states[index] & (IsPresent | IsSwapped)) == 0 || (states[index] & IsFile) != 0))
            {
                continue;
            }

            errno = copy == 0 ? Sys.Map(length, ReadWrite, file, segment.Offset, out copy) : errno;
            if (errno != Errno.None)
            {
                return errno;
            }

            void* to = (void*)((nuint)copy + (page - segment.Start));
            new ReadOnlySpan<byte>((void*)page, (int)pageSize).CopyTo(new Span<byte>(to, (int)pageSize));
        }

        if (copy == 0)
        {
            return MapOver(segment, file);
        }

        errno = segment.Protection != ReadWrite ? Sys.Protect(copy, length, segment.Protection) : errno;
        errno = errno == Errno.None ? Sys.MoveOver(copy, length, segment.Start) : errno;
        if (errno != Errno.None)
        {
            Sys.Unmap(copy, length);
        }

        return errno;
    }

    [DllImport("libc.so.6")]
    private static extern nuint getauxval(nuint type);
}
