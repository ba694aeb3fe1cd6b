/* The kernel's own TCP behind the services that every peer offers; see services.py for the ports.
 *
 *   serve DISCARD PORTS CHARGEN ECHO HANGUP PORTS HALF
 *
 * One thread, epoll. PORTS consecutive ports discard (and close when the client has), PORTS hang up at once.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DISCARD, CHARGEN, ECHO, HANGUP, LISTENER = 8 };
static char buffer[1 << 18];
static int ep;

static void watch(int fd, int kind, uint32_t events) {
    struct epoll_event e = {.events = events, .data.u64 = (uint32_t)fd | (uint64_t)kind << 32};
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static void listen_at(int port, int kind) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    /* As the load's; what is accepted inherits it. */
    if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) < 0) perror("cubic");
    if (bind(fd, (void *)&a, sizeof a) < 0 || listen(fd, 200000) < 0) { perror("listen"); exit(1); }
    watch(fd, kind | LISTENER, EPOLLIN);
}

static void meet(int listener, int kind) {
    for (int i = 0; i < 64; i++) {
        int fd = accept4(listener, 0, 0, SOCK_NONBLOCK), one = 1;
        if (fd < 0) return;
        if (kind == HANGUP) { close(fd); continue; }
        if (kind == ECHO) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(fd, kind, kind == CHARGEN ? EPOLLOUT : EPOLLIN);
    }
}

static void serve(int fd, int kind) {
    ssize_t r = kind == CHARGEN ? write(fd, buffer, sizeof buffer) : read(fd, buffer, sizeof buffer);
    if (r > 0 && kind == ECHO) r = write(fd, buffer, r);
    if (r == 0 || (r < 0 && errno != EAGAIN)) close(fd);
}

int main(int c, char **v) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    struct rlimit wish = {250000, 250000};
    if (setrlimit(RLIMIT_NOFILE, &wish) < 0) { files.rlim_cur = files.rlim_max; setrlimit(RLIMIT_NOFILE, &files); }
    signal(SIGPIPE, SIG_IGN);
    if (c != 8) return 2;
    ep = epoll_create1(0);
    for (int i = 0; i < atoi(v[2]); i++) listen_at(atoi(v[1]) + i, DISCARD);
    listen_at(atoi(v[3]), CHARGEN);
    listen_at(atoi(v[4]), ECHO);
    for (int i = 0; i < atoi(v[6]); i++) listen_at(atoi(v[5]) + i, HANGUP);
    listen_at(atoi(v[7]), DISCARD);
    for (;;) {
        struct epoll_event ev[256];
        int n = epoll_wait(ep, ev, 256, -1);
        for (int i = 0; i < n; i++) {
            int fd = (int)(ev[i].data.u64 & 0xffffffff), kind = ev[i].data.u64 >> 32;
            if (kind & LISTENER) meet(fd, kind & ~LISTENER);
            else serve(fd, kind);
        }
    }
}
