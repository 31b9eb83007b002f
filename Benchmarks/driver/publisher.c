// Load driver: POSTs events over N keep-alive HTTP/1.1 connections from one thread and prints what it measured as JSON.
//
//   publisher --port 3500 [--connections 64] [--topics 64] [--pubsub pubsub] [--size 1024]
//             (--total N | --seconds S) [--rate EVENTS_PER_SECOND] [--path /events] [--get /v1.0/healthz] [--idle]
//
// Without --rate each connection has one request in flight (closed loop). With --rate requests start at fixed moments,
// whether or not earlier ones were answered (open loop); an event that has to wait for a connection counts from the
// moment at which it was due. --path posts to one path instead of the publish API (a sink without a sidecar); --get
// sends GET requests; --idle only opens the connections, prints a line, and closes them after --seconds.
// Each body carries "sentAt", in nanoseconds of the day, for the sink at the other end.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "measure.h"

enum { ANSWER_MAX = 65536, BATCH = 256, STAMP_DIGITS = 19 };

struct options {
    const char *unix_path, *pubsub, *path, *get, *prefix;
    int port, connections, topics;
    size_t size;
    uint64_t total;
    double seconds, rate;
    bool idle;
};

struct connection {
    int fd;
    bool busy;
    uint64_t since;      // steady clock, when the event in flight was due
    size_t sent, length; // of the request in flight
    size_t got;
    char *request;
    size_t stamp; // offset of the stamp in the request, 0 without one
    char answer[ANSWER_MAX];
};

static struct options options = {.pubsub = "pubsub", .prefix = "bench-", .connections = 64, .topics = 64, .size = 1024};
static struct connection *connections;
static int poll_fd;
static struct histogram latency;
static uint64_t started, answered, succeeded, failed;
static int last_status;
static int *free_list, free_count;

static void stop(const char *what) {
    fprintf(stderr, "publisher: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_socket(void) {
    int fd;
    if (options.unix_path) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        snprintf(address.sun_path, sizeof address.sun_path, "%s", options.unix_path);
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) stop("connecting");
    } else {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        fd = socket(AF_INET, SOCK_STREAM, 0);
        struct timeval patience = {.tv_sec = 5}; // it bounds connect() as well
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) stop("connecting");
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

