namespace Punnet.Abi;

/// <summary>
/// System calls of x86-64, asm/unistd_64.h. From <see cref="PidfdSendSignal"/> on the numbers are the same on every
/// architecture; the ones before it have to be given per architecture when punnet is built for another one.
/// </summary>
public enum SyscallNumber
{
    /// <summary>read(2).</summary>
    Read = 0,

    /// <summary>write(2).</summary>
    Write = 1,

    /// <summary>close(2).</summary>
    Close = 3,

    /// <summary>lseek(2).</summary>
    Lseek = 8,

    /// <summary>mmap(2).</summary>
    Mmap = 9,

    /// <summary>mprotect(2).</summary>
    Mprotect = 10,

    /// <summary>munmap(2).</summary>
    Munmap = 11,

    /// <summary>brk(2).</summary>
    Brk = 12,

    /// <summary>rt_sigaction(2).</summary>
    RtSigaction = 13,

    /// <summary>rt_sigprocmask(2).</summary>
    RtSigprocmask = 14,

    /// <summary>ioctl(2).</summary>
    Ioctl = 16,

    /// <summary>mremap(2).</summary>
    Mremap = 25,

    /// <summary>madvise(2).</summary>
    Madvise = 28,

    /// <summary>pread64(2).</summary>
    Pread64 = 17,

    /// <summary>getpid(2).</summary>
    Getpid = 39,

    /// <summary>sendfile(2).</summary>
    Sendfile = 40,

    /// <summary>socket(2).</summary>
    Socket = 41,

    /// <summary>connect(2).</summary>
    Connect = 42,

    /// <summary>recvfrom(2).</summary>
    Recvfrom = 45,

    /// <summary>sendmsg(2).</summary>
    Sendmsg = 46,

    /// <summary>recvmsg(2).</summary>
    Recvmsg = 47,

    /// <summary>bind(2).</summary>
    Bind = 49,

    /// <summary>socketpair(2).</summary>
    Socketpair = 53,

    /// <summary>setsockopt(2).</summary>
    Setsockopt = 54,

    /// <summary>clone(2).</summary>
    Clone = 56,

    /// <summary>execve(2).</summary>
    Execve = 59,

    /// <summary>fcntl(2).</summary>
    Fcntl = 72,

    /// <summary>flock(2).</summary>
    Flock = 73,

    /// <summary>fsync(2).</summary>
    Fsync = 74,

    /// <summary>ftruncate(2).</summary>
    Ftruncate = 77,

    /// <summary>getcwd(2).</summary>
    Getcwd = 79,

    /// <summary>chdir(2).</summary>
    Chdir = 80,

    /// <summary>fchdir(2).</summary>
    Fchdir = 81,

    /// <summary>fchmod(2).</summary>
    Fchmod = 91,

    /// <summary>fchown(2).</summary>
    Fchown = 93,

    /// <summary>umask(2).</summary>
    Umask = 95,

    /// <summary>geteuid(2).</summary>
    Geteuid = 107,

    /// <summary>getegid(2).</summary>
    Getegid = 108,

    /// <summary>setsid(2).</summary>
    Setsid = 112,

    /// <summary>setgroups(2), this thread only.</summary>
    Setgroups = 116,

    /// <summary>setresuid(2), this thread only.</summary>
    Setresuid = 117,

    /// <summary>setresgid(2), this thread only.</summary>
    Setresgid = 119,

    /// <summary>capget(2).</summary>
    Capget = 125,

    /// <summary>capset(2).</summary>
    Capset = 126,

    /// <summary>personality(2).</summary>
    Personality = 135,

    /// <summary>fstatfs(2).</summary>
    Fstatfs = 138,

    /// <summary>pivot_root(2).</summary>
    PivotRoot = 155,

    /// <summary>prctl(2).</summary>
    Prctl = 157,

    /// <summary>chroot(2).</summary>
    Chroot = 161,

    /// <summary>mount(2).</summary>
    Mount = 165,

    /// <summary>umount2(2).</summary>
    Umount2 = 166,

    /// <summary>sethostname(2).</summary>
    Sethostname = 170,

    /// <summary>setdomainname(2).</summary>
    Setdomainname = 171,

    /// <summary>setxattr(2).</summary>
    Setxattr = 188,

    /// <summary>lsetxattr(2).</summary>
    Lsetxattr = 189,

    /// <summary>fsetxattr(2).</summary>
    Fsetxattr = 190,

    /// <summary>lgetxattr(2).</summary>
    Lgetxattr = 192,

