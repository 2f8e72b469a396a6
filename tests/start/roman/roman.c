/* Prints numbers as Roman numerals; --names also says which century a year lies in. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct { int value; const char *sign; } SIGNS[] = {
    {1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
    {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"},
};

static int century(int year)
{
    char line[128];
    FILE *file = fopen("/usr/share/roman/centuries.txt", "r");
    if (!file) { perror("centuries.txt"); return 1; }
    for (int n = 1; fgets(line, sizeof line, file); n++)
        if (n == (year + 99) / 100) fputs(line, stdout);
    fclose(file);
    return 0;
}

int main(int argc, char **argv)
{
    int names = argc > 2 && !strcmp(argv[1], "--names");
    if (argc < 2) { fputs("usage: roman [--names] NUMBER...\n", stderr); return 2; }
    for (int i = 1 + names; i < argc; i++) {
        char *end;
        long number = strtol(argv[i], &end, 10);
        if (*end || number < 1 || number > 3999) { fprintf(stderr, "roman: %s?\n", argv[i]); return 1; }
        if (names) { if (century(number)) return 1; continue; }
        for (size_t s = 0; s < sizeof SIGNS / sizeof *SIGNS; s++)
            while (number >= SIGNS[s].value) { fputs(SIGNS[s].sign, stdout); number -= SIGNS[s].value; }
        putchar('\n');
    }
    return 0;
}
