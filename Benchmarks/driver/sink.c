// The application at the other end: subscribes, answers 200 to every event, counts, and measures how old events are.
//
//   sink (--port N | --unix PATH) [--pubsub pubsub] [--topics 64] [--prefix bench-]
//
// GET /dapr/subscribe lists the topics PREFIX0…; GET /stats answers what was counted as JSON; GET /reset starts anew.
// Prints {"port":N} when it listens, and the statistics when it gets SIGTERM. An event's age comes from "sentAt"
// (nanoseconds of the day) somewhere in its body. One thread, epoll, one write per read.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "measure.h"

enum { FIRST_CAPACITY = 16384, INPUT_MAX = 64 << 20, OUTPUT_MAX = 1 << 20, BATCH = 256 };

struct connection {
    int fd;
    size_t length, capacity, out;
    char *input;
    char *output;
};

static const char *pubsub = "pubsub", *prefix = "bench-", *unix_path;
static int port = -1, topics = 64, poll_fd, listener;
static struct histogram age;
static uint64_t events, bytes, first_ns, last_ns, accepted;
static volatile sig_atomic_t ending;

static void stop(const char *what) {
    fprintf(stderr, "sink: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void end(int number) {
    (void)number;
    ending = 1;
}

static int statistics(char *out, size_t size) {
    char numbers[256], cpu[128];
    print_latency(numbers, sizeof numbers, &age);
    print_cpu(cpu, sizeof cpu);
    double seconds = events > 1 ? (double)(last_ns - first_ns) / 1e9 : 0;
    return snprintf(out, size,
                    "{\"events\":%llu,\"bytes\":%llu,\"seconds\":%.3f,\"per_second\":%.0f,\"stamped\":%llu,"
                    "\"connections\":%llu,%s,%s}\n",
                    (unsigned long long)events, (unsigned long long)bytes, seconds,
                    seconds > 0 ? (double)(events - 1) / seconds : 0, (unsigned long long)age.count,
                    (unsigned long long)accepted, numbers, cpu);
}

static void answer(struct connection *one, int status, const char *body, size_t length) {
    char *at = one->output + one->out;
    size_t room = OUTPUT_MAX - one->out;
    int head = snprintf(at, room, "HTTP/1.1 %d Status\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                        status, length);
    if (head < 0 || (size_t)head + length >= room) stop("answering: the output does not fit");
    memcpy(at + head, body, length);
    one->out += (size_t)head + length;
}

static void answer_subscribe(struct connection *one) {
    char *list = malloc((size_t)topics * 200 + 16), *at = list;
    if (!list) stop("allocating");
    *at++ = '[';
    for (int index = 0; index < topics; index++)
        at += sprintf(at, "%s{\"pubsubname\":\"%s\",\"topic\":\"%s%d\",\"route\":\"/events\"}", index ? "," : "",
                      pubsub, prefix, index);
    *at++ = ']';
    answer(one, 200, list, (size_t)(at - list));
    free(list);
}

static void count_event(const char *body, size_t length, uint64_t now) {
    static const char key[] = "\"sentAt\":";
    if (events++ == 0) first_ns = now;
    last_ns = now;
    bytes += length;
    const char *at = memmem(body, length, key, sizeof key - 1);
    if (!at) return;
    uint64_t sent = 0;
    for (at += sizeof key - 1; at < body + length && *at >= '0' && *at <= '9'; at++)
        sent = sent * 10 + (uint64_t)(*at - '0');
    record(&age, now > sent ? now - sent : 0);
}

static void handle(struct connection *one, const char *head, const char *body, size_t length, uint64_t now) {
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    if (head[0] == 'P') {
        count_event(body, length, now);
        if (one->out + sizeof ok >= OUTPUT_MAX) stop("answering: the output does not fit");
        memcpy(one->output + one->out, ok, sizeof ok - 1);
        one->out += sizeof ok - 1;
    } else if (!strncmp(head, "GET /dapr/subscribe", 19)) {
        answer_subscribe(one);
    } else if (!strncmp(head, "GET /stats", 10)) {
        char text[1024];
        int size = statistics(text, sizeof text);
        answer(one, 200, text, (size_t)size);
    } else if (!strncmp(head, "GET /reset", 10)) {
        memset(&age, 0, sizeof age);
        events = bytes = first_ns = last_ns = 0;
        answer(one, 200, "{}", 2);
    } else {
        answer(one, strncmp(head, "GET /dapr/", 10) ? 200 : 404, "", 0);
    }
}

// Answers every complete request in the input and keeps the rest.
static void requests(struct connection *one, uint64_t now) {
    size_t at = 0;
    for (;;) {
        char *begin = one->input + at;
        char *end = memmem(begin, one->length - at, "\r\n\r\n", 4);
        if (!end) break;
        size_t head = (size_t)(end - begin) + 4;
        *end = 0;
        char *header = strcasestr(begin, "\r\ncontent-length:");
        size_t body = header ? strtoul(header + 17, NULL, 10) : 0;
        if (strcasestr(begin, "\r\ntransfer-encoding:")) {
            errno = EPROTO;
            stop("reading a chunked request");
        }
        if (one->length - at < head + body) {
            *end = '\r';
            break;
        }
        handle(one, begin, begin + head, body, now);
        at += head + body;
    }
    memmove(one->input, one->input + at, one->length - at);
    one->length -= at;
}

static void close_connection(struct connection *one) {
    close(one->fd);
    free(one->input);
    free(one->output);
    free(one);
}

static bool flush(struct connection *one) {
    size_t sent = 0;
    while (sent < one->out) {
        ssize_t wrote = send(one->fd, one->output + sent, one->out - sent, MSG_NOSIGNAL);
        if (wrote < 0 && errno == EAGAIN) {
            usleep(100); // the peer does not read its answers; it is on this machine and soon will
            continue;
        }
        if (wrote < 0) return false;
        sent += (size_t)wrote;
    }
    one->out = 0;
    return true;
}

static bool serve(struct connection *one) {
    if (one->length + 1 >= one->capacity) {
        if (one->capacity >= INPUT_MAX) return false;
        one->capacity *= 2;
        one->input = realloc(one->input, one->capacity);
        if (!one->input) stop("allocating");
    }
    ssize_t count = recv(one->fd, one->input + one->length, one->capacity - one->length - 1, 0);
    if (count < 0 && errno == EAGAIN) return true;
    if (count <= 0) return false;
    one->length += (size_t)count;
    one->input[one->length] = 0;
    requests(one, wall_ns());
    return flush(one);
}

static void welcome(void) {
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        struct connection *one = calloc(1, sizeof *one);
        if (!one) stop("allocating");
        *one = (struct connection){.fd = fd, .capacity = FIRST_CAPACITY};
        one->input = malloc(one->capacity);
        one->output = malloc(OUTPUT_MAX);
        if (!one->input || !one->output) stop("allocating");
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
        if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event)) stop("registering a connection");
        accepted++;
    }
}

