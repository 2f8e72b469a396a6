/* Prints the effective user and whether the process holds CAP_NET_RAW: for setuid and file capabilities. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    char line[256];
    unsigned long long effective = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status)) {
        if (!strncmp(line, "CapEff:", 7)) for (char *at = line + 8; *at > ' '; at++)
            effective = effective * 16 + (unsigned)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
    }
    printf("euid %d raw %d\n", (int)geteuid(), (int)(effective >> 13 & 1));
    return 0;
}
