// refuse CALL=ERRNO... -- PROGRAM [ARG...]: runs a program under a seccomp filter that answers some system calls with an error, as the
// filter of an outer sandbox does that is older than these calls. Without no_new_privs: needs CAP_SYS_ADMIN.
#define _GNU_SOURCE
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct { const char *name; int number; } calls[] = {
    {"clone3", 435}, {"close_range", 436}, {"openat2", 437}, {"statx", SYS_statx}, {"faccessat2", 439}, {"pidfd_open", 434},
    {"pidfd_send_signal", 424}, {"pidfd_getfd", 438}, {"open_tree", 428}, {"move_mount", 429}, {"fsopen", 430}, {"fsconfig", 431},
    {"fsmount", 432}, {"fspick", 433}, {"mount_setattr", 442}, {"bpf", SYS_bpf}, {"seccomp", SYS_seccomp}, {"memfd_create", SYS_memfd_create},
    {"setns", SYS_setns}, {"keyctl", SYS_keyctl}, {"exit_group", SYS_exit_group}, {"sendmsg", SYS_sendmsg}, {"mremap", SYS_mremap},
    {"fstatfs", SYS_fstatfs}, {"flock", SYS_flock},
};

static int number(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strlen(calls[i].name) == length && memcmp(calls[i].name, name, length) == 0)
            return calls[i].number;
    fprintf(stderr, "refuse: %.*s is not in the table\n", (int)length, name);
    exit(2);
}

int main(int argc, char **argv)
{
    struct sock_filter code[128] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    unsigned short size = 1;
    int i = 1;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *equals = strchr(argv[i], '=');
        if (equals == NULL || size > 120)
            return fprintf(stderr, "refuse: %s is no CALL=ERRNO\n", argv[i]), 2;
        code[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number(argv[i], equals - argv[i]), 0, 1);
        code[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | atoi(equals + 1));
    }
    code[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {size, code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return perror("refuse: prctl"), 2;
    execv(argv[i + 1], argv + i + 1);
    perror("refuse: execv");
    return 2;
}