    /// <summary>fgetxattr(2).</summary>
    Fgetxattr = 193,

    /// <summary>llistxattr(2).</summary>
    Llistxattr = 195,

    /// <summary>flistxattr(2).</summary>
    Flistxattr = 196,

    /// <summary>tkill(2).</summary>
    Tkill = 200,

    /// <summary>sched_setaffinity(2).</summary>
    SchedSetaffinity = 203,

    /// <summary>sched_getaffinity(2).</summary>
    SchedGetaffinity = 204,

    /// <summary>getdents64(2).</summary>
    Getdents64 = 217,

    /// <summary>clock_gettime(2).</summary>
    ClockGettime = 228,

    /// <summary>exit(2).</summary>
    Exit = 60,

    /// <summary>kill(2).</summary>
    Kill = 62,

    /// <summary>exit_group(2).</summary>
    ExitGroup = 231,

    /// <summary>set_mempolicy(2).</summary>
    SetMempolicy = 238,

    /// <summary>waitid(2).</summary>
    Waitid = 247,

    /// <summary>keyctl(2).</summary>
    Keyctl = 250,

    /// <summary>ioprio_set(2).</summary>
    IoprioSet = 251,

    /// <summary>openat(2).</summary>
    Openat = 257,

    /// <summary>mkdirat(2).</summary>
    Mkdirat = 258,

    /// <summary>mknodat(2).</summary>
    Mknodat = 259,

    /// <summary>fchownat(2).</summary>
    Fchownat = 260,

    /// <summary>newfstatat(2).</summary>
    Newfstatat = 262,

    /// <summary>unlinkat(2).</summary>
    Unlinkat = 263,

    /// <summary>renameat(2).</summary>
    Renameat = 264,

    /// <summary>linkat(2).</summary>
    Linkat = 265,

    /// <summary>symlinkat(2).</summary>
    Symlinkat = 266,

    /// <summary>readlinkat(2).</summary>
    Readlinkat = 267,

    /// <summary>fchmodat(2).</summary>
    Fchmodat = 268,

    /// <summary>faccessat(2).</summary>
    Faccessat = 269,

    /// <summary>ppoll(2).</summary>
    Ppoll = 271,

    /// <summary>unshare(2).</summary>
    Unshare = 272,

    /// <summary>utimensat(2).</summary>
    Utimensat = 280,

    /// <summary>signalfd4(2).</summary>
    Signalfd4 = 289,

    /// <summary>dup3(2).</summary>
    Dup3 = 292,

    /// <summary>pipe2(2).</summary>
    Pipe2 = 293,

    /// <summary>prlimit(2).</summary>
    Prlimit64 = 302,

    /// <summary>syncfs(2).</summary>
    Syncfs = 306,

    /// <summary>setns(2).</summary>
    Setns = 308,

    /// <summary>sched_setattr(2).</summary>
    SchedSetattr = 314,

    /// <summary>renameat2(2).</summary>
    Renameat2 = 316,

    /// <summary>seccomp(2).</summary>
    Seccomp = 317,

    /// <summary>memfd_create(2).</summary>
    MemfdCreate = 319,

    /// <summary>bpf(2).</summary>
    Bpf = 321,

    /// <summary>copy_file_range(2).</summary>
    CopyFileRange = 326,

    /// <summary>statx(2).</summary>
    Statx = 332,

    /// <summary>pidfd_send_signal(2).</summary>
    PidfdSendSignal = 424,

    /// <summary>open_tree(2).</summary>
    OpenTree = 428,

    /// <summary>move_mount(2).</summary>
    MoveMount = 429,

    /// <summary>fsopen(2).</summary>
    Fsopen = 430,

    /// <summary>fsconfig(2).</summary>
    Fsconfig = 431,

    /// <summary>fsmount(2).</summary>
    Fsmount = 432,

    /// <summary>fspick(2).</summary>
    Fspick = 433,

    /// <summary>pidfd_open(2).</summary>
    PidfdOpen = 434,

    /// <summary>clone3(2).</summary>
    Clone3 = 435,

    /// <summary>close_range(2).</summary>
    CloseRange = 436,

    /// <summary>openat2(2).</summary>
    Openat2 = 437,

    /// <summary>pidfd_getfd(2).</summary>
    PidfdGetfd = 438,

    /// <summary>faccessat2(2).</summary>
    Faccessat2 = 439,

    /// <summary>mount_setattr(2).</summary>
    MountSetattr = 442,

    /// <summary>landlock_create_ruleset(2).</summary>
    LandlockCreateRuleset = 444,
}
