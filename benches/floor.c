/* What the load costs by hand, in C over raw sockets: the floor under benches/generator_cost.sh. It checks, counts and
 * keeps nothing beyond what the exchange needs.
 *
 *   cc -O2 -o floor benches/floor.c
 *   floor PORT connect COUNT           256 connects at a time, then DISCONNECT
 *   floor PORT publish QOS COUNT       10 clients, 100 bytes, windows of 100
 *   floor PORT receive COUNT           10 subscribers at QoS 0, one look at the clock a read, each millisecond
 *   floor PORT paced QOS COUNT RATE    1,000 clients, 64 bytes, QoS 0 or 1: each millisecond one write for each message
 *                                      that is due and one read for each acknowledgement, which is not looked at
 *
 * It prints microseconds of CPU a connect or a message. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { AT_A_TIME = 256, CLIENTS = 10, WINDOW = 100, BATCH = 64 * 1024, MOST = 20000, GATHER = 1000000 };
enum { PAYLOAD = 100, PACED_PAYLOAD = 64, PACED_CLIENTS = 1000, TICKS = 1000 };

struct client {
    int fd, packet_id;
    long left, free;
    size_t kept;
    unsigned char input[2 * BATCH];
};

static struct sockaddr_in broker = {.sin_family = AF_INET};
static unsigned char out[4 * BATCH];

static double cpu(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static size_t connect_packet(unsigned char *p, int number) {
    memcpy(p, "\x10\x15\0\4MQTT\5\2\0\x3c\0\0\x08", 15);
    char id[16];
    snprintf(id, sizeof id, "fl%06d", number);
    memcpy(p + 15, id, 8);
    return 23;
}

static void put_all(int fd, const unsigned char *p, size_t n) {
    while (n > 0) {
        ssize_t done = send(fd, p, n, MSG_NOSIGNAL);
        if (done < 0) fail("send");
        p += done;
        n -= (size_t)done;
    }
}

static int open_socket(int flags) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), one = 1;
    if (fd < 0) fail("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static int connects(int count) {
    static int fd[MOST];
    static char standing[MOST];
    int poll = epoll_create1(0), begun = 0, stood = 0;
    unsigned char p[256];
    struct epoll_event ready[AT_A_TIME];
    if (count > MOST) return 2;
    double before = cpu();
    while (stood < count) {
        for (; begun < count && begun - stood < AT_A_TIME; begun++) {
            fd[begun] = open_socket(SOCK_NONBLOCK);
            connect(fd[begun], (void *)&broker, sizeof broker);
            struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u32 = (unsigned)begun};
            epoll_ctl(poll, EPOLL_CTL_ADD, fd[begun], &e);
        }
        int m = epoll_wait(poll, ready, AT_A_TIME, -1);
        for (int j = 0; j < m; j++) {
            unsigned i = ready[j].data.u32;
            if (!standing[i] && ready[j].events & EPOLLOUT) {
                put_all(fd[i], p, connect_packet(p, (int)i));
                standing[i] = 1;
            } else if (standing[i] == 1 && ready[j].events & EPOLLIN && read(fd[i], p, sizeof p) > 0) {
                standing[i] = 2;
                stood++;
            }
        }
    }
    for (int i = 0; i < count; i++) {
        send(fd[i], "\xe0\0", 2, MSG_NOSIGNAL);
        close(fd[i]);
    }
    printf("%.2f\n", (cpu() - before) * 1e6 / count);
    return 0;
}

static void stand(struct client *c, int number) {
    unsigned char p[256];
    c->fd = open_socket(0);
    if (connect(c->fd, (void *)&broker, sizeof broker)) fail("connect");
    put_all(c->fd, p, connect_packet(p, number));
    if (read(c->fd, p, sizeof p) < 5) fail("CONNACK");
}

static size_t put_publish(unsigned char *p, int qos, int number, int packet_id, size_t payload) {
    size_t n = 0;
    p[n++] = (unsigned char)(0x30 | qos << 1);
    p[n++] = (unsigned char)(2 + 3 + (qos ? 2 : 0) + 1 + payload);
    p[n++] = 0, p[n++] = 3, p[n++] = 'b', p[n++] = '/', p[n++] = (unsigned char)('0' + number);
    if (qos) p[n++] = (unsigned char)(packet_id >> 8), p[n++] = (unsigned char)packet_id;
    p[n++] = 0;
    memset(p + n, 'x', payload);
    return n + payload;
}

/* Length of the whole packet in front, 0 if it is not all there. */
static size_t whole(const unsigned char *p, size_t n) {
    size_t length = 0;
    for (size_t i = 1; i < n && i < 5; i++) {
        length |= (size_t)(p[i] & 127) << 7 * (i - 1);
        if (p[i] < 128) return 1 + i + length <= n ? 1 + i + length : 0;
    }
    return 0;
}

/* Reads what is there and hands each packet to `take`. */
static int harvest(struct client *c, void (*take)(struct client *, const unsigned char *, size_t)) {
    ssize_t n = recv(c->fd, c->input + c->kept, sizeof c->input - c->kept, MSG_DONTWAIT);
    if (n == 0) fail("the broker closed");
    if (n < 0) return 0;
    size_t end = c->kept + (size_t)n, at = 0, length;
    while ((length = whole(c->input + at, end - at)) > 0) {
        take(c, c->input + at, length);
        at += length;
    }
    memmove(c->input, c->input + at, c->kept = end - at);
    return 1;
}

static size_t answered;
static long done;

