// A seccomp agent: agent SOCKET MODE [ERRNO]. Prints the state that it gets and a line "call NUMBER" for each call, or
// "call mkdirat". MODE: answer (mkdirat gets ERRNO, all others go on), die (ends once it has the listener), deaf (ends without reading),
// late (answers, but waits a moment before each answer).
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int receive(int connection)
{
    static char state[65536];
    char space[CMSG_SPACE(sizeof(int))];
    struct iovec vector = {state, sizeof state - 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    ssize_t length = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *control = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (!control) {
        return -1;
    }

    // The sender closes its end behind the state.
    ssize_t more;
    while ((more = read(connection, state + length, sizeof state - 1 - length)) > 0) {
        length += more;
    }

    int listener;
    memcpy(&listener, CMSG_DATA(control), sizeof listener);
    printf("%s\n", state);
    fflush(stdout);
    return listener;
}

int main(int argc, char **argv)
{
    int refusal = argc > 3 ? atoi(argv[3]) : 0;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    // Under its own name only once it listens: whoever waits for the file connects at once.
    snprintf(address.sun_path, sizeof address.sun_path, "%s-", argv[1]);
    int socket_ = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(socket_, (struct sockaddr *)&address, sizeof address) || listen(socket_, 5) || rename(address.sun_path, argv[1])) {
        perror("listen");
        return 1;
    }

    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int connection = accept(socket_, NULL, NULL);
        if (strcmp(argv[2], "deaf") == 0) {
            return 0;
        }

        // Every process of a container has a listener of its own.
        if (strcmp(argv[2], "die") != 0 && fork() != 0) {
            close(connection);
            continue;
        }

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int listener = receive(connection);
        close(connection);
        if (strcmp(argv[2], "die") == 0) {
            return 0;
        }

        struct pollfd end = {listener, POLLIN, 0};
        while (listener >= 0 && poll(&end, 1, -1) == 1 && (end.revents & POLLIN)) {
            struct seccomp_notif call = {0};
            if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call)) {
                continue;
            }

            if (call.data.nr == SYS_mkdirat) {
                puts("call mkdirat");
            } else {
                printf("call %d\n", call.data.nr);
            }

            fflush(stdout);
            if (strcmp(argv[2], "late") == 0) {
                usleep(100000);
            }

            struct seccomp_notif_resp answer = {.id = call.id};
            if (call.data.nr == SYS_mkdirat) {
                answer.error = -refusal;
            } else {
                answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
            }

            ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
        }

        return 0;
    }
}
