// Prints what the .NET runtime, compiled against glibc's headers, and the C library that it is linked with have to agree about: sizes and offsets
// of every structure that passes between the two (Data/libc-functions.txt has the functions), and the numbers. Compiled by gcc and by
// musl-gcc it has to print the same.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define SIZE(type) printf("sizeof(" #type ") %zu %zu\n", sizeof(type), _Alignof(type))
#define AT(type, field) printf(#type "." #field " %zu %zu\n", offsetof(type, field), sizeof(((type *)0)->field))
#define NUMBER(name) printf(#name " %ld\n", (long)(name))

static void files(void)
{
    SIZE(struct stat);
    AT(struct stat, st_dev); AT(struct stat, st_ino); AT(struct stat, st_nlink); AT(struct stat, st_mode); AT(struct stat, st_uid);
    AT(struct stat, st_gid); AT(struct stat, st_rdev); AT(struct stat, st_size); AT(struct stat, st_blksize); AT(struct stat, st_blocks);
    AT(struct stat, st_atim); AT(struct stat, st_mtim); AT(struct stat, st_ctim);
    SIZE(struct statfs);
    AT(struct statfs, f_type); AT(struct statfs, f_bsize); AT(struct statfs, f_blocks); AT(struct statfs, f_bfree);
    AT(struct statfs, f_bavail); AT(struct statfs, f_files); AT(struct statfs, f_namelen); AT(struct statfs, f_frsize); AT(struct statfs, f_flags);
    SIZE(struct dirent);
    AT(struct dirent, d_ino); AT(struct dirent, d_off); AT(struct dirent, d_reclen); AT(struct dirent, d_type); AT(struct dirent, d_name);
    SIZE(struct iovec); AT(struct iovec, iov_base); AT(struct iovec, iov_len);
    SIZE(struct pollfd); AT(struct pollfd, fd); AT(struct pollfd, events); AT(struct pollfd, revents);
    SIZE(struct flock); AT(struct flock, l_type); AT(struct flock, l_whence); AT(struct flock, l_start); AT(struct flock, l_len); AT(struct flock, l_pid);
    SIZE(struct inotify_event); AT(struct inotify_event, mask); AT(struct inotify_event, len);
    SIZE(off_t); SIZE(mode_t); SIZE(dev_t); SIZE(ino_t); SIZE(ssize_t); SIZE(nfds_t); SIZE(socklen_t);
    NUMBER(O_RDONLY); NUMBER(O_RDWR); NUMBER(O_CREAT); NUMBER(O_EXCL); NUMBER(O_TRUNC); NUMBER(O_CLOEXEC); NUMBER(O_SYNC); NUMBER(O_NOFOLLOW);
    NUMBER(O_NONBLOCK); NUMBER(O_DIRECTORY); NUMBER(F_GETFD); NUMBER(F_SETFD); NUMBER(F_GETFL); NUMBER(F_SETFL); NUMBER(F_DUPFD_CLOEXEC); NUMBER(FD_CLOEXEC);
    NUMBER(F_SETLK); NUMBER(LOCK_SH); NUMBER(LOCK_EX); NUMBER(LOCK_NB); NUMBER(LOCK_UN); NUMBER(SEEK_SET); NUMBER(SEEK_CUR); NUMBER(SEEK_END);
    NUMBER(POLLIN); NUMBER(POLLOUT); NUMBER(POLLERR); NUMBER(POLLHUP); NUMBER(POLLNVAL); NUMBER(POSIX_FADV_SEQUENTIAL);
    NUMBER(R_OK); NUMBER(W_OK); NUMBER(X_OK); NUMBER(F_OK); NUMBER(S_IFMT); NUMBER(S_IFDIR); NUMBER(AT_FDCWD); NUMBER(UTIME_OMIT); NUMBER(EOF);
}

