/* What a TUN and the kernel's client allow at most: the answers of a TCP without a TCP. responder DEVICE ADDR MTU PORTS...
 *
 * Nothing is kept and nothing checked: a SYN gets its SYN,ACK, a FIN the FIN,ACK, whatever the port; all else is
 * dropped. A stack must read and write as many frames as this one does, and do all of TCP besides, so but for noise no
 * stack on a TUN makes more cycles a second. Checksums are left to the kernel, as with every offload.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Ours, for every connection: what is acknowledged in a FIN tells where we are. */
#define INITIAL 0x10000000u

struct frame {
    struct virtio_net_hdr link;
    struct iphdr ip;
    struct tcphdr tcp;
    unsigned char rest[65536];
} __attribute__((packed));

static unsigned sum(const void *data, size_t size) {
    const unsigned char *p = data;
    unsigned total = 0;
    for (size_t i = 0; i < size; i += 2) total += p[i] << 8 | p[i + 1];
    while (total >> 16) total = (total & 0xFFFF) + (total >> 16);
    return total;
}

static void answer(int device, struct frame *f, const struct frame *to, unsigned seq, int syn, unsigned octets) {
    f->ip = (struct iphdr){.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP, .tot_len = htons(40),
                           .frag_off = htons(IP_DF), .saddr = to->ip.daddr, .daddr = to->ip.saddr};
    f->ip.check = htons(~sum(&f->ip, sizeof f->ip));
    f->tcp = (struct tcphdr){.source = to->tcp.dest, .dest = to->tcp.source, .seq = htonl(seq), .doff = 5, .ack = 1,
                             .ack_seq = htonl(ntohl(to->tcp.seq) + octets), .syn = syn, .fin = !syn,
                             .window = htons(65535)};
    unsigned pseudo = sum(&f->ip.saddr, 8) + IPPROTO_TCP + 20;
    f->tcp.check = htons((pseudo & 0xFFFF) + (pseudo >> 16));
    f->link = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 20, .csum_offset = 16};
    size_t size = sizeof f->link + 40;
    if (write(device, f, size) < 0) perror("write");
}

int main(int c, char **v) {
    if (c < 2) return 2;
    int device = open("/dev/net/tun", O_RDWR);
    struct ifreq name = {.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR};
    strncpy(name.ifr_name, v[1], IFNAMSIZ - 1);
    if (device < 0 || ioctl(device, TUNSETIFF, &name) < 0) { perror(v[1]); return 1; }
    if (ioctl(device, TUNSETOFFLOAD, TUN_F_CSUM) < 0) { perror("TUNSETOFFLOAD"); return 1; }
    static struct frame in, out;
    ssize_t got;
    while ((got = read(device, &in, sizeof in)) > 0) {
        if (got < (ssize_t)(sizeof in.link + 40) || in.ip.version != 4 || in.ip.ihl != 5 || in.ip.protocol != IPPROTO_TCP)
            continue;
        if (in.tcp.rst) continue;
        if (in.tcp.syn) answer(device, &out, &in, INITIAL, 1, 1);
        else if (in.tcp.fin) answer(device, &out, &in, ntohl(in.tcp.ack_seq), 0, ntohs(in.ip.tot_len) - 20 - in.tcp.doff * 4 + 1);
    }
    return 0;
}
