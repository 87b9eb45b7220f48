using System.Runtime;
using System.Runtime.CompilerServices;
using Punnet.Abi;

namespace Punnet.Startup;

/// <summary>
/// What the .NET runtime is told at its start, where it would look for it: 0.4 ms a command, most of it for a collector that hardly ever runs.
/// The linker puts these functions into the places of the runtime's own (--wrap in Startup.targets). They are called before the
/// runtime is there, some also by the collector while it stops every thread: they allocate nothing, throw nothing, have no static data that
/// would have to be set up, and call C only as <see cref="RuntimeImportAttribute"/> does.
/// </summary>
internal static unsafe class RuntimeOverrides
{
    // What Linux gives the first thread; taken when setrlimit(2) made it unlimited, and nobody goes that deep.
    private const nint DefaultStack = 8 << 20;

    // Bytes that every command gets along with.
    private const nint SmallestStack = 256 << 10;

    // Arguments and environment lie between the first frame and the end of the stack: execve(2) takes no more than this.
    private const nint AboveFirstFrame = 6 << 20;

    // For 8192 processors, the most that Linux can be built for.
    private const int LargestMask = 1024;

    // Bytes: the first regions of all generations are in there.
    private const nuint OpenHeap = 4 << 20;

    private const nuint HugePage = 2 << 20;

    // Bytes that everything but the heap takes of the address space, the copy of punnet's own file in the new process included.
    private const nint Elsewhere = 16 << 20;

    // Bytes of heap: what a command gets along with, and the largest regions of the collector still fit.
    private const nint SmallestHeap = 16 << 20;

    // mmap(2), madvise(2).
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;
    private const int DontNeed = 4;
    private const int NoHugePages = 15;

    // Below it the first thread has no stack; null as soon as somebody has asked for it.
    private static byte* s_stackEnd;

    // The part of the heap whose memory has to be asked for.
    private static byte* s_closed;
    private static byte* s_closedEnd;

    // Bare calls: what the runtime has around one to native code would wait for the collection that is asking.
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

