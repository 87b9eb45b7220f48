// stepper init|all A B OUTSIDE COMMAND...: the race that an attacker always wins. Runs the command again and again; in run N it is stopped
// right before its Nth lookup of a path, and A and B change their names, renameat2(RENAME_EXCHANGE). Between two lookups no other moment
// makes a difference. While one of the two names does not exist nothing is exchanged. Prints every change in OUTSIDE and every mount there
// that a process of the command sees, and ends; or in the end how many lookups there are; or, after RUNS runs, "more". "init" stops only at
// the lookups of processes that a clone made and that have not executed a program since. $FIRST is the first N, and $RESET is for sh(1),
// before each run.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 4096, RUNS = 20, SECONDS = 50 };

static const char *one, *other, *outside;
static int only_init, lookups, wanted, escapes, exchanged;
static signed char state[PROCESSES]; // by the end of the pid: 1 is stopped at its lookups, -1 runs freely
static char before[65536];

// Which argument of a call is a path that is looked up, the only one or the first.
static int path_argument(long number)
{
    switch (number) {
#ifdef SYS_open // What arm64 does not have, for it has the calls with a directory.
    case SYS_open: case SYS_stat: case SYS_lstat: case SYS_access: case SYS_mkdir: case SYS_rmdir: case SYS_creat: case SYS_unlink:
    case SYS_readlink: case SYS_chmod: case SYS_chown: case SYS_lchown: case SYS_mknod: case SYS_rename:
        return 0;
    case SYS_link: case SYS_symlink:
        return 1;
#endif
    case SYS_chroot: case SYS_umount2: case SYS_chdir: case SYS_execve: case SYS_pivot_root: case SYS_setxattr: case SYS_lsetxattr:
    case SYS_getxattr: case SYS_lgetxattr: case SYS_llistxattr: case SYS_listxattr: case SYS_statfs: case SYS_truncate:
        return 0;
    case SYS_mount: case SYS_openat: case SYS_mkdirat: case SYS_mknodat: case SYS_fchownat:
    case SYS_newfstatat: case SYS_unlinkat: case SYS_renameat: case SYS_renameat2: case SYS_linkat: case SYS_readlinkat: case SYS_fchmodat:
    case SYS_faccessat: case SYS_statx: case SYS_open_tree: case SYS_fspick: case SYS_openat2: case 439: /* faccessat2 */
    case SYS_name_to_handle_at: case SYS_utimensat: case SYS_execveat: case SYS_mount_setattr: case 452: /* fchmodat2 */
        return 1;
    case SYS_symlinkat:
        return 2;
    case SYS_move_mount:
        return 3;
    default:
        return -1;
    }
}

static int is_lookup(int pid, const struct __ptrace_syscall_info *call)
{
    char start = 0;
    int argument = path_argument(call->entry.nr);
    if (argument < 0)
        return 0;
    struct iovec here = { &start, 1 }, there = { (void *)call->entry.args[argument], 1 };
    // An empty path is a descriptor, and nobody can change that.
    return process_vm_readv(pid, &here, 1, &there, 1, 0) == 1 && start != 0;
}

