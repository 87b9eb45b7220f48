using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Punnet.Abi;

namespace Punnet.Kernel;

// CVE-2019-5736: whoever can follow /proc/PID/exe of a process that is still punnet (or make it execute /proc/self/exe) holds a
// reference to the host's file, and can write it once it no longer runs. Others execute a sealed copy of themselves, which costs a
// second start (0.8 ms). punnet instead moves itself off the file before a container can see it: it maps the same pages through a
// read-only mount that exists nowhere else, and tells the kernel that this is its executable. What a container can reach is then on a
// read-only mount for ever. Measured: 0.25 ms.
public static unsafe partial class Sys
{
    [DllImport("libc.so.6")]
    private static extern nuint getauxval(nuint type);

    /// <summary>
    /// Opens punnet's own file through a detached read-only mount; without the right to make one (rootless), a sealed copy in
    /// memory. Both are close-on-exec.
    /// </summary>
    /// <param name="image">The file, for <see cref="LeaveOwnFile"/>.</param>
    /// <param name="mount">Keeps the mount alive until the clone, or -1. Closing it last costs a grace period of the kernel (0.1 ms).</param>
    public static Errno OpenOwnImage(out int image, out int mount)
    {
        image = -1;
        Errno errno = CloneMount(WorkingDirectory, "/proc/self/exe\0"u8, recursive: false, out mount);
        if (errno == Errno.None)
        {
            errno = ChangeMount(mount, new MountAttributeChange { Set = MountAttributes.ReadOnly }, recursive: false);
            errno = errno == Errno.None ? Reopen(mount, OpenFlags.ReadOnly, out image) : errno;
        }

        // EINVAL: punnet already runs from memory, which is no mount that could be cloned. Else the right is missing, or a filter refuses it.
        if (errno == Errno.EINVAL || errno.IsOfFilter())
        {
            Close(mount);
            mount = -1;
            return CopyOwnImage(out image);
        }

        return errno;
    }

    /// <summary>Opens again what a descriptor refers to, with other flags, through /proc/self/fd.</summary>
    public static Errno Reopen(int descriptor, OpenFlags flags, out int opened)
    {
        Span<byte> path = stackalloc byte[32];
        FormatDescriptorPath(descriptor, path);
        return OpenAt(WorkingDirectory, path, flags, 0, out opened);
    }

    /// <summary>
    /// Whether the kernel has PR_SET_MM_MAP (CONFIG_CHECKPOINT_RESTORE): without it only the host's CAP_SYS_RESOURCE can move a process off
    /// its file, and who lacks that is to execute a sealed copy.
    /// </summary>
    public static bool KnowsMemoryMap()
    {
        const int Size = 15; // PR_SET_MM_MAP_SIZE
        uint size = 0;
        return Call(SyscallNumber.Prctl, (nint)ProcessControl.SetMemoryMap, Size, (nint)(&size), 0, 0) == Errno.None;
    }

    /// <summary>Whether a file is one in memory that nobody can write any more, fcntl(2) F_GET_SEALS: punnet runs from a sealed copy.</summary>
    public static bool IsSealed(int file)
    {
        const int GetSeals = 1034, SealWrite = 8;
        return Call(SyscallNumber.Fcntl, out long seals, file, GetSeals) == Errno.None && (seals & SealWrite) != 0;
    }

    /// <summary>A sealed copy of punnet's own file in memory; the one that it runs from, where it does.</summary>
    /// <param name="image">The copy, read-only and close-on-exec.</param>
    public static Errno CopyOwnImage(out int image)
    {
        if (OpenAt(WorkingDirectory, "/proc/self/exe\0"u8, OpenFlags.ReadOnly, 0, out image) == Errno.None && IsSealed(image))
        {
            return Errno.None;
        }

        Close(image);
        Errno errno = MakeMemoryFile("punnet\0"u8, sealable: true, out image);
        if (errno != Errno.None)
        {
            return errno;
        }

        errno = OpenAt(WorkingDirectory, "/proc/self/exe\0"u8, OpenFlags.ReadOnly, 0, out int file);
        if (errno != Errno.None)
        {
            return errno;
        }

        errno = CopyContent(file, image);
        Close(file);
        if (errno != Errno.None)
        {
            return errno;
        }

        errno = Seal(image);
        if (errno != Errno.None)
        {
            return errno;
        }

        // Read-only from here: a writable descriptor of an executable image makes the kernel refuse it (ETXTBSY).
        int writable = image;
        errno = Reopen(writable, OpenFlags.ReadOnly, out image);
        Close(writable);
        return errno;
    }

