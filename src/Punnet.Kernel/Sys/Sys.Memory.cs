using Punnet.Abi;
using static Tmds.Linux.LibC;

namespace Punnet.Kernel;

public static unsafe partial class Sys
{
    private const int FlagSize = 4096; // One page.

    /// <summary>mmap(2), MAP_PRIVATE: maps part of a file at an address that the kernel chooses.</summary>
    internal static Errno Map(nint length, int protection, int file, nuint offset, out nint address)
    {
        Errno errno = Call(SyscallNumber.Mmap, out long result, 0, length, protection, MAP_PRIVATE, file, (nint)offset);
        address = (nint)result;
        return errno;
    }

    /// <summary>mmap(2), MAP_PRIVATE | MAP_FIXED: replaces what is mapped there.</summary>
    internal static Errno MapOver(nuint address, nint length, int protection, int file, nuint offset) =>
        Call(SyscallNumber.Mmap, (nint)address, length, protection, MAP_PRIVATE | MAP_FIXED, file, (nint)offset);

    /// <summary>mremap(2), MREMAP_MAYMOVE | MREMAP_FIXED: moves a mapping over another.</summary>
    internal static Errno MoveOver(nint from, nint length, nuint to) =>
        Call(SyscallNumber.Mremap, from, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, (nint)to);

    /// <summary>mprotect(2).</summary>
    internal static Errno Protect(nint address, nint length, int protection) => Call(SyscallNumber.Mprotect, address, length, protection);

    /// <summary>munmap(2).</summary>
    internal static Errno Unmap(nint address, nint length) => Call(SyscallNumber.Munmap, address, length);

    /// <summary>mmap(2) of memory that a clone shares (MAP_SHARED | MAP_ANONYMOUS).</summary>
    public static Errno MmapSharedFlag(out SharedFlag flag)
    {
        Errno errno = Call(SyscallNumber.Mmap, out long place, 0, FlagSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        flag = new SharedFlag(errno == Errno.None ? (int*)place : null);
        return errno;
    }

    /// <summary>mmap(2), MAP_SHARED: of a file from its beginning, or of memory (-1).</summary>
    internal static Errno MmapShared(int file, nint length, out nint address)
    {
        int flags = MAP_SHARED | (file < 0 ? MAP_ANONYMOUS : 0);
        Errno errno = Call(SyscallNumber.Mmap, out long place, 0, length, PROT_READ | PROT_WRITE, flags, file, 0);
        address = errno == Errno.None ? (nint)place : 0;
        return errno;
    }

    /// <summary>madvise(2) MADV_DONTFORK: clones do not inherit it.</summary>
    public static Errno MadviseDontfork(SharedFlag flag) => Call(SyscallNumber.Madvise, flag.Address, FlagSize, MADV_DONTFORK);

    /// <summary>pread(2) of /proc/PID/pagemap: the states of pages.</summary>
    internal static Errno ReadPageStates(int pagemap, nuint firstPage, ulong* states, nint count) =>
        Call(SyscallNumber.Pread64, pagemap, (nint)states, count * sizeof(ulong), (nint)(firstPage * sizeof(ulong)));

    /// <summary>brk(2) without a change: the program break.</summary>
    internal static nuint HeapEnd()
    {
        Call(SyscallNumber.Brk, out long end, 0);
        return (nuint)end;
    }

    /// <summary>
    /// Whether the kernel has PR_SET_MM_MAP (CONFIG_CHECKPOINT_RESTORE): without it only the host's CAP_SYS_RESOURCE can change the
    /// executable, and a process that lacks it has to execute a sealed copy.
    /// </summary>
    public static bool KnowsMemoryMap()
    {
        const int Size = 15; // PR_SET_MM_MAP_SIZE
        uint size = 0;
        return Call(SyscallNumber.Prctl, (nint)ProcessControl.SetMemoryMap, Size, (nint)(&size), 0, 0) == Errno.None;
    }

    /// <summary>prctl(2), PR_SET_MM_MAP; PR_SET_MM_EXE_FILE where the kernel only has that older form.</summary>
    internal static Errno SetMemoryMap(MemoryMap* map)
    {
        const int SetMap = 14, SetFile = 13; // PR_SET_MM_MAP, PR_SET_MM_EXE_FILE
        Errno errno = Call(SyscallNumber.Prctl, (nint)ProcessControl.SetMemoryMap, SetMap, (nint)map, sizeof(MemoryMap), 0);
        return errno == Errno.EINVAL && map->Executable >= 0
            ? Call(SyscallNumber.Prctl, (nint)ProcessControl.SetMemoryMap, SetFile, map->Executable, 0, 0)
            : errno;
    }

    // struct prctl_mm_map of linux/prctl.h.
    internal struct MemoryMap
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