static void take_answer(struct client *c, const unsigned char *p, size_t length) {
    (void)length;
    if (p[0] >> 4 == 5) {
        memcpy(out + answered, (unsigned char[]){0x62, 2, p[2], p[3]}, 4);
        answered += 4;
    } else if (p[0] >> 4 == 4 || p[0] >> 4 == 7) {
        c->free++;
        done++;
    }
}

static int publishes(int qos, long count) {
    static struct client all[CLIENTS];
    int poll = epoll_create1(0);
    for (int i = 0; i < CLIENTS; i++) {
        stand(&all[i], i);
        all[i].left = count / CLIENTS;
        all[i].free = WINDOW;
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = (unsigned)i};
        epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &e);
    }
    count = count / CLIENTS * CLIENTS;
    double before = cpu();
    if (!qos) {
        for (long left = count / CLIENTS; left > 0;) {
            long some = left < 500 ? left : 500;
            for (int i = 0; i < CLIENTS; i++) {
                size_t n = 0;
                for (long j = 0; j < some; j++) n += put_publish(out + n, 0, i, 0, PAYLOAD);
                put_all(all[i].fd, out, n);
            }
            left -= some;
        }
    }
    while (qos && done < count) {
        for (int i = 0; i < CLIENTS; i++) {
            struct client *c = &all[i];
            answered = 0;
            if (done > 0 || c->free < WINDOW) harvest(c, take_answer);
            size_t n = answered;
            for (; c->left > 0 && c->free > 0; c->left--, c->free--) {
                c->packet_id = c->packet_id % 65535 + 1;
                n += put_publish(out + n, qos, i, c->packet_id, PAYLOAD);
            }
            if (n > 0) put_all(c->fd, out, n);
        }
        /* As acknowledgements come one by one, each wake-up would bring one. */
        nanosleep(&(struct timespec){.tv_nsec = GATHER}, NULL);
    }
    printf("%.3f\n", (cpu() - before) * 1e6 / (double)count);
    return 0;
}

static long histogram[64], received;
static struct timespec now;

static void take_message(struct client *c, const unsigned char *p, size_t length) {
    (void)c;
    if (p[0] >> 4 != 3 || length < 40) return;
    long sent;
    memcpy(&sent, p + length - sizeof sent, sizeof sent);
    unsigned long apart = (unsigned long)(now.tv_sec * 1000000000 + now.tv_nsec - sent);
    histogram[apart ? 63 - __builtin_clzl(apart) : 0]++;
    received++;
}

static int receives(long count) {
    static struct client all[CLIENTS];
    int poll = epoll_create1(0);
    for (int i = 0; i < CLIENTS; i++) {
        stand(&all[i], i);
        put_all(all[i].fd, (const unsigned char *)"\x82\7\0\1\0\0\1r\0", 9);
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = (unsigned)i};
        epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &e);
    }
    struct epoll_event ready[CLIENTS];
    double before = cpu();
    while (received < count) {
        int m = epoll_wait(poll, ready, CLIENTS, -1);
        for (int j = 0; j < m; j++) {
            clock_gettime(CLOCK_MONOTONIC, &now);
            harvest(&all[ready[j].data.u32], take_message);
        }
        /* As messages come one by one, each wake-up would bring one. */
        nanosleep(&(struct timespec){.tv_nsec = GATHER}, NULL);
    }
    printf("%.3f\n", (cpu() - before) * 1e6 / (double)received);
    return 0;
}

static int paces(int qos, long count, long rate) {
    static int fd[PACED_CLIENTS];
    int poll = epoll_create1(0);
    struct client c;
    for (int i = 0; i < PACED_CLIENTS; i++) {
        stand(&c, i);
        fd[i] = c.fd;
        struct epoll_event e = {.events = EPOLLIN, .data.fd = c.fd};
        epoll_ctl(poll, EPOLL_CTL_ADD, c.fd, &e);
    }
    unsigned char p[256], answer[256];
    size_t length = put_publish(p, qos, 0, 1, PACED_PAYLOAD);
    struct epoll_event ready[AT_A_TIME];
    struct timespec next;
    long sent = 0;
    double before = cpu();
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (long tick = 1; sent < count; tick++) {
        next.tv_nsec += 1000000000 / TICKS;
        if (next.tv_nsec >= 1000000000) next.tv_sec++, next.tv_nsec -= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
        for (int m = qos ? AT_A_TIME : 0; m == AT_A_TIME;) {
            m = epoll_wait(poll, ready, AT_A_TIME, 0);
            for (int j = 0; j < m; j++) {
                if (read(ready[j].data.fd, answer, sizeof answer) <= 0) fail("read");
            }
        }
        for (; sent < count && sent < tick * rate / TICKS; sent++) put_all(fd[sent % PACED_CLIENTS], p, length);
    }
    printf("%.3f\n", (cpu() - before) * 1e6 / (double)count);
    return 0;
}

int main(int count, char **words) {
    if (count < 4) return 2;
    broker.sin_port = htons((unsigned short)atoi(words[1]));
    broker.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!strcmp(words[2], "connect")) return connects(atoi(words[3]));
    if (!strcmp(words[2], "publish") && count == 5) return publishes(atoi(words[3]), atol(words[4]));
    if (!strcmp(words[2], "paced") && count == 6) return paces(atoi(words[3]), atol(words[4]), atol(words[5]));
    if (!strcmp(words[2], "receive")) return receives(atol(words[3]));
    return 2;
}
