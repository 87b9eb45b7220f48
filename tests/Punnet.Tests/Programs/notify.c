// Says what its arguments are to NOTIFY_SOCKET, one message each, as sd_notify(3) does. BARRIER waits as sd_notify_barrier(3) does, and
// SLEEP waits for ever.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int count, char **words)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *path = getenv("NOTIFY_SOCKET");
    if (path == NULL) {
        puts("no NOTIFY_SOCKET");
        return 1;
    }

    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int channel = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (connect(channel, (struct sockaddr *)&address, sizeof address) != 0) {
        printf("connect to %s: %s\n", path, strerror(errno));
        return 1;
    }

    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "SLEEP") == 0) {
            sleep(1000);
        }

        int ends[2] = { -1, -1 };
        int barrier = strcmp(words[i], "BARRIER") == 0;
        const char *text = barrier ? "BARRIER=1" : words[i];
        struct iovec piece = { (void *)text, strlen(text) };
        union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr header; } control = { 0 };
        struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
        if (barrier && pipe(ends) == 0) {
            message.msg_control = &control;
            message.msg_controllen = sizeof control;
            control.header.cmsg_level = SOL_SOCKET;
            control.header.cmsg_type = SCM_RIGHTS;
            control.header.cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(&control.header), &ends[1], sizeof(int));
        }

        if (sendmsg(channel, &message, 0) < 0) {
            printf("send: %s\n", strerror(errno));
            return 1;
        }

        if (barrier) {
            close(ends[1]);
            struct pollfd wait = { ends[0], 0, 0 };
            poll(&wait, 1, -1);
            close(ends[0]);
            puts("past the barrier");
            fflush(stdout);
        }
    }

    return 0;
}