static void describe(char *text, size_t size)
{
    size_t used = 0;
    DIR *list = opendir(outside);
    struct dirent *entry;
    text[0] = 0;
    while (list != NULL && (entry = readdir(list)) != NULL) {
        struct stat status;
        char content[64] = "";
        if (strcmp(entry->d_name, "..") == 0 || fstatat(dirfd(list), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        int file = S_ISREG(status.st_mode) ? openat(dirfd(list), entry->d_name, O_RDONLY | O_NOFOLLOW) : -1;
        if (file >= 0 && read(file, content, sizeof content - 1) < 0)
            content[0] = 0;
        close(file);
        used += snprintf(text + used, size - used, "%s %o %u %u %llx %s\n", entry->d_name, status.st_mode, status.st_uid, status.st_gid,
            (unsigned long long)status.st_rdev, content);
    }
    if (list != NULL)
        closedir(list);
}

static void escaped(const char *what)
{
    printf("escaped: %s; the names were exchanged before lookup %d\n", what, wanted);
    escapes++;
}

// The fifth field of mountinfo is the mount point, as seen from the root of the process: only the host's counts.
static void look_at_mounts(int pid)
{
    static char text[1 << 20];
    char path[64];
    struct stat host, root;
    size_t length = strlen(outside), used = 0;
    snprintf(path, sizeof path, "/proc/%d/root", pid);
    if (stat("/", &host) != 0 || stat(path, &root) != 0 || host.st_dev != root.st_dev || host.st_ino != root.st_ino)
        return;
    snprintf(path, sizeof path, "/proc/%d/mountinfo", pid);
    int file = open(path, O_RDONLY);
    for (ssize_t n; file >= 0 && (n = read(file, text + used, sizeof text - 1 - used)) > 0; used += n)
        ;
    close(file);
    text[used] = 0;
    for (char *line = text; line != NULL && *line != 0; line = strchr(line, '\n'), line += line != NULL) {
        char *field = line;
        for (int i = 0; i < 4 && field != NULL; i++, field += field != NULL)
            field = strchr(field, ' ');
        if (field != NULL && strncmp(field, outside, length) == 0 && (field[length] == ' ' || field[length] == '/'))
            escaped("a mount");
    }
}

static void look(int pid)
{
    char now[sizeof before];
    look_at_mounts(pid);
    describe(now, sizeof now);
    if (strcmp(now, before) != 0)
        escaped(now);
}

static void exchange(void)
{
    if (syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) == 0) {
        exchanged = !exchanged;
    } else if (exchanged || errno != ENOENT) {
        perror("stepper: exchange");
        exit(2);
    }
}

static void at_call(int pid)
{
    struct __ptrace_syscall_info call;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof call, &call) <= 0)
        return;
    if (call.op == PTRACE_SYSCALL_INFO_ENTRY && is_lookup(pid, &call)) {
        if (++lookups == wanted)
            exchange();
    } else if (call.op == PTRACE_SYSCALL_INFO_EXIT && exchanged && !escapes) {
        look(pid);
    }
}

static void trace(char **command)
{
    int status;
    lookups = 0;
    memset(state, 0, sizeof state);
    int first = fork();
    if (first == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execvp(command[0], command);
        _exit(127);
    }
    waitpid(first, &status, 0);
    ptrace(PTRACE_SETOPTIONS, first, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE
        | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
    state[first % PROCESSES] = only_init ? -1 : 1;
    ptrace(only_init ? PTRACE_CONT : PTRACE_SYSCALL, first, 0, 0);
    for (int pid; (pid = waitpid(-1, &status, __WALL)) > 0;) {
        signed char *mine = &state[pid % PROCESSES];
        if (!WIFSTOPPED(status)) {
            *mine = 0;
            continue;
        }
        int signal = WSTOPSIG(status), event = status >> 16;
        if (signal == (SIGTRAP | 0x80)) {
            signal = 0;
            at_call(pid);
        } else if (event != 0) {
            signal = 0;
            if (event == PTRACE_EVENT_EXEC && only_init)
                *mine = -1;
        } else if (*mine == 0 && signal == SIGSTOP) {
            signal = 0; // A new process begins like this.
        }
        if (*mine == 0)
            *mine = 1;
        ptrace(*mine > 0 ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, signal);
    }
}

int main(int count, char **words)
{
    if (count < 6)
        return 2;
    only_init = strcmp(words[1], "init") == 0;
    one = words[2];
    other = words[3];
    outside = words[4];
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (system(getenv("RESET")) < 0)
        return 2;
    describe(before, sizeof before);
    int start = atoi(getenv("FIRST"));
    for (wanted = start; wanted < start + RUNS; wanted++) {
        alarm(SECONDS); // A command that hangs ends all.
        if (system(getenv("RESET")) < 0)
            return 2;
        trace(words + 5);
        if (lookups < wanted) {
            printf("lookups: %d\n", lookups);
            return 0;
        }
        if (exchanged)
            exchange();
        if (escapes)
            return 0;
    }
    puts("more");
    return 0;
}