    /// <summary>
    /// Replaces every mapping of punnet's file by <paramref name="image"/>, which everybody may do. Only then the kernel lets the file go:
    /// <see cref="SetOwnFile"/>.
    /// </summary>
    /// <param name="image">From <see cref="OpenOwnImage"/>; the same bytes.</param>
    public static Errno LeaveOwnFile(int image)
    {
        const uint LoadSegment = 1, ProgramHeaders = 6, RelocatedReadOnly = 0x6474e552;
        const nuint HeadersAddress = 3, HeaderCount = 5; // AT_PHDR, AT_PHNUM
        ProgramHeader* headers = (ProgramHeader*)getauxval(HeadersAddress);
        int count = (int)getauxval(HeaderCount);
        nuint start = 0, relroStart = 0, relroEnd = 0;
        for (int i = 0; i < count; i++)
        {
            if (headers[i].Type == ProgramHeaders)
            {
                start = (nuint)headers - headers[i].Address;
            }
        }

        for (int i = 0; i < count; i++)
        {
            if (headers[i].Type == RelocatedReadOnly)
            {
                relroStart = PageFloor(start + headers[i].Address);
                relroEnd = PageFloor(start + headers[i].Address + headers[i].MemorySize);
            }
        }

        Errno errno = OpenAt(WorkingDirectory, "/proc/self/pagemap\0"u8, OpenFlags.ReadOnly, 0, out int pagemap);
        for (int i = 0; i < count && errno == Errno.None; i++)
        {
            if (headers[i].Type != LoadSegment || headers[i].FileSize == 0)
            {
                continue;
            }

            nuint from = PageFloor(start + headers[i].Address);
            nuint to = PageFloor(start + headers[i].Address + headers[i].FileSize + PageSize - 1);
            bool isWritable = (headers[i].Flags & 2) != 0 && !(from >= relroStart && to <= relroEnd); // PF_W
            int protection = 1 | (isWritable ? 2 : 0) | ((headers[i].Flags & 1) != 0 ? 4 : 0); // PROT_READ, _WRITE, _EXEC; PF_X
            nuint offset = PageFloor(headers[i].Offset);

            // Code is never written.
            errno = (protection & 4) != 0 ? MapRange(from, to, protection, image, offset) : MapAgain(from, to, protection, image, offset, pagemap);
        }

        Close(pagemap);
        return errno;
    }

    private const nuint PageSize = 4096;
    private const int PagemapChunk = 512; // pages looked at with one call

    private static nuint PageFloor(nuint address) => address & ~(PageSize - 1);

    // What was written differs from the file: most of the data, and of the read-only pages the one with the .NET runtime's stack-guard
    // cookie, which mapped from the file would be a cookie that everybody knows. The written pages are copied into a second mapping of the
    // whole segment, which then takes the place in one call: no moment without the data, which the code that runs here needs too. One
    // mapping a segment is also what the clone, execve and the end have the least work with.
    private static Errno MapAgain(nuint from, nuint to, int protection, int image, nuint offset, int pagemap)
    {
        const int ReadWrite = 3; // PROT_READ | PROT_WRITE
        nint length = (nint)(to - from);
        Errno errno = Call(SyscallNumber.Mmap, out long copy, 0, length, ReadWrite, 2, image, (nint)offset); // MAP_PRIVATE
        ulong* states = stackalloc ulong[PagemapChunk]; // pagemap: 64 bits a page
        for (nuint page = from; page < to && errno == Errno.None; page += PageSize)
        {
            int index = (int)((page - from) / PageSize % PagemapChunk);
            if (index == 0)
            {
                nint chunk = (nint)nuint.Min((to - page) / PageSize, PagemapChunk);
                errno = Call(SyscallNumber.Pread64, pagemap, (nint)states, chunk * sizeof(ulong), (nint)(page / PageSize * sizeof(ulong)));
            }

            const ulong IsPresent = 1UL << 63, IsSwapped = 1UL << 62, IsFile = 1UL << 61;
            if (errno == Errno.None && (states[index] & (IsPresent | IsSwapped)) != 0 && (states[index] & IsFile) == 0)
            {
                new ReadOnlySpan<byte>((void*)page, (int)PageSize).CopyTo(new Span<byte>((void*)((nuint)copy + (page - from)), (int)PageSize));
            }
        }

        if (errno == Errno.None && protection != ReadWrite)
        {
            errno = Call(SyscallNumber.Mprotect, (nint)copy, length, protection);
        }

        return errno != Errno.None
            ? errno
            : Call(SyscallNumber.Mremap, out _, (nint)copy, length, length, 3, (nint)from); // MREMAP_MAYMOVE | MREMAP_FIXED
    }

