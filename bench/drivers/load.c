/* The kernel-side client of every row: a program in a private network that loads the stack at the other end.
 *
 *   load cycles ADDR PORT PORTS CONC SECS   connect, half-close, read to the end, close; CONC at once
 *   load echo   ADDR PORT SECS              one byte there and back, on one connection
 *   load into   ADDR PORT SECS              one connection, as fast as the stack takes it
 *   load outof  ADDR PORT SECS              one connection, as fast as the stack sends
 *   load hold   ADDR PORT PORTS N SECS      N idle connections, held until standard input ends
 *   load rest   ADDR PORT PORTS N SECS      N connections that the server closes first: it keeps the TIME-WAIT
 *   load first  ADDR PORT SECS              try until a connect succeeds
 *
 * PORTS consecutive ports are used in turn: the kernel has about 32,000 source ports for each. Every loop ends by
 * time and by count. One line of JSON comes out; times are seconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 1000000

static struct sockaddr_in to;
static int first_port, ports = 1;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static double used(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

static int compare(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void print_times(const char *name, float *v, size_t n) {
    if (!n) return;
    qsort(v, n, sizeof *v, compare);
    printf(", \"%s_p50\": %.9f, \"%s_p99\": %.9f", name, v[n / 2], name, v[(size_t)(n * 0.99)]);
}

/* So that nothing of ours lingers: a reset instead of a FIN. */
static void drop(int fd) {
    struct linger l = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
    close(fd);
}

/* The machine's default may pace (BBR), which would be measured in the stack's stead; it can't be set for all at once. */
static void choose_congestion(int fd) {
    static int told;
    if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) < 0 && !told++) perror("cubic");
}

static void turn_port(void) {
    static int turn;
    to.sin_port = htons(first_port + turn++ % ports);
}

static int begin(int source) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0) return -1;
    choose_congestion(fd);
    if (source) {
        struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons(source)};
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(fd, (void *)&from, sizeof from) < 0) { close(fd); return -1; }
    }
    else turn_port();
    if (connect(fd, (void *)&to, sizeof to) < 0 && errno != EINPROGRESS) { close(fd); return -1; }
    return fd;
}

/* --- cycles: edge-triggered, so that one registration serves a connection's whole life ---------------------------- */

struct slot { int fd, open; double since; };

static int start(int ep, struct slot *s) {
    s->open = 0;
    s->since = now();
    s->fd = begin(0);
    if (s->fd < 0) return -1;
    struct epoll_event e = {.events = EPOLLOUT | EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = s};
    return epoll_ctl(ep, EPOLL_CTL_ADD, s->fd, &e);
}

static void cycles(int at_once, double secs) {
    int ep = epoll_create1(0);
    struct slot *slots = calloc(at_once, sizeof *slots);
    float *opened = malloc(MOST * sizeof *opened), *whole = malloc(MOST * sizeof *whole);
    size_t n_open = 0, n = 0, errors = 0;
    double t0 = now(), cpu = used(), t;
    for (int i = 0; i < at_once; i++) if (start(ep, &slots[i]) < 0) errors++;
    struct epoll_event ev[256];
    while ((t = now()) < t0 + secs && n < MOST && n_open < MOST && errors < 10000) {
        int got = epoll_wait(ep, ev, 256, 100);
        for (int i = 0; i < got && n < MOST && n_open < MOST; i++) {
            struct slot *s = ev[i].data.ptr;
            if (s->fd < 0) continue;
            if (ev[i].events & EPOLLERR) {
                errors++;
                close(s->fd);
                if (start(ep, s) < 0) { errors++; }
                continue;
            }
            if (!s->open && ev[i].events & EPOLLOUT) {
                opened[n_open++] = now() - s->since;
                shutdown(s->fd, SHUT_WR);
                s->open = 1;
            }
            if (s->open && ev[i].events & (EPOLLIN | EPOLLRDHUP)) {
                char b[4096];
                ssize_t r = read(s->fd, b, sizeof b);
                if (r > 0 || (r < 0 && errno == EAGAIN)) continue;
                if (r < 0) errors++;
                else whole[n++] = now() - s->since;
                close(s->fd);
                if (start(ep, s) < 0) errors++;
            }
        }
    }
    double took = now() - t0;
    printf("{\"cycles\": %zu, \"secs\": %.6f, \"errors\": %zu, \"cpu\": %.6f", n, took, errors, used() - cpu);
    print_times("connect", opened, n_open);
    print_times("cycle", whole, n);
    printf("}\n");
    for (int i = 0; i < at_once; i++) if (slots[i].fd >= 0) drop(slots[i].fd);
}

/* --- one connection ----------------------------------------------------------------------------------------------- */

static int open_one(double patience) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    struct timeval wait = {patience, 0};
    choose_congestion(fd);
    to.sin_port = htons(first_port);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (void *)&to, sizeof to) < 0) { perror("connect"); exit(1); }
    return fd;
}

static void echo(double secs) {
    int fd = open_one(2);
    float *times = malloc(MOST * sizeof *times);
    size_t n = 0;
    double t0 = now(), cpu = used(), sent;
    char c = 'x';
    while ((sent = now()) < t0 + secs && n < MOST) {
        if (write(fd, &c, 1) != 1 || read(fd, &c, 1) != 1) { perror("echo"); exit(1); }
        times[n++] = now() - sent;
    }
    printf("{\"turns\": %zu, \"secs\": %.6f, \"cpu\": %.6f", n, now() - t0, used() - cpu);
    print_times("turn", times, n);
    printf("}\n");
    drop(fd);
}

