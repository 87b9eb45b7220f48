namespace Punnet.Abi;

/// <summary>
/// The system calls that punnet makes, with the numbers of the machine that it is built for. A name here needs its numbers from
/// Syscalls/generate; from <see cref="PidfdSendSignal"/> on they are the same on every architecture.
/// </summary>
public enum SyscallNumber
{
    /// <summary>read(2).</summary>
    Read = Numbers.Read,

    /// <summary>write(2).</summary>
    Write = Numbers.Write,

    /// <summary>close(2).</summary>
    Close = Numbers.Close,

    /// <summary>lseek(2).</summary>
    Lseek = Numbers.Lseek,

    /// <summary>mmap(2).</summary>
    Mmap = Numbers.Mmap,

    /// <summary>mprotect(2).</summary>
    Mprotect = Numbers.Mprotect,

    /// <summary>munmap(2).</summary>
    Munmap = Numbers.Munmap,

    /// <summary>brk(2).</summary>
    Brk = Numbers.Brk,

    /// <summary>rt_sigaction(2).</summary>
    RtSigaction = Numbers.RtSigaction,

    /// <summary>rt_sigprocmask(2).</summary>
    RtSigprocmask = Numbers.RtSigprocmask,

    /// <summary>ioctl(2).</summary>
    Ioctl = Numbers.Ioctl,

    /// <summary>mremap(2).</summary>
    Mremap = Numbers.Mremap,

    /// <summary>madvise(2).</summary>
    Madvise = Numbers.Madvise,

    /// <summary>pread64(2).</summary>
    Pread64 = Numbers.Pread64,

    /// <summary>getpid(2).</summary>
    Getpid = Numbers.Getpid,

    /// <summary>sendfile(2).</summary>
    Sendfile = Numbers.Sendfile,

    /// <summary>socket(2).</summary>
    Socket = Numbers.Socket,

    /// <summary>connect(2).</summary>
    Connect = Numbers.Connect,

    /// <summary>recvfrom(2).</summary>
    Recvfrom = Numbers.Recvfrom,

    /// <summary>sendmsg(2).</summary>
    Sendmsg = Numbers.Sendmsg,

    /// <summary>recvmsg(2).</summary>
    Recvmsg = Numbers.Recvmsg,

    /// <summary>bind(2).</summary>
    Bind = Numbers.Bind,

    /// <summary>socketpair(2).</summary>
    Socketpair = Numbers.Socketpair,

    /// <summary>setsockopt(2).</summary>
    Setsockopt = Numbers.Setsockopt,

    /// <summary>clone(2).</summary>
    Clone = Numbers.Clone,

    /// <summary>execve(2).</summary>
    Execve = Numbers.Execve,

    /// <summary>fcntl(2).</summary>
    Fcntl = Numbers.Fcntl,

    /// <summary>flock(2).</summary>
    Flock = Numbers.Flock,

    /// <summary>fsync(2).</summary>
    Fsync = Numbers.Fsync,

    /// <summary>ftruncate(2).</summary>
    Ftruncate = Numbers.Ftruncate,

    /// <summary>getcwd(2).</summary>
    Getcwd = Numbers.Getcwd,

    /// <summary>chdir(2).</summary>
    Chdir = Numbers.Chdir,

    /// <summary>fchdir(2).</summary>
    Fchdir = Numbers.Fchdir,

    /// <summary>fchmod(2).</summary>
    Fchmod = Numbers.Fchmod,

    /// <summary>fchown(2).</summary>
    Fchown = Numbers.Fchown,

    /// <summary>umask(2).</summary>
    Umask = Numbers.Umask,

    /// <summary>geteuid(2).</summary>
    Geteuid = Numbers.Geteuid,

    /// <summary>getegid(2).</summary>
    Getegid = Numbers.Getegid,

    /// <summary>setsid(2).</summary>
    Setsid = Numbers.Setsid,

    /// <summary>setgroups(2), this thread only.</summary>
    Setgroups = Numbers.Setgroups,

    /// <summary>setresuid(2), this thread only.</summary>
    Setresuid = Numbers.Setresuid,

    /// <summary>setresgid(2), this thread only.</summary>
    Setresgid = Numbers.Setresgid,

    /// <summary>capget(2).</summary>
    Capget = Numbers.Capget,

    /// <summary>capset(2).</summary>
    Capset = Numbers.Capset,

    /// <summary>personality(2).</summary>
    Personality = Numbers.Personality,

    /// <summary>fstatfs(2).</summary>
    Fstatfs = Numbers.Fstatfs,

    /// <summary>pivot_root(2).</summary>
    PivotRoot = Numbers.PivotRoot,

    /// <summary>prctl(2).</summary>
    Prctl = Numbers.Prctl,

    /// <summary>chroot(2).</summary>
    Chroot = Numbers.Chroot,

    /// <summary>mount(2).</summary>
    Mount = Numbers.Mount,

    /// <summary>umount2(2).</summary>
    Umount2 = Numbers.Umount2,

    /// <summary>sethostname(2).</summary>
    Sethostname = Numbers.Sethostname,

    /// <summary>setdomainname(2).</summary>
    Setdomainname = Numbers.Setdomainname,

    /// <summary>setxattr(2).</summary>
    Setxattr = Numbers.Setxattr,

    /// <summary>lsetxattr(2).</summary>
    Lsetxattr = Numbers.Lsetxattr,

    /// <summary>fsetxattr(2).</summary>
    Fsetxattr = Numbers.Fsetxattr,

    /// <summary>lgetxattr(2).</summary>
    Lgetxattr = Numbers.Lgetxattr,

    /// <summary>fgetxattr(2).</summary>
    Fgetxattr = Numbers.Fgetxattr,