static void memory(void)
{
    NUMBER(PROT_READ); NUMBER(PROT_WRITE); NUMBER(PROT_EXEC); NUMBER(PROT_NONE); NUMBER(MAP_PRIVATE); NUMBER(MAP_SHARED); NUMBER(MAP_ANONYMOUS); NUMBER(MAP_FIXED);
    NUMBER(MAP_NORESERVE); NUMBER(MAP_HUGETLB); NUMBER((long)MAP_FAILED); NUMBER(MADV_DONTNEED); NUMBER(MADV_DODUMP); NUMBER(MADV_DONTDUMP);
    NUMBER(MADV_FREE); NUMBER(MADV_HUGEPAGE); NUMBER(MS_SYNC); NUMBER(MS_ASYNC); NUMBER(MS_INVALIDATE);
    NUMBER(_SC_PAGESIZE); NUMBER(_SC_NPROCESSORS_CONF); NUMBER(_SC_NPROCESSORS_ONLN); NUMBER(_SC_PHYS_PAGES); NUMBER(_SC_AVPHYS_PAGES); NUMBER(_SC_CLK_TCK);
    NUMBER(_SC_OPEN_MAX); NUMBER(_SC_IOV_MAX); NUMBER(_SC_GETPW_R_SIZE_MAX); NUMBER(_SC_HOST_NAME_MAX);
    // Of the sizes of caches (_SC_LEVEL1_DCACHE_SIZE and its kin) musl has no number: it answers -1, as glibc does where it does not know.
    SIZE(struct rlimit); AT(struct rlimit, rlim_cur); AT(struct rlimit, rlim_max);
    NUMBER(RLIMIT_STACK); NUMBER(RLIMIT_AS); NUMBER(RLIMIT_DATA); NUMBER(RLIMIT_NOFILE); NUMBER(RLIMIT_CORE); NUMBER((long)RLIM_INFINITY); NUMBER(RUSAGE_SELF);
    // The kernel fills these two; what follows the last of its fields is the library's.
    AT(struct rusage, ru_utime); AT(struct rusage, ru_stime); AT(struct rusage, ru_maxrss); AT(struct rusage, ru_nivcsw);
    AT(struct sysinfo, totalram); AT(struct sysinfo, freeram); AT(struct sysinfo, totalswap); AT(struct sysinfo, freeswap); AT(struct sysinfo, mem_unit);
    SIZE(struct utsname); AT(struct utsname, sysname); AT(struct utsname, release); AT(struct utsname, version); AT(struct utsname, machine);
    SIZE(Dl_info); AT(Dl_info, dli_fname); AT(Dl_info, dli_fbase); AT(Dl_info, dli_sname); AT(Dl_info, dli_saddr);
    SIZE(struct dl_phdr_info);
    AT(struct dl_phdr_info, dlpi_addr); AT(struct dl_phdr_info, dlpi_name); AT(struct dl_phdr_info, dlpi_phdr); AT(struct dl_phdr_info, dlpi_phnum);
    AT(struct dl_phdr_info, dlpi_adds); AT(struct dl_phdr_info, dlpi_tls_data);
    NUMBER(RTLD_LAZY); NUMBER(RTLD_NOW); NUMBER(RTLD_LOCAL); NUMBER(RTLD_GLOBAL);
}

