/* A tree of files, for tests of layers: `tree make DIR` fills an empty directory with every kind of file, `tree deep DIR` makes
   directories deeper than any path may be long, `tree print DIR [OPTION…]` prints one line a file with all that stat and xattr know.
   Works by descriptors, so that neither names nor depth matter.

   print: --no-sockets, --no-holes, --no-marks (attributes of overlayfs left out), --no-root (the directory
   itself), --no-mounts (what is mounted in it). */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

static int no_sockets, no_holes, no_marks, no_root, no_mounts;
static dev_t top_device;
static struct { dev_t device; ino_t inode; char *first; } links[4096];
static int link_count;

static void check(int failed, const char *what)
{
    if (failed) {
        perror(what);
        exit(1);
    }
}

static void print_escaped(const char *text)
{
    for (; *text; text++) {
        unsigned char one = (unsigned char)*text;
        if (one <= ' ' || one >= 0x7f || one == '\\')
            printf("\\%03o", one);
        else
            putchar(one);
    }
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static int is_left_out(const char *name)
{
    return no_marks && (!strncmp(name, "trusted.overlay.", 16) || !strncmp(name, "user.overlay.", 13));
}

/* Through /proc/self/fd, so that links, devices and fifos have theirs printed too. */
static void print_attributes(int directory, const char *name)
{
    static char names[65536], value[65536];
    char path[400], *sorted[1000];
    int count = 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", directory, name);
    ssize_t length = llistxattr(path, names, sizeof names);
    for (char *at = names; length > 0 && at < names + length; at += strlen(at) + 1)
        if (!is_left_out(at))
            sorted[count++] = at;
    qsort(sorted, (size_t)count, sizeof *sorted, by_text);
    for (int i = 0; i < count; i++) {
        ssize_t size = lgetxattr(path, sorted[i], value, sizeof value);
        printf(" %s=", sorted[i]);
        for (ssize_t j = 0; j < size; j++)
            printf("%02x", (unsigned char)value[j]);
    }
}

static void print_content(int directory, const char *name)
{
    static unsigned char buffer[65536];
    uint64_t hash = 14695981039346656037u;
    int file = openat(directory, name, O_RDONLY | O_NOFOLLOW);
    check(file < 0, name);
    for (ssize_t count; (count = read(file, buffer, sizeof buffer)) > 0;)
        for (ssize_t i = 0; i < count; i++)
            hash = (hash ^ buffer[i]) * 1099511628211u;
    close(file);
    printf(" content %016llx", (unsigned long long)hash);
}

static void print_link_group(const struct stat *status, const char *path)
{
    for (int i = 0; i < link_count; i++)
        if (links[i].device == status->st_dev && links[i].inode == status->st_ino) {
            printf(" same as ");
            print_escaped(links[i].first);
            return;
        }
    if (link_count < 4096) {
        links[link_count].device = status->st_dev;
        links[link_count].inode = status->st_ino;
        links[link_count++].first = strdup(path);
    }
}

static void print_tree(int directory, const char *path);

static void print_one(int directory, const char *name, const char *path)
{
    struct stat status;
    check(fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW), name);
    int is_directory = S_ISDIR(status.st_mode);
    if ((no_sockets && S_ISSOCK(status.st_mode)) || (no_mounts && is_directory && status.st_dev != top_device))
        return;
    print_escaped(*path ? path : "/");
    printf(" %06o %u:%u %lld.%09ld", status.st_mode, status.st_uid, status.st_gid, (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))
        printf(" device %u:%u", major(status.st_rdev), minor(status.st_rdev));
    if (!is_directory && status.st_nlink > 1)
        print_link_group(&status, path);
    if (S_ISREG(status.st_mode)) {
        printf(" size %lld", (long long)status.st_size);
        if (!no_holes && (long long)status.st_blocks * 512 < status.st_size)
            printf(" holes");
        print_content(directory, name);
    }
    if (S_ISLNK(status.st_mode)) {
        char target[4097];
        ssize_t length = readlinkat(directory, name, target, 4096);
        target[length < 0 ? 0 : length] = 0;
        printf(" -> ");
        print_escaped(target);
    }
    print_attributes(directory, name);
    putchar('\n');
    if (is_directory) {
        int child = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        check(child < 0, name);
        print_tree(child, path);
        close(child);
    }
}

static void print_tree(int directory, const char *path)
{
    size_t count = 0, room = 64;
    char **names = malloc(room * sizeof *names);
    DIR *list = fdopendir(dup(directory));
    check(!list, "fdopendir");
    for (struct dirent *entry; (entry = readdir(list));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (count == room)
            names = realloc(names, (room *= 2) * sizeof *names);
        names[count++] = strdup(entry->d_name);
    }
    closedir(list);
    qsort(names, count, sizeof *names, by_text);
    for (size_t i = 0; i < count; i++) {
        char *below;
        check(asprintf(&below, "%s/%s", path, names[i]) < 0, "asprintf");
        print_one(directory, names[i], below);
        free(below);
        free(names[i]);
    }
    free(names);
}

static void set_times(const char *name, long seconds, long nanoseconds)
{
    struct timespec times[2] = { { 1000000000, 1 }, { seconds, nanoseconds } };
    check(utimensat(AT_FDCWD, name, times, AT_SYMLINK_NOFOLLOW), name);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
    int file = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    check(file < 0, name);
    check(write(file, text, strlen(text)) < 0, name);
    check(fchmod(file, mode), name);
    close(file);
}

static void set_attribute(const char *name, const char *attribute, const void *value, size_t length)
{
    if (lsetxattr(name, attribute, value, length, 0) && errno != EOPNOTSUPP)
        check(1, attribute);
}

