/* The tests' own HTTP server: dynamically linked, with one library of its own found by RUNPATH and
 * one that is loaded with dlopen when the first request for it comes.
 *
 *   server [--port N] [--walk FOLDER] [--lazy FILE]
 *
 *   GET /pid       its process id
 *   GET /sum       what the linked library says
 *   GET /plugin    what the library loaded by dlopen says
 *   GET /lazy      the bytes of FILE, opened by the request
 *   GET /walk      one line a name below FOLDER: kind, bytes, a sum of the content
 *   any other      "hello"
 *
 * SIGTERM: prints "stopping" and exits with 0. One request at a time, HTTP/1.0.
 */
#define _XOPEN_SOURCE 700
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

extern int counted(int a, int b);

static const char *walked = "/srv", *lazy = "/srv/lazy.txt";
static char out[1 << 16];
static size_t used;

static void stop(int number) {
    static const char text[] = "stopping\n";
    (void)number;
    if (write(1, text, sizeof text - 1) < 0) _exit(1);
    _exit(0);
}

static void say(const char *text, size_t size) {
    if (used + size > sizeof out) size = sizeof out - used;
    memcpy(out + used, text, size);
    used += size;
}

static void file(const char *path) {
    char part[4096];
    ssize_t got;
    int from = open(path, O_RDONLY);
    if (from < 0) { say("missing\n", 8); return; }
    while ((got = read(from, part, sizeof part)) > 0) say(part, (size_t)got);
    close(from);
}

static void line(const char *kind, const char *name, long size, unsigned long sum) {
    char text[512];
    int length = snprintf(text, sizeof text, "%s %ld %lu %s\n", kind, size, sum, name);
    say(text, (size_t)length);
}

static int named(const struct dirent *entry) { return strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."); }
static int order(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static void walk(const char *folder) {
    struct dirent **names;
    int count = scandir(folder, &names, named, order);
    for (int at = 0; at < count; at++) {
        char path[4096], target[4096];
        struct stat seen;
        snprintf(path, sizeof path, "%s/%s", folder, names[at]->d_name);
        if (lstat(path, &seen) != 0) { line("lost", names[at]->d_name, 0, 0); continue; }
        if (S_ISDIR(seen.st_mode)) { line("folder", names[at]->d_name, 0, 0); walk(path); }
        else if (S_ISFIFO(seen.st_mode)) line("fifo", names[at]->d_name, 0, 0);
        else if (S_ISLNK(seen.st_mode)) line("link", names[at]->d_name, (long)readlink(path, target, sizeof target), 0);
        else {
            unsigned long sum = 0;
            unsigned char part[4096];
            ssize_t got;
            int from = open(path, O_RDONLY);
            while ((got = read(from, part, sizeof part)) > 0) for (ssize_t i = 0; i < got; i++) sum = sum * 31 + part[i];
            close(from);
            line("file", names[at]->d_name, (long)seen.st_size, sum & 0xffffffffUL);
        }
        free(names[at]);
    }
    if (count >= 0) free(names);
}

static void answer(const char *request) {
    char text[256];
    int length = 0;
    used = 0;
    if (!strncmp(request, "GET /pid ", 9)) length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    else if (!strncmp(request, "GET /sum ", 9)) length = snprintf(text, sizeof text, "%d\n", counted(20, 22));
    else if (!strncmp(request, "GET /plugin ", 12)) {
        void *library = dlopen("/opt/server/plugins/greeting.so", RTLD_NOW);
        const char *(*greeting)(void) = NULL;
        if (library) *(void **)&greeting = dlsym(library, "greeting");
        length = snprintf(text, sizeof text, "%s\n", greeting ? greeting() : dlerror());
    }
    else if (!strncmp(request, "GET /lazy ", 10)) { file(lazy); return; }
    else if (!strncmp(request, "GET /walk ", 10)) { walk(walked); return; }
    else length = snprintf(text, sizeof text, "hello\n");
    say(text, (size_t)length);
}

int main(int argc, char **argv) {
    int port = 8080, yes = 1;
    for (int at = 1; at + 1 < argc; at += 2) {
        if (!strcmp(argv[at], "--port")) port = atoi(argv[at + 1]);
        if (!strcmp(argv[at], "--walk")) walked = argv[at + 1];
        if (!strcmp(argv[at], "--lazy")) lazy = argv[at + 1];
    }
    signal(SIGTERM, stop);
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 16)) { perror("listen"); return 1; }
    printf("listening on %d\n", port);
    fflush(stdout);
    for (;;) {
        int peer = accept(listener, NULL, NULL);
        if (peer < 0) continue;
        char request[4096];
        ssize_t got = read(peer, request, sizeof request - 1);
        if (got > 0) {
            char head[128];
            request[got] = 0;
            answer(request);
            int length = snprintf(head, sizeof head, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %lu\r\n\r\n", (unsigned long)used);
            if (write(peer, head, (size_t)length) < 0 || write(peer, out, used) < 0) perror("answer");
        }
        close(peer);
    }
}
