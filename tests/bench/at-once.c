/* Starts a program some times at once and waits for all of them: what a shell would add to that, each start a fork and its own copies, is
 * no part of a runtime's time.
 *
 *     at-once COUNT PROGRAM ARGUMENT…     each start gets its number, from 1, behind its last argument
 *
 * Ends with 1 if one of them failed, and with 2 if one could not be started. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

int main(int count, char **arguments)
{
    int starts = count > 3 ? atoi(arguments[1]) : 0;
    const char *last = arguments[count - 1];
    for (int number = 1; number <= starts; number++) {
        char numbered[256];
        snprintf(numbered, sizeof numbered, "%s%d", last, number);
        arguments[count - 1] = numbered;
        if (posix_spawn(&(pid_t){ 0 }, arguments[2], NULL, NULL, arguments + 2, environ) != 0)
            return 2;
    }

    int failed = starts == 0, status;
    while (wait(&status) > 0)
        failed |= status != 0;
    return failed;
}
