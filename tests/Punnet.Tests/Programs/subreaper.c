// subreaper PIDFILE PROGRAM ARGUMENTS...
// Runs the program as a subreaper, as an engine's monitor does, and says whether the process of the pid file has become its own child.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
    (void)argc;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    pid_t child = fork();
    if (child == 0) {
        execv(argv[2], argv + 2);
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0)
        return 1;
    char path[64], line[256];
    int pid = 0, parent = 0;
    FILE *file = fopen(argv[1], "r");
    if (!file || fscanf(file, "%d", &pid) != 1)
        return 2;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "PPid: %d", &parent) == 1)
            break;
    printf("child %d\n", parent == getpid());
    fflush(stdout);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return 0;
}
