#include <yaml.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    puts(yaml_get_version_string());
    fflush(stdout);
    for (;;)
        pause();
}
