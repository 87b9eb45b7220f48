// keyrings(7) from the inside, without libkeyutils.
//   show              prints "NUMBER DESCRIPTION" of the session keyring
//   label             prints the security label of the session keyring
//   find NAME         prints the number of the key of that name in the session keyring, or -ERRNO
//   with NAME CMD...  runs CMD with a session keyring that holds such a key
//   fill UID          becomes that user, makes keys until the quota is used up, prints -ERRNO of the last one and waits
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { JOIN_SESSION = 1, DESCRIBE = 6, SEARCH = 10, SECURITY = 17, GET_ID = 0, SESSION = -3 };

static long keyctl(int what, long first, long second, long third, long fourth)
{
    return syscall(SYS_keyctl, what, first, second, third, fourth);
}

static long add(const char *name)
{
    return syscall(SYS_add_key, "user", name, "secret", 6L, (long)SESSION);
}

int main(int argc, char **argv)
{
    char text[512] = "";
    if (argc == 2 && strcmp(argv[1], "show") == 0) {
        long number = keyctl(GET_ID, SESSION, 0, 0, 0);
        if (keyctl(DESCRIBE, SESSION, (long)text, sizeof text, 0) < 0) {
            return 1;
        }

        printf("%ld %s\n", number, text);
        return 0;
    }

    if (argc == 2 && strcmp(argv[1], "label") == 0) {
        if (keyctl(SECURITY, SESSION, (long)text, sizeof text, 0) < 0) {
            return 1;
        }

        printf("%s\n", text);
        return 0;
    }

    if (argc == 3 && strcmp(argv[1], "find") == 0) {
        long found = keyctl(SEARCH, SESSION, (long)"user", (long)argv[2], 0);
        printf("%ld\n", found < 0 ? -(long)errno : found);
        return 0;
    }

    if (argc > 3 && strcmp(argv[1], "with") == 0) {
        if (keyctl(JOIN_SESSION, 0, 0, 0, 0) < 0 || add(argv[2]) < 0) {
            return 1;
        }

        execv(argv[3], argv + 3);
        return 127;
    }

    if (argc == 3 && strcmp(argv[1], "fill") == 0) {
        if (setgid(65534) != 0 || setuid((uid_t)atol(argv[2])) != 0 || keyctl(JOIN_SESSION, 0, 0, 0, 0) < 0) {
            return 1;
        }

        for (int i = 0; i < 100000; i++) {
            snprintf(text, sizeof text, "punnet-test-%d", i);
            if (add(text) < 0) {
                break;
            }
        }

        printf("%ld\n", -(long)errno);
        fflush(stdout);
        pause();
    }

    return 2;
}