// The request of a connection: only the stamp changes from one event to the next.
static void build_request(struct connection *one, int number) {
    one->request = malloc(options.size + 1024);
    if (!one->request) stop("allocating");
    if (options.get) {
        one->length = (size_t)sprintf(one->request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", options.get);
        return;
    }
    const char *begin = "{\"sentAt\":", *middle = ",\"padding\":\"", *end = "\"}";
    size_t frame = strlen(begin) + STAMP_DIGITS + strlen(middle) + strlen(end);
    size_t body = options.size > frame ? options.size : frame;
    char path[256];
    if (options.path)
        snprintf(path, sizeof path, "%s", options.path);
    else
        snprintf(path, sizeof path, "/v1.0/publish/%s/%s%d", options.pubsub, options.prefix, number % options.topics);
    char *at = one->request;
    at += sprintf(at,
                  "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: publisher/1\r\nAccept: */*\r\n"
                  "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                  path, body, begin);
    one->stamp = (size_t)(at - one->request);
    memset(at, '1', STAMP_DIGITS);
    at += STAMP_DIGITS;
    at += sprintf(at, "%s", middle);
    memset(at, 'x', body - frame);
    at += body - frame;
    at += sprintf(at, "%s", end);
    one->length = (size_t)(at - one->request);
}

static void write_stamp(struct connection *one, uint64_t value) {
    if (!one->stamp) return;
    char *at = one->request + one->stamp + STAMP_DIGITS;
    for (int digit = 0; digit < STAMP_DIGITS; digit++, value /= 10) *--at = (char)('0' + value % 10);
}

static void pump(struct connection *one) {
    while (one->sent < one->length) {
        ssize_t wrote = send(one->fd, one->request + one->sent, one->length - one->sent, MSG_NOSIGNAL);
        if (wrote < 0 && errno == EAGAIN) {
            struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = one};
            epoll_ctl(poll_fd, EPOLL_CTL_MOD, one->fd, &event);
            return;
        }
        if (wrote < 0) stop("sending");
        one->sent += (size_t)wrote;
    }
}

// Starts an event that was due at `due` (steady clock), `late` nanoseconds ago.
static void start(struct connection *one, uint64_t due, uint64_t late) {
    one->busy = true;
    one->since = due;
    one->sent = one->got = 0;
    write_stamp(one, wall_ns() - late);
    started++;
    pump(one);
}

// Length of the complete answer in the buffer, 0 while it is not complete.
static size_t complete(struct connection *one) {
    char *end = memmem(one->answer, one->got, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = (size_t)(end - one->answer) + 4;
    int status = atoi(one->answer + 9);
    last_status = status;
    if (status == 204 || status == 304) return head;
    char kept = *end;
    *end = 0;
    char *length = strcasestr(one->answer, "\r\ncontent-length:");
    bool chunked = strcasestr(one->answer, "\r\ntransfer-encoding:") != NULL;
    size_t body = length ? strtoul(length + 17, NULL, 10) : 0;
    *end = kept;
    if (chunked) return one->got >= 5 && !memcmp(one->answer + one->got - 5, "0\r\n\r\n", 5) ? one->got : 0;
    return one->got >= head + body ? head + body : 0;
}

// Reads what is there; whether the event in flight was answered.
static bool receive(struct connection *one, uint64_t now) {
    ssize_t count = recv(one->fd, one->answer + one->got, ANSWER_MAX - one->got - 1, 0);
    if (count < 0 && errno == EAGAIN) return false;
    if (count <= 0) {
        errno = count ? errno : ECONNRESET;
        stop("receiving");
    }
    one->got += (size_t)count;
    one->answer[one->got] = 0;
    if (!complete(one)) return false;
    if (last_status >= 200 && last_status < 300)
        succeeded++;
    else if (failed++ == 0)
        fprintf(stderr, "publisher: first refusal: %.300s\n", one->answer);
    answered++;
    record(&latency, now - one->since);
    one->busy = false;
    return true;
}

static bool more(uint64_t begin, uint64_t now) {
    if (options.total) return started < options.total;
    return (double)(now - begin) < options.seconds * 1e9;
}

// With a rate: whether the event number `scheduled` is still to be sent.
static bool more_due(uint64_t begin, uint64_t scheduled) {
    return more(begin, begin + scheduled * (uint64_t)(1e9 / options.rate));
}

// Starts whatever is due now; nanoseconds until the next event is due.
static uint64_t start_due(uint64_t begin, uint64_t now, uint64_t *scheduled) {
    uint64_t step = (uint64_t)(1e9 / options.rate);
    while (begin + *scheduled * step <= now && more_due(begin, *scheduled) && free_count) {
        uint64_t due = begin + *scheduled * step;
        // A wake-up that is a little late is the driver's fault and not counted; waiting for a connection is.
        bool waited = *scheduled > 0 && now - due > 2 * step && now - due > 200000;
        start(&connections[free_list[--free_count]], waited ? due : now, waited ? now - due : 0);
        (*scheduled)++;
    }
    uint64_t next = begin + *scheduled * step;
    return next > now ? next - now : 1000000;
}

static void run(void) {
    struct epoll_event events[BATCH];
    uint64_t begin = steady_ns(), scheduled = 0, now = begin;
    for (int index = 0; index < options.connections; index++) {
        free_list[free_count++] = index;
        if (options.rate <= 0 && more(begin, now)) {
            free_count--;
            start(&connections[index], now, 0);
        }
    }
    while (answered < started || (options.rate > 0 ? more_due(begin, scheduled) : more(begin, now))) {
        struct timespec timeout = {.tv_sec = 5};
        if (options.rate > 0 && more_due(begin, scheduled)) {
            uint64_t wait = start_due(begin, now, &scheduled);
            timeout = (struct timespec){.tv_sec = 0, .tv_nsec = (long)(wait < 999999999 ? wait : 999999999)};
        }
        int count = epoll_pwait2(poll_fd, events, BATCH, &timeout, NULL);
        if (count < 0 && errno != EINTR) stop("waiting");
        now = steady_ns();
        if (count == 0 && answered < started && timeout.tv_sec) {
            fprintf(stderr, "publisher: no answer for 5 s, %llu outstanding\n",
                    (unsigned long long)(started - answered));
            break;
        }
        for (int index = 0; index < count; index++) {
            struct connection *one = events[index].data.ptr;
            if (events[index].events & EPOLLOUT) {
                struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
                epoll_ctl(poll_fd, EPOLL_CTL_MOD, one->fd, &event);
                pump(one);
            }
            if (!(events[index].events & ~EPOLLOUT) || !one->busy || !receive(one, now)) continue;
            if (options.rate > 0)
                free_list[free_count++] = (int)(one - connections);
            else if (more(begin, now))
                start(one, now, 0);
        }
    }
    double seconds = (double)(steady_ns() - begin) / 1e9;
    char numbers[256], cpu[128];
    print_latency(numbers, sizeof numbers, &latency);
    print_cpu(cpu, sizeof cpu);
    printf("{\"requests\":%llu,\"ok\":%llu,\"errors\":%llu,\"seconds\":%.3f,\"per_second\":%.0f,%s,%s}\n",
           (unsigned long long)started, (unsigned long long)succeeded, (unsigned long long)(started - succeeded),
           seconds, (double)answered / seconds, numbers, cpu);
}

static void parse(int count, char **words) {
    static const struct option names[] = {
        {"port", 1, 0, 'p'},  {"unix", 1, 0, 'u'},   {"connections", 1, 0, 'c'}, {"topics", 1, 0, 't'},
        {"pubsub", 1, 0, 'b'}, {"size", 1, 0, 's'},  {"total", 1, 0, 'n'},       {"seconds", 1, 0, 'd'},
        {"rate", 1, 0, 'r'},  {"path", 1, 0, 'a'},   {"get", 1, 0, 'g'},         {"idle", 0, 0, 'i'},
        {"prefix", 1, 0, 'x'}, {0, 0, 0, 0},
    };
    for (int found; (found = getopt_long(count, words, "", names, NULL)) != -1;) {
        switch (found) {
        case 'p': options.port = atoi(optarg); break;
        case 'u': options.unix_path = optarg; break;
        case 'c': options.connections = atoi(optarg); break;
        case 't': options.topics = atoi(optarg); break;
        case 'b': options.pubsub = optarg; break;
        case 's': options.size = strtoul(optarg, NULL, 10); break;
        case 'n': options.total = strtoull(optarg, NULL, 10); break;
        case 'd': options.seconds = atof(optarg); break;
        case 'r': options.rate = atof(optarg); break;
        case 'a': options.path = optarg; break;
        case 'g': options.get = optarg; break;
        case 'x': options.prefix = optarg; break;
        case 'i': options.idle = true; break;
        default: exit(2);
        }
    }
    bool bounded = options.total > 0 || options.seconds > 0;
    if ((!options.port && !options.unix_path) || !bounded || options.connections < 1 || options.topics < 1) {
        fprintf(stderr, "publisher: --port or --unix, and --total or --seconds are needed\n");
        exit(2);
    }
}

int main(int count, char **words) {
    parse(count, words);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    connections = calloc((size_t)options.connections, sizeof *connections);
    free_list = calloc((size_t)options.connections, sizeof *free_list);
    if (poll_fd < 0 || !connections || !free_list) stop("preparing");
    for (int index = 0; index < options.connections; index++) {
        struct connection *one = &connections[index];
        one->fd = open_socket();
        build_request(one, index);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
        if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, one->fd, &event)) stop("registering a connection");
    }
    if (options.idle) {
        printf("{\"connections\":%d}\n", options.connections);
        fflush(stdout);
        usleep((useconds_t)(options.seconds * 1e6));
        return 0;
    }
    run();
    return failed || succeeded < started;
}
