using System.Runtime;
using System.Runtime.CompilerServices;
using Punnet.Abi;

namespace Punnet.Startup;

/// <summary>
/// Answers that the .NET runtime would look up at startup: 0.4 ms a command, most of it for a collector that hardly ever runs. The linker
/// replaces the runtime's functions by these (--wrap in Startup.targets). They are called before the runtime is initialized, some also by
/// the collector while it stops every thread: they allocate nothing, throw nothing, have no static data that needs initialization, and call
/// C only as <see cref="RuntimeImportAttribute"/> does.
/// </summary>
internal static unsafe class RuntimeOverrides
{
    // The default of Linux for the first thread; used when the limit is unlimited. No command needs that much.
    private const nint DefaultStack = 8 << 20;

    // Bytes that are enough for every command.
    private const nint SmallestStack = 256 << 10;

    // Arguments and environment are between the first frame and the end of the stack: at most so much, execve(2).
    private const nint AboveFirstFrame = 6 << 20;

    // For 8192 processors, the maximum of CONFIG_NR_CPUS.
    private const int LargestMask = 1024;

    // Bytes: includes the first regions of all generations.
    private const nuint OpenHeap = 4 << 20;

    private const nuint HugePage = 2 << 20;

    // Bytes of address space that everything except the heap takes, including the copy of punnet's own file in the new process.
    private const nint Elsewhere = 16 << 20;

    // Bytes of heap: enough for a command, and for the largest regions of the collector.
    private const nint SmallestHeap = 16 << 20;

    private const int SegmentationFault = 11;

    // mmap(2), madvise(2).
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;
    private const int DontNeed = 4;
    private const int NoHugePages = 15;

    // The lowest address of the stack of the first thread; null once it was returned.
    private static byte* s_stackEnd;

    // The part of the heap whose memory must still be requested.
    private static byte* s_closed;
    private static byte* s_closedEnd;

