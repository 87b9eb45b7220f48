// hello: says so. Linked with another interpreter it shows whose code runs.
#include <stdio.h>

int main(void)
{
    puts("hello");
    return 0;
}