static void bulk(int into, double secs) {
    int fd = open_one(2);
    size_t piece = 256 << 10;
    char *b = calloc(1, piece);
    unsigned long long total = 0;
    double t0 = now(), cpu = used();
    while (now() < t0 + secs) {
        ssize_t r = into ? write(fd, b, piece) : read(fd, b, piece);
        if (r < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (r <= 0) { perror("bulk"); exit(1); }
        total += r;
    }
    double took = now() - t0;
    struct tcp_info ti;
    socklen_t l = sizeof ti;
    memset(&ti, 0, sizeof ti);
    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &l);
    /* What lies in our own send buffer has not gone into the stack. */
    if (into && ti.tcpi_bytes_acked) total = ti.tcpi_bytes_acked;
    printf("{\"bytes\": %llu, \"secs\": %.6f, \"cpu\": %.6f, \"mss\": %u, \"retransmitted\": %u}\n", total, took,
           used() - cpu, into ? ti.tcpi_snd_mss : ti.tcpi_rcv_mss, ti.tcpi_total_retrans);
    drop(fd);
}

/* --- many connections --------------------------------------------------------------------------------------------- */

/* Opens `count` of them, from the `base`th on, 64 at once; each success is counted, and then closed when `finish`. */
static int open_many(int base, int count, double secs, int finish) {
    int ep = epoll_create1(0), begun = 0, flying = 0, done = 0, failed = 0;
    double end = now() + secs;
    struct epoll_event ev[64];
    while ((begun < count || flying) && now() < end && failed < 1000) {
        while (flying < 64 && begun < count) {
            int i = base + begun++;
            /* Those that the server closes first leave nothing here, so the kernel would take their ports again. A
             * port that is named is kept from the kernel's own choice, so idle connections name none. */
            to.sin_port = htons(first_port + i / 60000);
            int fd = begin(finish ? 2048 + i % 60000 : 0);
            if (fd < 0) { if (!failed++) perror("begin"); continue; }
            struct epoll_event e = {.events = (finish ? EPOLLRDHUP : EPOLLOUT) | EPOLLONESHOT, .data.fd = fd};
            epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
            flying++;
        }
        int got = epoll_wait(ep, ev, 64, 50);
        for (int i = 0; i < got; i++) {
            flying--;
            if (ev[i].events & EPOLLERR) { failed++; close(ev[i].data.fd); continue; }
            done++;
            if (finish) close(ev[i].data.fd);
        }
    }
    return done;
}

static void many(int count, double secs, int finish) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    struct rlimit wish = {count + 200, count + 200};
    if (files.rlim_max < wish.rlim_max && setrlimit(RLIMIT_NOFILE, &wish) < 0) {
        /* Not allowed more: a limit is a process's, so several processes share the work. */
        wish.rlim_cur = wish.rlim_max = files.rlim_max;
    }
    setrlimit(RLIMIT_NOFILE, &wish);
    int each = (int)wish.rlim_cur - 100, done = 0, told[2], hold[2];
    double t0 = now();
    if (pipe(told) < 0 || pipe(hold) < 0) exit(1);
    for (int base = 0; base < count; base += each) {
        if (fork() == 0) {
            close(hold[1]);
            int part = open_many(base, count - base < each ? count - base : each, secs - (now() - t0), finish);
            if (write(told[1], &part, sizeof part) != sizeof part) _exit(1);
            char c;
            if (!finish && read(hold[0], &c, 1)) _exit(1);
            _exit(0);
        }
        int part = 0;
        if (read(told[0], &part, sizeof part) == sizeof part) done += part;
    }
    printf("{\"wanted\": %d, \"opened\": %d, \"secs\": %.6f}\n", count, done, now() - t0);
    fflush(stdout);
    char c;
    if (!finish) while (read(0, &c, 1) > 0) { }
    close(hold[1]);
    while (wait(NULL) > 0) { }
}

static void first(double secs) {
    double t0 = now();
    while (now() < t0 + secs) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct timeval wait = {0, 200000};
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
        to.sin_port = htons(first_port);
        int r = connect(fd, (void *)&to, sizeof to);
        double at = now();
        drop(fd);
        if (r == 0) { printf("{\"at\": %.6f}\n", at); return; }
        usleep(500);
    }
    fprintf(stderr, "no connection in %.1f s\n", secs);
    exit(1);
}

int main(int c, char **v) {
    signal(SIGPIPE, SIG_IGN);
    if (c < 5) { fprintf(stderr, "usage: see the head of load.c\n"); return 2; }
    to.sin_family = AF_INET;
    if (inet_pton(AF_INET, v[2], &to.sin_addr) != 1) return 2;
    first_port = atoi(v[3]);
    if (c >= 7) ports = atoi(v[4]);
    if (!strcmp(v[1], "cycles") && c == 7) cycles(atoi(v[5]), atof(v[6]));
    else if (!strcmp(v[1], "echo")) echo(atof(v[4]));
    else if (!strcmp(v[1], "into")) bulk(1, atof(v[4]));
    else if (!strcmp(v[1], "outof")) bulk(0, atof(v[4]));
    else if (!strcmp(v[1], "hold") && c == 7) many(atoi(v[5]), atof(v[6]), 0);
    else if (!strcmp(v[1], "rest") && c == 7) many(atoi(v[5]), atof(v[6]), 1);
    else if (!strcmp(v[1], "first")) first(atof(v[4]));
    else return 2;
    return 0;
}
