// What the kernel alone takes for `run` of /bin/true with the config.json that `spec` writes: the same namespaces, mounts, devices,
// masks, cgroup with device program and capabilities, in the shortest order, and nothing around it: no config.json is read, no state
// is kept, no path is distrusted and nobody is told why something fails. It is a measure and not a runtime.
//
//   floor ROOTFS CGROUP PROGRAM [ARGUMENT...]     CGROUP is a directory that it makes, and removes again
//
// One thing after the other: a runtime that lets two processes work at once can hide a part of it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define MUST(call) must((call) >= 0, #call)

static void must(int is_done, const char *call)
{
    if (!is_done) {
        fprintf(stderr, "floor: %s: %s\n", call, strerror(errno));
        _exit(125);
    }
}

// runc's default rules: every node may be made, and these used: 1:3 1:5 1:7 1:8 1:9, 5:0 5:2, 136:*. bpf_cgroup_dev_ctx is
// { access << 16 | type, major, minor }.
static void restrict_devices(int cgroup)
{
    enum { ALLOW = 20, DENY = 18 };
#define LOAD(to, at) { BPF_LDX | BPF_W | BPF_MEM, to, BPF_REG_1, at, 0 }
#define IF(here, compare, left, right, target) { BPF_JMP | compare | BPF_K, left, 0, target - here - 1, right }
    const struct bpf_insn program[] = {
        LOAD(BPF_REG_2, 0),
        LOAD(BPF_REG_3, 4),
        LOAD(BPF_REG_4, 8),
        { BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_5, BPF_REG_2, 0, 0 },
        { BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_5, 0, 0, 16 },
        IF(5, BPF_JEQ, BPF_REG_5, BPF_DEVCG_ACC_MKNOD, ALLOW),
        { BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff },
        IF(7, BPF_JNE, BPF_REG_2, BPF_DEVCG_DEV_CHAR, DENY),
        IF(8, BPF_JEQ, BPF_REG_3, 136, ALLOW),
        IF(9, BPF_JEQ, BPF_REG_3, 5, 16),
        IF(10, BPF_JNE, BPF_REG_3, 1, DENY),
        IF(11, BPF_JEQ, BPF_REG_4, 3, ALLOW),
        IF(12, BPF_JEQ, BPF_REG_4, 5, ALLOW),
        IF(13, BPF_JLT, BPF_REG_4, 7, DENY),
        IF(14, BPF_JLE, BPF_REG_4, 9, ALLOW),
        IF(15, BPF_JA, 0, 0, DENY),
        IF(16, BPF_JEQ, BPF_REG_4, 0, ALLOW),
        IF(17, BPF_JEQ, BPF_REG_4, 2, ALLOW),
        { BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0 },
        { BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
        { BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1 },
        { BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
    };
    union bpf_attr load = {
        .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE, .insns = (uintptr_t)program, .insn_cnt = LENGTH(program), .license = (uintptr_t)"MIT",
    };
    union bpf_attr attach = { .attach_type = BPF_CGROUP_DEVICE, .target_fd = cgroup, .attach_flags = BPF_F_ALLOW_MULTI };
    int loaded;
    MUST(loaded = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load));
    attach.attach_bpf_fd = (uint32_t)loaded;
    MUST(syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach));
    close(loaded);
}