    [RuntimeImport("write")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern nint write(int descriptor, byte* text, nuint length);

    // What these take the places of: --wrap's names for them.
    [RuntimeImport("__real_main")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern int RuntimeMain(int count, byte** arguments);

    [RuntimeImport("__real__ZN15GCToEEInterface17GetIntConfigValueEPKcS1_Pl")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern byte BuiltInNumber(byte* key, byte* publicKey, long* value);

    [RuntimeImport("__real__Z24PalGetMaximumStackBoundsPPvS0_")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern byte SearchStackBounds(byte** low, byte** high);

    /// <summary>The program's first function. Program.Main does not return: what comes back is a runtime that could not start, and has said nothing.</summary>
    [RuntimeExport("__wrap_main")]
    private static int Start(int count, byte** arguments)
    {
        nint* limit = stackalloc nint[2];
        byte* here = (byte*)limit;

        // The default is also for what is unlimited (-1) or would reach below the first address.
        bool isLimited = getrlimit((int)ResourceLimit.Stack, limit) == 0 && limit[0] > 0 && limit[0] < (nint)here;
        s_stackEnd = isLimited && limit[0] < SmallestStack ? ExtendStack(here) : here - (isLimited ? limit[0] : DefaultStack);
        _ = RuntimeMain(count, arguments);
        System.ReadOnlySpan<byte> sentence = "punnet: cannot start: too little memory is allowed (ulimit -v, ulimit -d)\n"u8;
        fixed (byte* text = sentence)
        {
            _ = write(2, text, (nuint)sentence.Length);
        }

        return 1;
    }

    // The kernel lets a stack grow no further than RLIMIT_STACK, down to a single page, and kills whoever goes on. But it may be put next to memory
    // that is no stack; and the limit stays what the container inherits.
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
    /// A number of the collector's settings in Punnet.csproj. Of the heap's addresses, 256 MB that are hardly ever used, it asks for no more
    /// than a limited address space (RLIMIT_AS) has, and for few where its tables of them would be too much (RLIMIT_DATA).
    /// </summary>
    /// <returns>Whether it is set.</returns>
    [RuntimeExport("__wrap__ZN15GCToEEInterface17GetIntConfigValueEPKcS1_Pl")]
    private static bool Number(byte* key, byte* publicKey, long* value)
    {
        if (BuiltInNumber(key, publicKey, value) == 0)
        {
            return false;
        }

        // GCRegionRange: no other has these letters there.
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

    /// <summary>The memory limits of punnet's own cgroup: 0.17 ms, more on a host with many mounts, all of which would be read.</summary>
    [RuntimeExport("__wrap__Z16InitializeCGroupv")]
    private static void MemoryOfCgroup()
    {
    }

    /// <summary>Its limit of processors.</summary>
    [RuntimeExport("__wrap__Z19InitializeCpuCGroupv")]
    private static void ProcessorsOfCgroup()
    {
    }

    /// <summary>The thread of the finalizers: 0.05 ms, a stack, and the one reason why punnet would not be single-threaded when it clones.</summary>
    /// <returns>Whether it runs. Nothing here waits for a finalizer.</returns>
    [RuntimeExport("__wrap__Z23PalStartFinalizerThreadPFjPvES_")]
    private static bool Finalizers(void* function, void* context) => true;

    /// <summary>The NUMA nodes that the collector would spread its memory over: 0.02 ms.</summary>
    [RuntimeExport("__wrap__Z21NUMASupportInitializev")]
    private static void MemoryNodes()
    {
    }

    /// <summary>How much memory is in use, bytes.</summary>
    /// <returns>Whether it is known.</returns>
    [RuntimeExport("__wrap__Z21GetPhysicalMemoryUsedPm")]
    private static bool MemoryInUse(nuint* bytes) => false;

    /// <summary>A DOTNET_… variable: what they say to other programs of the caller is not meant for punnet, and some of it would end it.</summary>
    /// <returns>The length of its value; 0 means that there is none.</returns>
    [RuntimeExport("__wrap__Z25PalGetEnvironmentVariablePKcPcj")]
    private static uint Variable(byte* name, byte* value, uint size) => 0;

    /// <summary>A number in the settings of the class library, where each of the collector's would be looked for in vain: 40,000 instructions.</summary>
    /// <returns>Whether it is set. The collector's own settings in Punnet.csproj are elsewhere.</returns>
    [RuntimeExport("__wrap__ZN8RhConfig19ReadKnobUInt64ValueEPKcPm")]
    private static bool NumberSetting(byte* name, ulong* value) => false;

    /// <summary>A switch there.</summary>
    /// <returns>Whether it is set.</returns>
    [RuntimeExport("__wrap__ZN8RhConfig20ReadKnobBooleanValueEPKcPb")]
    private static bool SwitchSetting(byte* name, bool* value) => false;

    /// <summary>
    /// The bounds of the calling thread's stack, between which all of its frames are, and nothing of the heap: there the collector takes
    /// no address for an object's. For the first thread pthread_getattr_np(3), which the runtime would ask, reads all of /proc/self/maps:
    /// 0.045 ms. Beside its stack there is nothing; beside another thread's there may be anything, and that is asked for.
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

        s_stackEnd = null; // The first thread asks first, and once.
        *low = end;
        *high = (byte*)&end + AboveFirstFrame;
        return true;
    }

    /// <summary>
    /// A number that no processor's number reaches. The size of the kernel's masks tells it; the runtime would take apart a file of
    /// sysfs, twice: 0.02 ms, and the part of libc that does it.
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
    /// Addresses for the collector, which then asks for their memory a few pages at a time: 28 system calls and 17 mappings, that the clone
    /// and both ends of a process pay for again, 0.07 ms a command. Here all of it may be used at once, and of the heap the beginning.
    /// </summary>
    /// <param name="size">Bytes.</param>
    /// <param name="alignment">Bytes, a power of two; 0 for that of a page.</param>
    /// <param name="flags">Of the collector: none that Linux has a call for.</param>
    /// <param name="node">Of memory: there is but one, see <see cref="MemoryNodes"/>.</param>
    /// <returns>The first; null when there is no room.</returns>
    [RuntimeExport("__wrap__ZN15GCToOSInterface14VirtualReserveEmmjt")]
    private static byte* Reserve(nuint size, nuint alignment, uint flags, ushort node)
    {
        bool isHeap = size > OpenHeap && s_closedEnd == null;
        byte* start = mmap(null, size + alignment, isHeap ? 0 : ReadWrite, PrivateAnonymous, -1, 0);
        if (start == (byte*)-1)
        {
            return null;
        }

        // What is left over at both ends costs nothing, and to give it back two calls.
        byte* aligned = alignment == 0 ? start : (byte*)(((nuint)start + alignment - 1) & ~(alignment - 1));
        if (size >= HugePage)
        {
            // A host may give these to everyone: one would be twenty times what a command uses.
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

    /// <summary>Lets a part of it be used.</summary>
    /// <returns>Whether there is so much.</returns>
    [RuntimeExport("__wrap__ZN15GCToOSInterface13VirtualCommitEPvmt")]
    private static bool Commit(byte* start, nuint size, ushort node) =>
        start + size <= s_closed || start >= s_closedEnd || mprotect(start, size, ReadWrite) == 0;

    /// <summary>Gives the memory of a part back; when it is used again, it is zero.</summary>
    /// <returns>Whether it was done.</returns>
    [RuntimeExport("__wrap__ZN15GCToOSInterface15VirtualDecommitEPvm")]
    private static bool Decommit(byte* start, nuint size) => madvise(start, size, DontNeed) == 0;
}
