// What librdkafka gives without a sidecar: records produced one after the other's report with N in flight, then consumed, as JSON.
//
//   floor_kafka --brokers HOST:PORT [--total 200000] [--size 1024] [--flight 64]
//
// The settings are those of pubsub.kafka: an idempotent producer that lingers for nothing, a consumer without a group.
#include <getopt.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"

static const char *topic = "floor";
static uint64_t reported, failed;
static struct histogram ages;

static void report(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque) {
    (void)kafka, (void)opaque;
    reported++;
    if (message->err) failed++;
    else record(&ages, steady_ns() - (uint64_t)(size_t)message->_private);
}

static rd_kafka_t *make(rd_kafka_type_t type, const char *brokers) {
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    const char *settings[][2] = {{"bootstrap.servers", brokers}, {"socket.nagle.disable", "true"}, {"linger.ms", "0"},
                                 {"enable.idempotence", "true"}, {"auto.offset.reset", "earliest"}};
    for (size_t index = 0; index < sizeof settings / sizeof settings[0]; index++) {
        bool is_producers = index == 2 || index == 3, is_consumers = index == 4;
        if ((type == RD_KAFKA_CONSUMER && is_producers) || (type == RD_KAFKA_PRODUCER && is_consumers)) continue;
        if (rd_kafka_conf_set(conf, settings[index][0], settings[index][1], text, sizeof text)) goto failed;
    }
    if (type == RD_KAFKA_CONSUMER) {
        if (rd_kafka_conf_set(conf, "group.id", "floor", text, sizeof text)) goto failed;
    } else {
        rd_kafka_conf_set_dr_msg_cb(conf, report);
    }
    rd_kafka_t *kafka = rd_kafka_new(type, conf, text, sizeof text);
    if (kafka != NULL) return kafka;
failed:
    fprintf(stderr, "%s\n", text);
    exit(1);
}

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

static void print(const char *name, uint64_t total, uint64_t begin, double cpu, bool is_last) {
    double seconds = (double)(steady_ns() - begin) / 1e9;
    printf("\"%s\":{\"per_second\":%.0f,\"cpu\":%.3f,\"p50_ms\":%.3f,\"p99_ms\":%.3f}%s", name, (double)total / seconds,
           (cpu_seconds() - cpu) * 1e5 / (double)total, quantile_ms(&ages, 0.5), quantile_ms(&ages, 0.99), is_last ? "" : ",");
}

static void produce(const char *brokers, uint64_t total, size_t size, uint64_t flight) {
    rd_kafka_t *kafka = make(RD_KAFKA_PRODUCER, brokers);
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka, topic, NULL);
    char *body = calloc(1, size);
    uint64_t begin = 0, sent = 0;
    double cpu = 0;
    // The first record makes the topic and finds its leaders: it is not counted.
    for (uint64_t index = 0; index < total + 1;) {
        while (sent - reported < (begin ? flight : 1) && sent < (begin ? total + 1 : 1)) {
            if (rd_kafka_produce(handle, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, body, size, NULL, 0,
                                 (void *)(size_t)steady_ns()) == 0)
                sent++;
        }
        rd_kafka_poll(kafka, 1000);
        index = reported;
        if (!begin && reported) {
            memset(&ages, 0, sizeof ages);
            begin = steady_ns();
            cpu = cpu_seconds();
        }
    }
    print("produce", total, begin, cpu, false);
    rd_kafka_topic_destroy(handle);
    rd_kafka_destroy(kafka);
    free(body);
}

static void consume(const char *brokers, uint64_t total) {
    rd_kafka_t *kafka = make(RD_KAFKA_CONSUMER, brokers);
    rd_kafka_poll_set_consumer(kafka);
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka, topic, NULL);
    if (rd_kafka_metadata(kafka, 0, handle, &metadata, 10000)) exit(1);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
    for (int index = 0; index < metadata->topics[0].partition_cnt; index++)
        rd_kafka_topic_partition_list_add(list, topic, index)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
    uint64_t begin = 0, got = 0;
    double cpu = cpu_seconds();
    memset(&ages, 0, sizeof ages);
    rd_kafka_assign(kafka, list);
    rd_kafka_topic_partition_list_destroy(list);
    while (got < total) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka, 1000);
        if (message == NULL) continue;
        if (!begin) begin = steady_ns();
        if (!message->err) got++;
        rd_kafka_message_destroy(message);
    }
    print("consume", total, begin, cpu, true);
}

int main(int count, char **words) {
    const char *brokers = NULL;
    uint64_t total = 200000, flight = 64;
    size_t size = 1024;
    static const struct option known[] = {{"brokers", 1, 0, 'b'}, {"total", 1, 0, 't'}, {"size", 1, 0, 's'},
                                          {"flight", 1, 0, 'f'}, {0, 0, 0, 0}};
    for (int word; (word = getopt_long(count, words, "", known, NULL)) != -1;) {
        if (word == 'b') brokers = optarg;
        else if (word == 't') total = strtoull(optarg, NULL, 10);
        else if (word == 's') size = strtoull(optarg, NULL, 10);
        else if (word == 'f') flight = strtoull(optarg, NULL, 10);
        else return 2;
    }
    if (brokers == NULL) return 2;
    printf("{");
    produce(brokers, total, size, flight);
    consume(brokers, total);
    printf(",\"failed\":%llu}\n", (unsigned long long)failed);
    // Without a farewell: closing may wait for the group.
    fflush(stdout);
    _exit(0);
}
