// keeper PROGRAM ARGUMENTS...
// Runs the program as a subreaper, says "ready", and waits for what the program has left behind only after SIGUSR1; then it says "reaped".
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    (void)argc;
    sigset_t asked;
    int status = 0, which;
    sigemptyset(&asked);
    sigaddset(&asked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &asked, NULL);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    pid_t child = fork();
    if (child == 0) {
        sigprocmask(SIG_UNBLOCK, &asked, NULL);
        execv(argv[1], argv + 1);
        _exit(127);
    }
    waitpid(child, &status, 0);
    if (status != 0)
        return 1;
    puts("ready");
    fflush(stdout);
    sigwait(&asked, &which);
    while (waitpid(-1, &status, WNOHANG) > 0)
        ;
    puts("reaped");
    fflush(stdout);
    pause();
    return 0;
}
