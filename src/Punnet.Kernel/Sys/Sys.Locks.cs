using Punnet.Abi;
using static Tmds.Linux.LibC;

namespace Punnet.Kernel;

public static unsafe partial class Sys
{
    /// <summary>
    /// fcntl(2) F_SETLK: locks a whole file for this process. The lock ends with the process, and a child does not inherit it. EAGAIN when
    /// another process holds it.
    /// </summary>
    public static Errno Lock(int file) => Lock(file, F_SETLK, F_WRLCK, out _);

    /// <summary>fcntl(2) F_SETLK: releases the lock.</summary>
    public static Errno Unlock(int file) => Lock(file, F_SETLK, F_UNLCK, out _);

    /// <summary>fcntl(2) F_GETLK: whether another process holds the lock.</summary>
    public static Errno IsLocked(int file, out bool isLocked) => FindLock(file, out isLocked, out _);

    /// <summary>fcntl(2) F_GETLK: which other process holds the lock.</summary>
    /// <param name="file">The file.</param>
    /// <param name="isLocked">Whether one does.</param>
    /// <param name="holder">Its PID; 0 where it is outside the caller's PID namespace.</param>
    public static Errno FindLock(int file, out bool isLocked, out int holder)
    {
        Errno errno = Lock(file, F_GETLK, F_RDLCK, out FileLock found);
        isLocked = found.Type == F_WRLCK;
        holder = isLocked ? found.Pid : 0;
        return errno;
    }

    private static Errno Lock(int file, int command, int type, out FileLock found)
    {
        FileLock request = new() { Type = (short)type };
        Errno errno = Call(SyscallNumber.Fcntl, file, command, (nint)(&request));
        found = request;
        return errno;
    }

    /// <summary>
    /// flock(2) LOCK_EX | LOCK_NB: the lock belongs to the open file description and also works on directories. EAGAIN when another holds
    /// it.
    /// </summary>
    public static Errno Flock(int descriptor)
    {
        const int Exclusive = 2, NonBlocking = 4; // LOCK_EX, LOCK_NB
        return Call(SyscallNumber.Flock, descriptor, Exclusive | NonBlocking);
    }

    // struct flock of fcntl(2): start 0 and length 0 mean the whole file.
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