    private static Errno MapRange(nuint from, nuint to, int protection, int image, nuint offset) =>
        Call(SyscallNumber.Mmap, out _, (nint)from, (nint)(to - from), protection, 0x12, image, (nint)offset); // MAP_PRIVATE | MAP_FIXED

    /// <summary>
    /// Tells the kernel that <paramref name="image"/> is this process's executable: /proc/self/exe. By PR_SET_MM_MAP, the one form of
    /// PR_SET_MM that a user namespace's root may use (PR_SET_MM_EXE_FILE wants the host's CAP_SYS_RESOURCE); EPERM to those who are root
    /// nowhere. The addresses only matter to those who read /proc/PID/stat, and only until exec.
    /// </summary>
    /// <param name="image">From <see cref="OpenOwnImage"/>, after <see cref="LeaveOwnFile"/>.</param>
    /// <param name="title">What /proc/PID/cmdline shows from now on, with NUL.</param>
    public static Errno SetOwnFile(int image, FixedBuffer title)
    {
        const int SetMap = 14;
        const int SetFile = 13;
        Call(SyscallNumber.Brk, out long heapEnd, 0);
        MemoryMap map = new() { HeapStart = (nuint)heapEnd, HeapEnd = (nuint)heapEnd, Executable = image };
        nuint stack = (nuint)(&map);
        map.CodeStart = map.DataStart = PageFloor(getauxval(3)); // AT_PHDR: any address of the program
        map.CodeEnd = map.DataEnd = map.CodeStart + PageSize;
        map.StackStart = map.EnvironmentStart = map.EnvironmentEnd = stack;
        map.ArgumentsStart = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(title.Span));
        map.ArgumentsEnd = map.ArgumentsStart + (nuint)title.Span.Length;
        Errno errno = Call(SyscallNumber.Prctl, (nint)ProcessControl.SetMemoryMap, SetMap, (nint)(&map), sizeof(MemoryMap), 0);

        // A kernel without CONFIG_CHECKPOINT_RESTORE has only the older form.
        return errno == Errno.EINVAL ? Call(SyscallNumber.Prctl, (nint)ProcessControl.SetMemoryMap, SetFile, image, 0, 0) : errno;
    }

    // Elf64_Phdr, elf(5).
    private struct ProgramHeader
    {
#pragma warning disable CS0649 // Only read, from where the kernel put it.
        public uint Type;
        public uint Flags;
        public nuint Offset;
        public nuint Address;
        public nuint PhysicalAddress;
        public nuint FileSize;
        public nuint MemorySize;
        public nuint Alignment;
#pragma warning restore CS0649
    }

    // struct prctl_mm_map of linux/prctl.h.
    private struct MemoryMap
    {
        public nuint CodeStart;
        public nuint CodeEnd;
        public nuint DataStart;
        public nuint DataEnd;
        public nuint HeapStart;
        public nuint HeapEnd;
        public nuint StackStart;
        public nuint ArgumentsStart;
        public nuint ArgumentsEnd;
        public nuint EnvironmentStart;
        public nuint EnvironmentEnd;
#pragma warning disable CS0649 // No auxiliary vector is given.
        public nuint AuxiliaryVector;
        public uint AuxiliaryVectorSize;
#pragma warning restore CS0649
        public int Executable;
    }
}