    // Bare calls: the transition of a normal P/Invoke would wait for the collection that is calling.
    [RuntimeImport("getrlimit")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern int getrlimit(int resource, nint* limits);

    [RuntimeImport("syscall")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern nint syscall(nint number, nint process, nint size, byte* mask);

    [RuntimeImport("mmap")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern byte* mmap(void* address, nuint size, int protection, int flags, int descriptor, nint offset);

    [RuntimeImport("mprotect")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern int mprotect(void* address, nuint size, int protection);

    [RuntimeImport("madvise")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern int madvise(void* address, nuint size, int advice);

    [RuntimeImport("signal")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void* signal(int number, delegate*<int, void> handler);

    [RuntimeImport("write")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern nint write(int descriptor, byte* text, nuint length);

    // The replaced functions, by the names that --wrap gives them.
    [RuntimeImport("__real_main")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern int RuntimeMain(int count, byte** arguments);

    [RuntimeImport("__real__ZN15GCToEEInterface17GetIntConfigValueEPKcS1_Pl")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern byte BuiltInNumber(byte* key, byte* publicKey, long* value);

    [RuntimeImport("__real__Z24PalGetMaximumStackBoundsPPvS0_")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern byte SearchStackBounds(byte** low, byte** high);

    /// <summary>
    /// The program's entry point. Program.Main does not return: if the runtime returns, it could not start, and has printed nothing.
    /// </summary>
    [RuntimeExport("__wrap_main")]
    private static int Start(int count, byte** arguments)
    {
        nint* limit = stackalloc nint[2];
        byte* here = (byte*)limit;

        // The default also replaces an unlimited stack (-1), and one that would reach below address 0.
        bool isLimited = getrlimit((int)ResourceLimit.Stack, limit) == 0 && limit[0] > 0 && limit[0] < (nint)here;
        s_stackEnd = isLimited && limit[0] < SmallestStack ? ExtendStack(here) : here - (isLimited ? limit[0] : DefaultStack);
        _ = signal(SegmentationFault, &Fault);
        _ = RuntimeMain(count, arguments);
        GiveUp();
        return 1;
    }

    // Without what the runtime does at an exit, which aborts where it is only half there.
    private static void GiveUp()
    {
        System.ReadOnlySpan<byte> sentence = "punnet: cannot start: too little memory is allowed (ulimit -v, ulimit -d)\n"u8;
        fixed (byte* text = sentence)
        {
            _ = write(2, text, (nuint)sentence.Length);
        }

        _ = syscall((nint)SyscallNumber.ExitGroup, 1, 0, null);
    }

    /// <summary>
    /// The runtime does not check every memory that it requests at startup. Its own handler passes on what is no fault of managed code.
    /// </summary>
    private static void Fault(int number)
    {
        if (s_stackEnd != null)
        {
            GiveUp();
        }

        _ = signal(number, null); // SIG_DFL, for when the instruction is repeated.
    }

    // The kernel lets a stack grow up to RLIMIT_STACK, which can be a single page, and kills a process that exceeds it. But ordinary memory
    // can be mapped below the stack; and the limit stays as it is for the container.
    private static byte* ExtendStack(byte* here)
    {
        const int Page = 4096, FixedNoReplace = 0x100000, MostPages = 64;
        byte* end = (byte*)((nuint)here & ~(nuint)(Page - 1));
        for (int i = 0; i < MostPages; i++, end -= Page)
        {
            byte* low = end - SmallestStack;
            if (mmap(low, (nuint)SmallestStack, ReadWrite, PrivateAnonymous | FixedNoReplace, -1, 0) == low)
            {
                return low;
            }
        }

        return end;
    }

    /// <summary>
    /// A numeric setting of the collector, from Punnet.csproj. It reserves 256 MB of addresses for the heap: less under RLIMIT_AS, and few
    /// under RLIMIT_DATA, where its tables for them would be too large.
    /// </summary>
    /// <returns>Whether it is set.</returns>
    [RuntimeExport("__wrap__ZN15GCToEEInterface17GetIntConfigValueEPKcS1_Pl")]
    private static bool Number(byte* key, byte* publicKey, long* value)
    {
        if (BuiltInNumber(key, publicKey, value) == 0)
        {
            return false;
        }

        // GCRegionRange: no other setting has these letters there.
        if (key[2] == (byte)'R' && key[8] == (byte)'R')
        {
            nint data = Limit(ResourceLimit.Data), space = Limit(ResourceLimit.AddressSpace);
            *value = data < Elsewhere ? SmallestHeap : *value;
            while (*value > SmallestHeap && *value > space - Elsewhere)
            {
                *value /= 2;
            }
        }

        return true;
    }

    private static nint Limit(ResourceLimit resource)
    {
        nint* limit = stackalloc nint[2];
        return getrlimit((int)resource, limit) == 0 && limit[0] >= 0 ? limit[0] : nint.MaxValue;
    }

    /// <summary>
    /// The memory limit of punnet's own cgroup: reading it costs 0.17 ms, more on a host with many mounts, which are all read.
    /// </summary>
    [RuntimeExport("__wrap__Z16InitializeCGroupv")]
    private static void MemoryOfCgroup()
    {
    }

    /// <summary>Its CPU limit.</summary>
    [RuntimeExport("__wrap__Z19InitializeCpuCGroupv")]
    private static void ProcessorsOfCgroup()
    {
    }

    /// <summary>The finalizer thread: it costs 0.05 ms and a stack, and would be the only second thread when punnet clones.</summary>
    /// <returns>Whether it runs. Nothing here waits for a finalizer.</returns>
    [RuntimeExport("__wrap__Z23PalStartFinalizerThreadPFjPvES_")]
    private static bool Finalizers(void* function, void* context) => true;

    /// <summary>The NUMA nodes for the memory of the collector: 0.02 ms.</summary>
    [RuntimeExport("__wrap__Z21NUMASupportInitializev")]
    private static void MemoryNodes()
    {
    }

    /// <summary>How much memory is in use, bytes.</summary>
    /// <returns>Whether it is known.</returns>
    [RuntimeExport("__wrap__Z21GetPhysicalMemoryUsedPm")]
    private static bool MemoryInUse(nuint* bytes) => false;

    /// <summary>A DOTNET_… variable: those of the caller are not meant for punnet, and some would end it.</summary>
    /// <returns>The length of its value; 0 means that there is none.</returns>
    [RuntimeExport("__wrap__Z25PalGetEnvironmentVariablePKcPcj")]
    private static uint Variable(byte* name, byte* value, uint size) => 0;

    /// <summary>
    /// The bounds of the calling thread's stack. They must include all of its frames and nothing of the heap: the collector does not take
    /// an address between them for an object. For the first thread pthread_getattr_np(3), which the runtime would call, reads all of
    /// /proc/self/maps: 0.045 ms. Next to its stack nothing is mapped. Next to another thread's anything can be, so pthread_getattr_np(3)
    /// is called.
    /// </summary>
    /// <returns>Whether they are known.</returns>
    [RuntimeExport("__wrap__Z24PalGetMaximumStackBoundsPPvS0_")]
    private static bool StackBounds(byte** low, byte** high)
    {
        byte* end = s_stackEnd;
        if (end == null)
        {
            return SearchStackBounds(low, high) != 0;
        }

        s_stackEnd = null; // The first thread calls first, and once.
        *low = end;
        *high = (byte*)&end + AboveFirstFrame;
        return true;
    }

    /// <summary>
    /// An upper bound of the processor numbers, from the size of the kernel's masks. The runtime would parse a file of sysfs, twice: 0.02
    /// ms, and the part of libc that does it.
    /// </summary>
    [RuntimeExport("__wrap_minipal_get_cpu_max_possible_count")]
    [SkipLocalsInit]
    private static int Processors()
    {
        byte* mask = stackalloc byte[LargestMask];
        nint size = syscall((nint)SyscallNumber.SchedGetaffinity, 0, LargestMask, mask);
        return 8 * (size > 0 ? (int)size : LargestMask);
    }

    /// <summary>
    /// What the processor has beyond the least of its architecture. On x86-64 it is asked by 8 CPUIDs, each of which traps to the host of a
    /// virtual machine: 0.1 ms a command. The short texts of a command gain nothing by wider vectors.
    /// </summary>
    /// <returns>A bit for each set of instructions.</returns>
    [RuntimeExport("__wrap_minipal_getcpufeatures")]
    private static int MoreInstructions() => 0;

    /// <summary>
    /// Reserves addresses for the collector, which would then request their memory a few pages at a time: 28 system calls and 17 mappings,
    /// which clone and exit pay for again, 0.07 ms a command. Here all of it is usable at once, and of the heap the beginning.
    /// </summary>
    /// <param name="size">Bytes.</param>
    /// <param name="alignment">Bytes, a power of two; 0 for that of a page.</param>
    /// <param name="flags">Flags of the collector; none has a meaning on Linux.</param>
    /// <param name="node">The NUMA node: there is only one, see <see cref="MemoryNodes"/>.</param>
    /// <returns>The first address; null when there is no room.</returns>
    [RuntimeExport("__wrap__ZN15GCToOSInterface14VirtualReserveEmmjt")]
    private static byte* Reserve(nuint size, nuint alignment, uint flags, ushort node)
    {
        bool isHeap = size > OpenHeap && s_closedEnd == null;
        byte* start = mmap(null, size + alignment, isHeap ? 0 : ReadWrite, PrivateAnonymous, -1, 0);
        if (start == (byte*)-1)
        {
            return null;
        }

        // The unaligned ends cost nothing; unmapping them would take two calls.
        byte* aligned = alignment == 0 ? start : (byte*)(((nuint)start + alignment - 1) & ~(alignment - 1));
        if (size >= HugePage)
        {
            // A host may enable transparent huge pages for all: one is twenty times what a command uses.
            _ = madvise(aligned, size, NoHugePages);
        }

        if (isHeap)
        {
            bool isOpen = mprotect(aligned, OpenHeap, ReadWrite) == 0;
            s_closed = isOpen ? aligned + OpenHeap : aligned;
            s_closedEnd = aligned + size;
        }

        return aligned;
    }

    /// <summary>Makes a part of it usable.</summary>
    /// <returns>Whether there is enough memory.</returns>
    [RuntimeExport("__wrap__ZN15GCToOSInterface13VirtualCommitEPvmt")]
    private static bool Commit(byte* start, nuint size, ushort node) =>
        start + size <= s_closed || start >= s_closedEnd || mprotect(start, size, ReadWrite) == 0;

    /// <summary>Releases the memory of a part; it is zero when used again.</summary>
    /// <returns>Whether it was done.</returns>
    [RuntimeExport("__wrap__ZN15GCToOSInterface15VirtualDecommitEPvm")]
    private static bool Decommit(byte* start, nuint size) => madvise(start, size, DontNeed) == 0;
}