static void mount_all(void)
{
    static const struct { const char *type, *target; unsigned long flags; const char *data; } mounts[] = {
        { "proc", "proc", 0, NULL },
        { "tmpfs", "dev", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k" },
        { "devpts", "dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5" },
        { "tmpfs", "dev/shm", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=1777,size=65536k" },
        { "mqueue", "dev/mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL },
        { "sysfs", "sys", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL },
        { "cgroup2", "sys/fs/cgroup", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RELATIME | MS_RDONLY, NULL },
    };
    for (int i = 0; i < LENGTH(mounts); i++) {
        if (strncmp(mounts[i].target, "dev/", 4) == 0) {
            MUST(mkdir(mounts[i].target, 0755));
        }
        MUST(mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags, mounts[i].data));
    }
}

static void make_devices(void)
{
    static const struct { const char *path; int major, minor; } nodes[] = {
        { "dev/null", 1, 3 }, { "dev/zero", 1, 5 }, { "dev/full", 1, 7 },
        { "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 },
    };
    static const char *const links[][2] = {
        { "/proc/self/fd", "dev/fd" }, { "/proc/self/fd/0", "dev/stdin" }, { "/proc/self/fd/1", "dev/stdout" },
        { "/proc/self/fd/2", "dev/stderr" }, { "pts/ptmx", "dev/ptmx" },
    };
    for (int i = 0; i < LENGTH(nodes); i++) {
        MUST(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)));
    }
    for (int i = 0; i < LENGTH(links); i++) {
        MUST(symlink(links[i][0], links[i][1]));
    }
}

// What is not there needs no protection: the same list for every kernel.
static void protect_paths(void)
{
    static const char *const read_only[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger" };
    static const char *const masked[] = {
        "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
        "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
    };
    struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY };
    for (int i = 0; i < LENGTH(read_only); i++) {
        int tree = syscall(SYS_open_tree, AT_FDCWD, read_only[i], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
        if (tree >= 0) {
            MUST(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes));
            MUST(syscall(SYS_move_mount, tree, "", AT_FDCWD, read_only[i], MOVE_MOUNT_F_EMPTY_PATH));
            close(tree);
        }
    }
    const char *empty = NULL;
    for (int i = 0; i < LENGTH(masked); i++) {
        struct stat status;
        if (stat(masked[i], &status) != 0) {
            continue;
        }
        if (!S_ISDIR(status.st_mode)) {
            MUST(mount("/dev/null", masked[i], NULL, MS_BIND, NULL));
        } else if (empty == NULL) {
            empty = masked[i];
            MUST(mount("tmpfs", empty, "tmpfs", MS_RDONLY, "nr_blocks=1,nr_inodes=1"));
        } else {
            MUST(mount(empty, masked[i], NULL, MS_BIND, NULL));
        }
    }
}

static void give_up_power(void)
{
    const uint32_t kept = 1 << CAP_AUDIT_WRITE | 1 << CAP_KILL | 1 << CAP_NET_BIND_SERVICE;
    const struct rlimit files = { 1024, 1024 };
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct sets[2] = { { .effective = kept, .permitted = kept } };
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    MUST(setrlimit(RLIMIT_NOFILE, &files));
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
        if (capability >= 32 || (kept & 1u << capability) == 0) {
            prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
        }
    }
    MUST(setgroups(0, NULL));
    MUST(setresgid(0, 0, 0));
    MUST(setresuid(0, 0, 0));
    MUST(syscall(SYS_capset, &header, sets));
}

static void become_container(const char *rootfs, char **arguments)
{
    static char *const environment[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm", NULL };
    struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY };
    // Only now: in the clone it would have had the parent's cgroup as its root.
    MUST(unshare(CLONE_NEWCGROUP));
    MUST(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "floor"));
    int network = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    MUST(ioctl(network, SIOCSIFFLAGS, &loopback));
    umask(0);
    MUST(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL));
    MUST(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL));
    MUST(chdir(rootfs));
    mount_all();
    make_devices();
    MUST(syscall(SYS_pivot_root, ".", "."));
    MUST(umount2(".", MNT_DETACH));
    MUST(chdir("/"));
    MUST(setsid());
    MUST(syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &attributes, sizeof attributes));
    MUST(sethostname("runc", 4));
    protect_paths();
    give_up_power();
    umask(022);
    MUST(syscall(SYS_close_range, 3, ~0u, 0));
    MUST(execve(arguments[0], arguments, environment));
}

int main(int count, char **arguments)
{
    if (count < 4) {
        fputs("usage: floor ROOTFS CGROUP PROGRAM [ARGUMENT...]\n", stderr);
        return 125;
    }
    MUST(mkdir(arguments[2], 0755));
    int cgroup = open(arguments[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    restrict_devices(cgroup);
    struct clone_args clone = {
        .flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_INTO_CGROUP,
        .exit_signal = SIGCHLD,
        .cgroup = (uint64_t)cgroup,
    };
    pid_t child = (pid_t)syscall(SYS_clone3, &clone, sizeof clone);
    must(child >= 0, "clone3");
    if (child == 0) {
        become_container(arguments[1], arguments + 3);
    }
    int status;
    MUST(waitpid(child, &status, 0));
    MUST(rmdir(arguments[2]));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
