using Punnet.Abi;

namespace Punnet.Kernel;

public static unsafe partial class Sys
{
    private const short ReadLock = 0, WriteLock = 1, NoLock = 2; // F_RDLCK, F_WRLCK, F_UNLCK

    /// <summary>
    /// fcntl(2) F_SETLK: locks a whole file for this process. Such a lock ends with the process however it ends, and a new process
    /// does not inherit it. EAGAIN when another one holds it.
    /// </summary>
    public static Errno Lock(int file) => Lock(file, 6, WriteLock, out _);

    /// <summary>fcntl(2) F_SETLK: gives the lock back.</summary>
    public static Errno Unlock(int file) => Lock(file, 6, NoLock, out _);

    /// <summary>fcntl(2) F_GETLK: whether another process holds the lock.</summary>
    public static Errno IsLocked(int file, out bool isLocked)
    {
        Errno errno = Lock(file, 5, ReadLock, out short found);
        isLocked = found == WriteLock;
        return errno;
    }

    private static Errno Lock(int file, int command, short type, out short found)
    {
        FileLock request = new() { Type = type };
        Errno errno = Call(SyscallNumber.Fcntl, file, command, (nint)(&request));
        found = request.Type;
        return errno;
    }

    // struct flock of fcntl(2): start 0 and length 0 are the whole file.
    private struct FileLock
    {
        public short Type;
#pragma warning disable CS0169, CS0649, IDE0051
        public short Whence;
        public long Start;
        public long Length;
        public int Pid;
#pragma warning restore CS0169, CS0649, IDE0051
    }
}
