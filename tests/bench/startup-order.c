// startup-order PROGRAM [ARGUMENT…]: executes an ELF program without relocation one instruction at a time, it and the processes that it
// clones, until they execute something else. Prints "x ADDRESS" for each 4 bytes of code when they are first executed, and at the end
// of the first process "w ADDRESS" for each 16 bytes of data that are not as in the file. ptrace(2), elf(5).
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

// No two methods begin in the same four bytes.
enum { Granule = 16, Step = 4 };
static const char *file;
static size_t size;
static unsigned long low = -1UL, high;
static unsigned char *seen;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void open_program(const char *path)
{
    int descriptor = open(path, O_RDONLY);
    struct stat status;
    if (descriptor < 0 || fstat(descriptor, &status) < 0)
        fail(path);
    size = status.st_size;
    file = mmap(NULL, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    const Elf64_Ehdr *head = (const void *)file;
    if (file == MAP_FAILED || head->e_type != ET_EXEC)
        fail("not a program at a fixed address");
    const Elf64_Phdr *part = (const void *)(file + head->e_phoff);
    for (int i = 0; i < head->e_phnum; i++) {
        if (part[i].p_type != PT_LOAD)
            continue;
        low = part[i].p_vaddr < low ? part[i].p_vaddr : low;
        high = part[i].p_vaddr + part[i].p_memsz > high ? part[i].p_vaddr + part[i].p_memsz : high;
    }
    seen = calloc((high - low) / Step + 1, 1);
}

static void print_written(pid_t process)
{
    char path[32], now[Granule];
    snprintf(path, sizeof path, "/proc/%d/mem", process);
    int memory = open(path, O_RDONLY);
    const Elf64_Ehdr *head = (const void *)file;
    const Elf64_Phdr *part = (const void *)(file + head->e_phoff);
    for (int i = 0; i < head->e_phnum; i++) {
        if (part[i].p_type != PT_LOAD || !(part[i].p_flags & PF_W))
            continue;
        for (unsigned long at = 0; at + Granule <= part[i].p_memsz; at += Granule) {
            char before[Granule] = { 0 };
            if (at + Granule <= part[i].p_filesz)
                memcpy(before, file + part[i].p_offset + at, Granule);
            if (pread(memory, now, Granule, part[i].p_vaddr + at) == Granule && memcmp(now, before, Granule) != 0)
                printf("w %lu\n", part[i].p_vaddr + at);
        }
    }
    close(memory);
}

static void step(pid_t process)
{
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, process, NULL, &registers) == 0 && registers.rip >= low && registers.rip < high) {
        unsigned char *was = &seen[(registers.rip - low) / Step];
        if (!*was)
            printf("x %llu\n", registers.rip);
        *was = 1;
    }
    ptrace(PTRACE_SINGLESTEP, process, NULL, NULL);
}

int main(int count, char **words)
{
    if (count < 2)
        return 2;
    open_program(words[1]);
    pid_t first = fork();
    if (first == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        int nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, 0);
        dup2(nowhere, 1);
        execv(words[1], words + 1);
        _exit(127);
    }
    int status;
    waitpid(first, &status, 0);
    ptrace(PTRACE_SETOPTIONS, first, NULL,
        PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT);
    step(first);
    for (pid_t process; (process = waitpid(-1, &status, __WALL)) > 0;) {
        if (!WIFSTOPPED(status)) {
            if (process == first) // What it leaves behind is no longer traced, and goes on.
                return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
            continue;
        }
        int event = status >> 16, signal = WSTOPSIG(status);
        if (event == PTRACE_EVENT_EXEC)
            ptrace(PTRACE_DETACH, process, NULL, NULL);
        else if (event == PTRACE_EVENT_EXIT) {
            if (process == first)
                print_written(process);
            ptrace(PTRACE_CONT, process, NULL, NULL);
        } else if (event != 0 || signal == SIGTRAP || signal == SIGSTOP)
            step(process);
        else
            ptrace(PTRACE_SINGLESTEP, process, NULL, (void *)(long)signal);
    }
    return 0;
}
