// Makes the system calls NAME[:ARGUMENT...] one after the other and prints "NAME RESULT" for each, or "NAME -ERRNO". A name that is not in the
// table is a number.
// "handler" instead of a number catches SIGSYS from then on, and prints "SIGSYS".
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// What every architecture has.
static const struct { const char *name; long number; } calls[] = {
    {"clone", SYS_clone}, {"getpid", SYS_getpid}, {"getppid", SYS_getppid}, {"getpriority", SYS_getpriority}, {"mkdirat", SYS_mkdirat},
    {"mount", SYS_mount}, {"sync", SYS_sync}, {"unlinkat", SYS_unlinkat},
};

static long number_of(const char *name)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(name, calls[i].name) == 0) {
            return calls[i].number;
        }
    }

    return strtol(name, NULL, 0);
}

static void caught(int signal)
{
    (void)signal;
    (void)!write(1, "SIGSYS\n", 7);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        unsigned long long values[6] = {0};
        int count = 0;
        if (strcmp(argv[i], "handler") == 0) {
            signal(SIGSYS, caught);
            continue;
        }

        char *name = strtok(argv[i], ":"), *part;
        while (count < 6 && (part = strtok(NULL, ":"))) {
            values[count++] = strtoull(part, NULL, 0);
        }

        long result = syscall(number_of(name), values[0], values[1], values[2], values[3], values[4], values[5]);
        printf("%s %ld\n", name, result == -1 ? -(long)errno : result);
        fflush(stdout);
    }

    return 0;
}