static void listen_on(void) {
    if (unix_path) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        snprintf(address.sun_path, sizeof address.sun_path, "%s", unix_path);
        unlink(unix_path);
        listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address)) stop("binding");
    } else {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int on = 1;
        socklen_t size = sizeof address;
        listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (listener < 0 || bind(listener, (struct sockaddr *)&address, size)) stop("binding");
        getsockname(listener, (struct sockaddr *)&address, &size);
        port = ntohs(address.sin_port);
    }
    if (listen(listener, 1024)) stop("listening");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (poll_fd < 0 || epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &event)) stop("registering the listener");
    printf("{\"port\":%d}\n", port);
    fflush(stdout);
}

int main(int count, char **words) {
    static const struct option names[] = {{"port", 1, 0, 'p'},   {"unix", 1, 0, 'u'},   {"pubsub", 1, 0, 'b'},
                                          {"topics", 1, 0, 't'}, {"prefix", 1, 0, 'x'}, {0, 0, 0, 0}};
    for (int found; (found = getopt_long(count, words, "", names, NULL)) != -1;) {
        switch (found) {
        case 'p': port = atoi(optarg); break;
        case 'u': unix_path = optarg; break;
        case 'b': pubsub = optarg; break;
        case 't': topics = atoi(optarg); break;
        case 'x': prefix = optarg; break;
        default: return 2;
        }
    }
    if ((port < 0 && !unix_path) || topics < 1) {
        fprintf(stderr, "sink: --port or --unix is needed\n");
        return 2;
    }
    signal(SIGTERM, end);
    signal(SIGINT, end);
    listen_on();
    struct epoll_event ready[BATCH];
    while (!ending) {
        int number = epoll_wait(poll_fd, ready, BATCH, -1);
        if (number < 0 && errno != EINTR) stop("waiting");
        for (int index = 0; index < number; index++) {
            struct connection *one = ready[index].data.ptr;
            if (!one)
                welcome();
            else if (!serve(one))
                close_connection(one);
        }
    }
    char text[1024];
    statistics(text, sizeof text);
    fputs(text, stdout);
    if (unix_path) unlink(unix_path);
    return 0;
}
