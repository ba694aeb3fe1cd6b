/* lwIP (Debian's liblwip) as a server, on a TUN that exists: lwip DEVICE ADDR MTU, then the ports as for serve.c.
 *
 * The raw interface, in one thread that reads the device and holds the core's lock; the library's own thread runs the
 * timers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lwip/ip.h"
#include "lwip/netif.h"
#include "lwip/tcp.h"
#include "lwip/tcpip.h"

static int device;
static char zeros[65535];

static err_t leave(struct netif *netif, struct pbuf *p, const ip4_addr_t *to) {
    static char frame[66000];
    (void)netif; (void)to;
    const void *data = p->payload;
    if (p->next) { pbuf_copy_partial(p, frame, p->tot_len, 0); data = frame; }
    return write(device, data, p->tot_len) < 0 ? ERR_BUF : ERR_OK;
}

static err_t set_up(struct netif *netif) {
    netif->name[0] = 't';
    netif->name[1] = 'n';
    netif->output = leave;
    netif->mtu = *(int *)netif->state;
    return ERR_OK;
}

static err_t discard(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t e) {
    (void)arg; (void)e;
    if (!p) return tcp_close(pcb);
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static err_t echo(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t e) {
    (void)arg; (void)e;
    if (!p) return tcp_close(pcb);
    tcp_write(pcb, p->payload, p->len, TCP_WRITE_FLAG_COPY);
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return tcp_output(pcb);
}

static err_t more(void *arg, struct tcp_pcb *pcb, u16_t sent) {
    (void)arg; (void)sent;
    u16_t room = tcp_sndbuf(pcb);
    if (room) tcp_write(pcb, zeros, room, 0);
    return ERR_OK;
}

enum { DISCARD, CHARGEN, ECHO, HANGUP };

static err_t accepted(void *arg, struct tcp_pcb *pcb, err_t e) {
    if (e != ERR_OK || !pcb) return ERR_VAL;
    long kind = (long)arg;
    if (kind == HANGUP) return tcp_close(pcb);
    tcp_nagle_disable(pcb);
    tcp_recv(pcb, kind == ECHO ? echo : discard);
    if (kind == CHARGEN) { tcp_sent(pcb, more); more(NULL, pcb, 0); tcp_output(pcb); }
    return ERR_OK;
}

static void serve(int port, long kind) {
    struct tcp_pcb *pcb = tcp_new();
    if (!pcb || tcp_bind(pcb, IP4_ADDR_ANY, port) != ERR_OK) { fprintf(stderr, "bind %d\n", port); exit(1); }
    pcb = tcp_listen_with_backlog(pcb, 255);
    tcp_arg(pcb, (void *)kind);
    tcp_accept(pcb, accepted);
}

static void ready(void *told) { sys_sem_signal(told); }

int main(int c, char **v) {
    static struct netif netif;
    ip4_addr_t address, mask, gateway;
    sys_sem_t sem;
    if (c != 11) return 2;
    device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    strncpy(r.ifr_name, v[1], IFNAMSIZ - 1);
    if (device < 0 || ioctl(device, TUNSETIFF, &r) < 0) { perror("tun"); return 1; }
    int mtu = atoi(v[3]);
    sys_sem_new(&sem, 0);
    tcpip_init(ready, &sem);
    sys_sem_wait(&sem);
    ip4addr_aton(v[2], &address);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 198, 51, 100, 1);
    LOCK_TCPIP_CORE();
    netif_add(&netif, &address, &mask, &gateway, &mtu, set_up, ip_input);
    netif_set_default(&netif);
    netif_set_link_up(&netif);
    netif_set_up(&netif);
    for (int i = 0; i < atoi(v[5]); i++) serve(atoi(v[4]) + i, DISCARD);
    serve(atoi(v[6]), CHARGEN);
    serve(atoi(v[7]), ECHO);
    for (int i = 0; i < atoi(v[9]); i++) serve(atoi(v[8]) + i, HANGUP);
    serve(atoi(v[10]), DISCARD);
    UNLOCK_TCPIP_CORE();
    static char frame[66000];
    for (;;) {
        struct pollfd p = {device, POLLIN, 0};
        poll(&p, 1, -1);
        LOCK_TCPIP_CORE();
        for (int i = 0; i < 256; i++) {
            ssize_t n = read(device, frame, sizeof frame);
            if (n <= 0) break;
            struct pbuf *b = pbuf_alloc(PBUF_RAW, n, PBUF_RAM);
            if (!b) break;
            pbuf_take(b, frame, n);
            if (netif.input(b, &netif) != ERR_OK) pbuf_free(b);
        }
        UNLOCK_TCPIP_CORE();
    }
}
