// The floor of MQTT: plain libmosquitto publishes events with QoS 1 and takes them again, without a sidecar.
//
//     floor_mqtt PORT EVENTS SIZE
//
// One connection publishes, with at most WINDOW events without PUBACK, another one subscribes; each has a thread of the library.
// Prints one line of JSON: events per second from the first publish to the last arrival.

#include <mosquitto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WINDOW = 1000, DEADLINE_SECONDS = 60 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long unacknowledged, received, subscribed;

static void note(long *counter, long by) {
    pthread_mutex_lock(&lock);
    *counter += by;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void on_publish(struct mosquitto *client, void *context, int id) {
    (void)client, (void)context, (void)id;
    note(&unacknowledged, -1);
}

static void on_message(struct mosquitto *client, void *context, const struct mosquitto_message *message) {
    (void)client, (void)context, (void)message;
    note(&received, 1);
}

static void on_subscribe(struct mosquitto *client, void *context, int id, int count, const int *granted) {
    (void)client, (void)context, (void)id, (void)count, (void)granted;
    note(&subscribed, 1);
}

// Waits until a counter is so far; the deadline keeps a broken broker from hanging the measurement.
static void wait_until(long *counter, long least, long most) {
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += DEADLINE_SECONDS;
    pthread_mutex_lock(&lock);
    while (*counter < least || *counter > most) {
        if (pthread_cond_timedwait(&changed, &lock, &end) != 0) {
            fprintf(stderr, "floor_mqtt: no progress within %d s\n", DEADLINE_SECONDS);
            exit(1);
        }
    }
    pthread_mutex_unlock(&lock);
}

static void must(int status, const char *action) {
    if (status == MOSQ_ERR_SUCCESS) return;
    fprintf(stderr, "floor_mqtt: %s: %s\n", action, mosquitto_strerror(status));
    exit(1);
}

static struct mosquitto *connect_to(int port) {
    struct mosquitto *client = mosquitto_new(NULL, true, NULL);
    if (client == NULL) exit(1);
    mosquitto_max_inflight_messages_set(client, WINDOW);
    mosquitto_publish_callback_set(client, on_publish);
    mosquitto_message_callback_set(client, on_message);
    mosquitto_subscribe_callback_set(client, on_subscribe);
    must(mosquitto_connect(client, "127.0.0.1", port, 60), "connecting");
    must(mosquitto_loop_start(client), "starting");
    return client;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    int port = atoi(arguments[1]), size = atoi(arguments[3]);
    long events = atol(arguments[2]);
    char *body = malloc((size_t)size);
    memset(body, 'x', (size_t)size);
    mosquitto_lib_init();
    struct mosquitto *subscriber = connect_to(port), *publisher = connect_to(port);
    must(mosquitto_subscribe(subscriber, NULL, "floor", 1), "subscribing");
    wait_until(&subscribed, 1, 1);
    double begin = now();
    for (long number = 0; number < events; number++) {
        wait_until(&unacknowledged, 0, WINDOW - 1);
        note(&unacknowledged, 1);
        must(mosquitto_publish(publisher, NULL, "floor", size, body, 1, false), "publishing");
    }
    wait_until(&received, events, events * 2);
    printf("{\"per_second\": %.0f}\n", (double)events / (now() - begin));
    return 0;
}
