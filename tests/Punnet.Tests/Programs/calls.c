// Makes the system calls NUMBER[:ARGUMENT...] one after the other and prints "NUMBER RESULT" for each, or "NUMBER -ERRNO".
// "handler" instead of a number catches SIGSYS from then on, and prints "SIGSYS".
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void caught(int signal)
{
    (void)signal;
    (void)!write(1, "SIGSYS\n", 7);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        unsigned long long values[7] = {0};
        int count = 0;
        if (strcmp(argv[i], "handler") == 0) {
            signal(SIGSYS, caught);
            continue;
        }

        for (char *part = strtok(argv[i], ":"); part && count < 7; part = strtok(NULL, ":")) {
            values[count++] = strtoull(part, NULL, 0);
        }

        long result = syscall((long)values[0], values[1], values[2], values[3], values[4], values[5], values[6]);
        printf("%llu %ld\n", values[0], result == -1 ? -(long)errno : result);
        fflush(stdout);
    }

    return 0;
}