static void threads(void)
{
    SIZE(pthread_t); SIZE(pthread_key_t); SIZE(pthread_attr_t); SIZE(pthread_mutex_t); SIZE(pthread_mutexattr_t); SIZE(pthread_cond_t);
    SIZE(pthread_condattr_t); SIZE(pthread_rwlock_t); SIZE(cpu_set_t); SIZE(struct timespec); SIZE(struct timeval); SIZE(time_t); SIZE(clockid_t);
    AT(struct timespec, tv_sec); AT(struct timespec, tv_nsec); AT(struct timeval, tv_sec); AT(struct timeval, tv_usec);
    NUMBER(PTHREAD_CREATE_DETACHED); NUMBER(PTHREAD_MUTEX_NORMAL); NUMBER(PTHREAD_MUTEX_RECURSIVE);
    // Statically initialised ones are zero in both.
    static const pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static const pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    static const pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    const struct { const void *start; size_t size; } all[] = {{&mutex, sizeof mutex}, {&condition, sizeof condition}, {&lock, sizeof lock}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        size_t set = 0;
        for (size_t at = 0; at < all[i].size; at++)
            set += ((const unsigned char *)all[i].start)[at] != 0;
        printf("initializer %zu: %zu bytes\n", i, set);
    }
    NUMBER(CLOCK_REALTIME); NUMBER(CLOCK_MONOTONIC); NUMBER(CLOCK_MONOTONIC_COARSE); NUMBER(CLOCK_THREAD_CPUTIME_ID); NUMBER(CLOCK_PROCESS_CPUTIME_ID); NUMBER(TIMER_ABSTIME);
    NUMBER(PR_SET_PTRACER); NUMBER(WNOHANG); NUMBER(SO_ERROR); NUMBER(SOL_SOCKET);
}

static void signals(void)
{
    SIZE(sigset_t); SIZE(struct sigaction); SIZE(stack_t); SIZE(siginfo_t);
    AT(struct sigaction, sa_sigaction); AT(struct sigaction, sa_mask); AT(struct sigaction, sa_flags);
    AT(stack_t, ss_sp); AT(stack_t, ss_flags); AT(stack_t, ss_size);
    AT(siginfo_t, si_signo); AT(siginfo_t, si_code); AT(siginfo_t, si_pid); AT(siginfo_t, si_addr);
    // Made by the kernel.
    AT(ucontext_t, uc_flags); AT(ucontext_t, uc_link); AT(ucontext_t, uc_stack); AT(ucontext_t, uc_sigmask);
#ifdef __aarch64__
    AT(ucontext_t, uc_mcontext.fault_address); AT(ucontext_t, uc_mcontext.regs); AT(ucontext_t, uc_mcontext.sp); AT(ucontext_t, uc_mcontext.pc);
    AT(ucontext_t, uc_mcontext.pstate);
#else
    AT(ucontext_t, uc_mcontext.gregs); AT(ucontext_t, uc_mcontext.fpregs);
    NUMBER(REG_RIP); NUMBER(REG_RSP); NUMBER(REG_RBP); NUMBER(REG_RAX); NUMBER(REG_RDI); NUMBER(REG_EFL); NUMBER(REG_TRAPNO); NUMBER(REG_ERR);
#endif
    NUMBER(SA_SIGINFO); NUMBER(SA_RESTART); NUMBER(SA_ONSTACK); NUMBER(SIG_BLOCK); NUMBER(SIG_UNBLOCK); NUMBER(SIG_SETMASK); NUMBER((long)SIG_DFL); NUMBER((long)SIG_IGN);
    NUMBER(SIGSEGV); NUMBER(SIGFPE); NUMBER(SIGPIPE); NUMBER(SIGABRT); NUMBER(SIGCHLD); NUMBER(SIGBUS); NUMBER(SIGILL); NUMBER(SIGTRAP); NUMBER(SIGTERM); NUMBER(SIGINT);
    NUMBER(SIGQUIT); NUMBER(SEGV_ACCERR); NUMBER(FPE_INTDIV);
    NUMBER(EPERM); NUMBER(ENOENT); NUMBER(EINTR); NUMBER(EAGAIN); NUMBER(ENOMEM); NUMBER(EACCES); NUMBER(EBUSY); NUMBER(EEXIST); NUMBER(EINVAL); NUMBER(ERANGE); NUMBER(ENAMETOOLONG);
    NUMBER(ENOSYS); NUMBER(ELOOP); NUMBER(EOVERFLOW); NUMBER(EOPNOTSUPP); NUMBER(ETIMEDOUT); NUMBER(EINPROGRESS); NUMBER(EWOULDBLOCK);
}

int main(void)
{
    files();
    memory();
    threads();
    signals();
    return 0;
}
