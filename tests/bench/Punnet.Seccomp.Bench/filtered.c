// filtered FILE CPU COUNT: loads the filter of FILE ("-": none) and stays on one CPU. For each letter on standard input it makes COUNT
// system calls, g: getppid(2), p: personality(0xffffffff), and prints the nanoseconds that one took.
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        return 2;
    }

    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(atoi(argv[2]), &cpus);
    sched_setaffinity(0, sizeof cpus, &cpus);
    long count = atol(argv[3]);
    if (strcmp(argv[1], "-") != 0) {
        static struct sock_filter code[4096];
        FILE *file = fopen(argv[1], "r");
        if (!file) {
            return 1;
        }

        struct sock_fprog program = {(unsigned short)fread(code, sizeof *code, 4096, file), code};
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) != 0) {
            perror("seccomp");
            return 1;
        }
    }

    setvbuf(stdin, NULL, _IONBF, 0);
    for (int letter = getchar(); letter == 'g' || letter == 'p'; letter = getchar()) {
        double start = now();
        for (long i = 0; i < count; i++) {
            if (letter == 'g') {
                syscall(SYS_getppid);
            } else {
                syscall(SYS_personality, 0xffffffffUL);
            }
        }

        printf("%.3f\n", (now() - start) / (double)count);
        fflush(stdout);
    }

    return 0;
}