    /// <summary>llistxattr(2).</summary>
    Llistxattr = Numbers.Llistxattr,

    /// <summary>flistxattr(2).</summary>
    Flistxattr = Numbers.Flistxattr,

    /// <summary>tkill(2).</summary>
    Tkill = Numbers.Tkill,

    /// <summary>sched_setaffinity(2).</summary>
    SchedSetaffinity = Numbers.SchedSetaffinity,

    /// <summary>sched_getaffinity(2).</summary>
    SchedGetaffinity = Numbers.SchedGetaffinity,

    /// <summary>getdents64(2).</summary>
    Getdents64 = Numbers.Getdents64,

    /// <summary>clock_gettime(2).</summary>
    ClockGettime = Numbers.ClockGettime,

    /// <summary>exit(2).</summary>
    Exit = Numbers.Exit,

    /// <summary>kill(2).</summary>
    Kill = Numbers.Kill,

    /// <summary>exit_group(2).</summary>
    ExitGroup = Numbers.ExitGroup,

    /// <summary>set_mempolicy(2).</summary>
    SetMempolicy = Numbers.SetMempolicy,

    /// <summary>waitid(2).</summary>
    Waitid = Numbers.Waitid,

    /// <summary>keyctl(2).</summary>
    Keyctl = Numbers.Keyctl,

    /// <summary>ioprio_set(2).</summary>
    IoprioSet = Numbers.IoprioSet,

    /// <summary>openat(2).</summary>
    Openat = Numbers.Openat,

    /// <summary>mkdirat(2).</summary>
    Mkdirat = Numbers.Mkdirat,

    /// <summary>mknodat(2).</summary>
    Mknodat = Numbers.Mknodat,

    /// <summary>fchownat(2).</summary>
    Fchownat = Numbers.Fchownat,

    /// <summary>newfstatat(2).</summary>
    Newfstatat = Numbers.Newfstatat,

    /// <summary>unlinkat(2).</summary>
    Unlinkat = Numbers.Unlinkat,

    /// <summary>renameat(2).</summary>
    Renameat = Numbers.Renameat,

    /// <summary>linkat(2).</summary>
    Linkat = Numbers.Linkat,

    /// <summary>symlinkat(2).</summary>
    Symlinkat = Numbers.Symlinkat,

    /// <summary>readlinkat(2).</summary>
    Readlinkat = Numbers.Readlinkat,

    /// <summary>fchmodat(2).</summary>
    Fchmodat = Numbers.Fchmodat,

    /// <summary>faccessat(2).</summary>
    Faccessat = Numbers.Faccessat,

    /// <summary>ppoll(2).</summary>
    Ppoll = Numbers.Ppoll,

    /// <summary>unshare(2).</summary>
    Unshare = Numbers.Unshare,

    /// <summary>utimensat(2).</summary>
    Utimensat = Numbers.Utimensat,

    /// <summary>signalfd4(2).</summary>
    Signalfd4 = Numbers.Signalfd4,

    /// <summary>dup3(2).</summary>
    Dup3 = Numbers.Dup3,

    /// <summary>pipe2(2).</summary>
    Pipe2 = Numbers.Pipe2,

    /// <summary>prlimit(2).</summary>
    Prlimit64 = Numbers.Prlimit64,

    /// <summary>syncfs(2).</summary>
    Syncfs = Numbers.Syncfs,

    /// <summary>setns(2).</summary>
    Setns = Numbers.Setns,

    /// <summary>sched_setattr(2).</summary>
    SchedSetattr = Numbers.SchedSetattr,

    /// <summary>renameat2(2).</summary>
    Renameat2 = Numbers.Renameat2,

    /// <summary>seccomp(2).</summary>
    Seccomp = Numbers.Seccomp,

    /// <summary>memfd_create(2).</summary>
    MemfdCreate = Numbers.MemfdCreate,

    /// <summary>bpf(2).</summary>
    Bpf = Numbers.Bpf,

    /// <summary>copy_file_range(2).</summary>
    CopyFileRange = Numbers.CopyFileRange,

    /// <summary>statx(2).</summary>
    Statx = Numbers.Statx,

    /// <summary>pidfd_send_signal(2).</summary>
    PidfdSendSignal = Numbers.PidfdSendSignal,

    /// <summary>open_tree(2).</summary>
    OpenTree = Numbers.OpenTree,

    /// <summary>move_mount(2).</summary>
    MoveMount = Numbers.MoveMount,

    /// <summary>fsopen(2).</summary>
    Fsopen = Numbers.Fsopen,

    /// <summary>fsconfig(2).</summary>
    Fsconfig = Numbers.Fsconfig,

    /// <summary>fsmount(2).</summary>
    Fsmount = Numbers.Fsmount,

    /// <summary>fspick(2).</summary>
    Fspick = Numbers.Fspick,

    /// <summary>pidfd_open(2).</summary>
    PidfdOpen = Numbers.PidfdOpen,

    /// <summary>clone3(2).</summary>
    Clone3 = Numbers.Clone3,

    /// <summary>close_range(2).</summary>
    CloseRange = Numbers.CloseRange,

    /// <summary>openat2(2).</summary>
    Openat2 = Numbers.Openat2,

    /// <summary>pidfd_getfd(2).</summary>
    PidfdGetfd = Numbers.PidfdGetfd,

    /// <summary>faccessat2(2).</summary>
    Faccessat2 = Numbers.Faccessat2,

    /// <summary>mount_setattr(2).</summary>
    MountSetattr = Numbers.MountSetattr,

    /// <summary>landlock_create_ruleset(2).</summary>
    LandlockCreateRuleset = Numbers.LandlockCreateRuleset,
}
