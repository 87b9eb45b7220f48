// Leaves something odd to the program that it becomes: WHAT... -- PROGRAM ARGUMENT...
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char huge[100 * 1024];
static char *odd_environment[] = { "", "=", "NOEQUALS", "=X", "A==", "DOTNET_GCHeapHardLimit=1", "DOTNET_gcServer=1", "DOTNET_GCgen0size=1",
    "DOTNET_EnableEventPipe=1", "LANG=\xff\xfe", "TZ=/dev/full", "MALLOC_PERTURB_=255", huge, NULL };
static char *no_environment[] = { NULL };
extern char **environ;

// The C library keeps signals 32 to 34 for itself.
static void ignore(int signal)
{
    struct { void *handler; unsigned long flags, restorer, mask; } action = { .handler = SIG_IGN };
    syscall(SYS_rt_sigaction, signal, &action, NULL, 8);
}

static int limit(const char *name)
{
    static const struct { const char *name; int kind; } kinds[] = {
        { "as", RLIMIT_AS }, { "data", RLIMIT_DATA }, { "stack", RLIMIT_STACK }, { "fsize", RLIMIT_FSIZE }, { "nofile", RLIMIT_NOFILE },
    };
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t length = strlen(kinds[i].name);
        if (strncmp(name, kinds[i].name, length) == 0 && name[length] == '=') {
            rlim_t value = strtoul(name + length + 1, NULL, 10);
            struct rlimit both = { value, value };
            return setrlimit(kinds[i].kind, &both);
        }
    }

    return -1;
}

int main(int count, char **words)
{
    int i = 1, ends[2];
    for (; i < count && strcmp(words[i], "--") != 0; i++) {
        const char *word = words[i];
        if (strncmp(word, "ignore=", 7) == 0) {
            int only = atoi(word + 7); // 0: all
            for (int signal = 1; signal <= 64; signal++) {
                if (only == 0 || signal == only) {
                    ignore(signal);
                }
            }
        } else if (strcmp(word, "block") == 0) {
            unsigned long all = ~0UL;
            syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
        } else if (strncmp(word, "umask=", 6) == 0) {
            umask(strtoul(word + 6, NULL, 8));
        } else if (strncmp(word, "close=", 6) == 0) {
            close(atoi(word + 6));
        } else if (strcmp(word, "full") == 0) {
            dup2(open("/dev/full", O_WRONLY), 1);
        } else if (strcmp(word, "broken") == 0 && pipe(ends) == 0) {
            dup2(ends[1], 1);
            close(ends[0]);
            close(ends[1]);
        } else if (strcmp(word, "mute") == 0) {
            dup2(open("/dev/full", O_WRONLY), 2);
        } else if (strcmp(word, "environment") == 0) {
            memset(huge, 'x', sizeof huge - 1);
            memcpy(huge, "HUGE=", 5);
            environ = odd_environment;
        } else if (strcmp(word, "bare") == 0) {
            environ = no_environment;
        } else if (limit(word) != 0) {
            fprintf(stderr, "inherit: %s?\n", word);
            return 125;
        }
    }

    execve(words[i + 1], words + i + 1, environ);
    return 126;
}
