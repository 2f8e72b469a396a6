#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    puts(sqlite3_libversion());
    fflush(stdout);
    for (;;)
        pause();
}