static void make_sparse(const char *name, off_t size, off_t data)
{
    int file = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
    check(file < 0, name);
    check(ftruncate(file, size), name);
    if (data >= 0)
        check(pwrite(file, "in the middle", 13, data) < 0, name);
    close(file);
}

static void make_large(const char *name, long size)
{
    int file = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
    uint32_t chunk[4096], state = 1;
    check(file < 0, name);
    for (long done = 0; done < size; done += (long)sizeof chunk) {
        for (int i = 0; i < 4096; i++)
            chunk[i] = state = state * 1664525u + 1013904223u;
        check(write(file, chunk, sizeof chunk) < 0, name);
    }
    close(file);
}

static void make_socket(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int end = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(address.sun_path, name);
    check(bind(end, (struct sockaddr *)&address, sizeof address), name);
    close(end);
}

static void make(void)
{
    static const unsigned char access_list[] = { 2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 2, 0, 4, 0, 0xe9, 3, 0, 0,
        4, 0, 5, 0, 255, 255, 255, 255, 16, 0, 5, 0, 255, 255, 255, 255, 32, 0, 4, 0, 255, 255, 255, 255 };
    static const unsigned char capability[] = { 1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
    char longest[256], target[3000];
    umask(0);
    memset(longest, 'l', 255);
    longest[255] = 0;
    memset(target, 't', sizeof target - 1);
    target[sizeof target - 1] = 0;

    write_file("plain", "plain\n", 0644);
    write_file("empty", "", 0400);
    write_file("setuid", "s", 04755);
    write_file("setgid", "s", 02711);
    write_file("none", "no permissions", 0);
    write_file("owned", "o", 0640);
    check(chown("owned", 12345, 54321), "owned");
    write_file("large-owner", "o", 0640);
    check(chown("large-owner", 3000000000u, 2500000), "large-owner");
    write_file("new\nline", "n", 0644);
    write_file("\377\376bytes", "b", 0644);
    write_file("\303\244\342\202\254", "utf-8", 0644);
    write_file(" blank ", "b", 0644);
    write_file("-dash", "b", 0644);
    write_file("back\\slash", "b", 0644);
    write_file(longest, "l", 0644);
    write_file("first", "linked", 0644);
    check(mkdir("hard", 0755) || link("first", "hard/second") || link("first", "third"), "link");
    check(symlink("/etc/shadow", "to-shadow") || symlink("../../../../etc/passwd", "upwards") || symlink(target, "long-link"), "symlink");
    check(lchown("to-shadow", 77, 78), "to-shadow");
    check(mkfifo("fifo", 0622) || chmod("fifo", 0622), "fifo");
    check(mknod("character", S_IFCHR | 0666, makedev(1, 3)) || mknod("block", S_IFBLK | 0660, makedev(259, 300000)), "mknod");
    check(link("fifo", "fifo-again"), "fifo-again");
    make_socket("socket");
    make_sparse("sparse", 16 << 20, 10 << 20);
    make_sparse("hole", 5 << 20, -1);
    make_large("large", 6 << 20);
    check(mkdir("sticky", 01777) || chmod("sticky", 01777), "sticky");
    check(mkdir("closed", 0) || mkdir("empty-directory", 0700), "mkdir");

    write_file("attributes", "a", 0644);
    set_attribute("attributes", "user.text", "text", 4);
    set_attribute("attributes", "user.bytes", "\0\n=\377", 4);
    set_attribute("attributes", "user.odd=name%41", "v", 1);
    set_attribute("attributes", "user.empty", "", 0);
    set_attribute("attributes", "trusted.other", "t", 1);
    set_attribute("to-shadow", "trusted.on-link", "t", 1);
    set_attribute("fifo", "trusted.on-fifo", "t", 1);
    write_file("acl", "a", 0750);
    set_attribute("acl", "system.posix_acl_access", access_list, sizeof access_list);
    set_attribute("hard", "system.posix_acl_default", access_list, sizeof access_list);
    write_file("capable", "c", 0755);
    check(chown("capable", 5, 6), "capable");
    set_attribute("capable", "security.capability", capability, sizeof capability);

    set_times("plain", 1234567890, 123456789);
    set_times("empty", -2, 500000000);
    set_times("to-shadow", 1, 0);
    set_times("fifo", 4294967296, 999999999);
    set_times("closed", 946684800, 1);
    set_times("hard", 946684800, 100000000);
}

/* Sixty names of two hundred bytes: three times PATH_MAX. */
static void make_deep(void)
{
    char name[201];
    memset(name, 'd', 200);
    name[200] = 0;
    for (int depth = 0; depth < 60; depth++) {
        check(mkdir(name, 0755) || chdir(name), "deep");
        if (depth % 20 == 19)
            write_file("at", "deep down", 0600);
    }
    check(link("at", "../again"), "again");
}

int main(int count, char **words)
{
    int directory = -1;
    for (int i = 3; i < count; i++) {
        no_sockets |= !strcmp(words[i], "--no-sockets");
        no_holes |= !strcmp(words[i], "--no-holes");
        no_marks |= !strcmp(words[i], "--no-marks");
        no_root |= !strcmp(words[i], "--no-root");
        no_mounts |= !strcmp(words[i], "--no-mounts");
    }
    check(count < 3 || (directory = open(words[2], O_RDONLY | O_DIRECTORY)) < 0 || fchdir(directory), "usage");
    struct stat top;
    check(fstat(directory, &top), words[2]);
    top_device = top.st_dev;
    if (!strcmp(words[1], "make"))
        make();
    else if (!strcmp(words[1], "deep"))
        make_deep();
    else if (no_root)
        print_tree(directory, "");
    else
        print_one(directory, ".", "");
    return 0;
}
