// forger: takes the sockets of every other process of its pid namespace, with CAP_SYS_PTRACE, and says every kind of nonsense there.
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    int told = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ready\n");
    DIR *proc = opendir("/proc");
    for (;;) {
        rewinddir(proc);
        struct dirent *entry;
        while ((entry = readdir(proc)) != NULL) {
            int pid = atoi(entry->d_name);
            if (pid <= 1 || pid == getpid())
                continue;
            int process = syscall(SYS_pidfd_open, pid, 0);
            for (int number = 3; number < 24; number++) {
                int socket = syscall(SYS_pidfd_getfd, process, number, 0);
                if (socket < 0)
                    continue;
                for (int round = 0; round < 4; round++) {
                    int message[4] = {1 + rand() % 15, rand() % 3 ? 1 + rand() % 100 : 1, rand() % 2 ? -1 : 1 << 30, rand() % 200};
                    if (send(socket, message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT) > 0 && told++ == 0)
                        printf("forged\n");
                }
                close(socket);
            }
            close(process);
        }
    }
}
