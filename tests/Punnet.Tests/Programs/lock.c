// lock FILE PROGRAM [ARGUMENT...]: locks a file as flock(2) does, and becomes the program, which keeps the lock.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

int main(int count, char **words)
{
    int file = count < 3 ? -1 : open(words[1], O_RDWR | O_CREAT, 0644);
    if (file < 0 || flock(file, LOCK_EX | LOCK_NB) != 0)
        return 1;
    execv(words[2], words + 2);
    return 127;
}
