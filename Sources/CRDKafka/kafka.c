#include "martlet_kafka.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

// One pair of limits for each process: they are read by threads of the library when they make a socket.
static _Atomic unsigned socket_keepalive;
static _Atomic unsigned socket_user_timeout;

static int make_socket(int domain, int type, int protocol, void *opaque) {
    (void)opaque;
    int descriptor = socket(domain, type | SOCK_CLOEXEC, protocol);
    if (descriptor < 0) return descriptor;
    int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    unsigned keepalive = atomic_load(&socket_keepalive);
    if (keepalive > 0) {
        int seconds = (int)((keepalive + 999) / 1000);
        setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
        setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
    }
    unsigned timeout = atomic_load(&socket_user_timeout);
    if (timeout > 0) setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
    return descriptor;
}

void martlet_kafka_prepare(rd_kafka_conf_t *conf, unsigned keepalive, unsigned user_timeout) {
    atomic_store(&socket_keepalive, keepalive);
    atomic_store(&socket_user_timeout, user_timeout);
    rd_kafka_conf_set_log_cb(conf, NULL);
    rd_kafka_conf_set_socket_cb(conf, make_socket);
}

static int32_t partition(const rd_kafka_topic_t *topic, const void *key, size_t length, int32_t count,
                         void *topic_opaque, void *message_opaque) {
    if (key != NULL)
        return rd_kafka_msg_partitioner_fnv1a(topic, key, length, count, topic_opaque, message_opaque);
    // The record's number in its topic, not a count of calls: the library asks more than once for some.
    uint32_t first = (uint32_t)((uint64_t)(size_t)message_opaque >> 32);
    for (int32_t tried = 0; tried < count; tried++) {
        int32_t candidate = (int32_t)((first + (uint32_t)tried) % (uint32_t)count);
        if (rd_kafka_topic_partition_available(topic, candidate)) return candidate;
    }
    return (int32_t)(first % (uint32_t)count);
}

void martlet_kafka_set_partitioner(rd_kafka_conf_t *conf) {
    // For every topic, also one that a question for its partitions makes known first.
    rd_kafka_topic_conf_t *topics = rd_kafka_conf_get_default_topic_conf(conf);
    if (topics == NULL) {
        topics = rd_kafka_topic_conf_new();
        rd_kafka_conf_set_default_topic_conf(conf, topics);
    }
    rd_kafka_topic_conf_set_partitioner_cb(topics, partition);
}

rd_kafka_resp_err_t martlet_kafka_produce(rd_kafka_t *kafka, rd_kafka_topic_t *topic, int32_t partition,
                                          const void *key, size_t key_length, const void *value, ssize_t value_length,
                                          rd_kafka_headers_t *headers, size_t token) {
    // An empty value is not a missing one.
    void *bytes = value_length < 0 ? NULL : value_length == 0 ? (void *)"" : (void *)value;
    size_t length = value_length < 0 ? 0 : (size_t)value_length;
    return rd_kafka_producev(kafka, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
                             RD_KAFKA_V_KEY(key_length == 0 ? NULL : key, key_length),
                             RD_KAFKA_V_VALUE(bytes, length), RD_KAFKA_V_HEADERS(headers),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE((void *)token),
                             RD_KAFKA_V_END);
}

rd_kafka_resp_err_t martlet_kafka_seek_newest(rd_kafka_t *kafka, rd_kafka_topic_partition_list_t *partitions,
                                              int timeout_ms) {
    rd_kafka_resp_err_t error = rd_kafka_committed(kafka, partitions, timeout_ms);
    if (error) return error;
    rd_kafka_topic_partition_list_t *fresh = rd_kafka_topic_partition_list_new(partitions->cnt);
    for (int index = 0; index < partitions->cnt; index++) {
        rd_kafka_topic_partition_t *item = &partitions->elems[index];
        if (item->err) error = item->err;
        if (item->offset < 0)
            rd_kafka_topic_partition_list_add(fresh, item->topic, item->partition)->offset = RD_KAFKA_OFFSET_END;
    }
    if (!error && fresh->cnt > 0) {
        error = rd_kafka_offsets_for_times(kafka, fresh, timeout_ms);
        for (int index = 0; !error && index < fresh->cnt; index++) {
            rd_kafka_topic_partition_t *item = &fresh->elems[index];
            rd_kafka_topic_partition_t *target =
                rd_kafka_topic_partition_list_find(partitions, item->topic, item->partition);
            if (item->err || item->offset < 0 || target == NULL) {
                error = item->err ? item->err : RD_KAFKA_RESP_ERR__NO_OFFSET;
            } else {
                target->offset = item->offset;
            }
        }
    }
    rd_kafka_topic_partition_list_destroy(fresh);
    return error;
}

void martlet_kafka_remind(rd_kafka_t *kafka, const char *topic, int32_t partition, int timeout_ms) {
    rd_kafka_topic_partition_list_t *one = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(one, topic, partition)->offset = RD_KAFKA_OFFSET_END;
    rd_kafka_offsets_for_times(kafka, one, timeout_ms);
    rd_kafka_topic_partition_list_destroy(one);
}

rd_kafka_resp_err_t martlet_kafka_partitions(rd_kafka_t *kafka, const char *topic, int timeout_ms, int *count,
                                             rd_kafka_resp_err_t *topic_error) {
    *count = 0;
    *topic_error = RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_topic_t *handle = NULL;
    if (topic != NULL) {
        handle = rd_kafka_topic_new(kafka, topic, NULL);
        if (handle == NULL) return rd_kafka_last_error();
    }
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t error = rd_kafka_metadata(kafka, 0, handle, &metadata, timeout_ms);
    if (!error) {
        if (topic != NULL && metadata->topic_cnt > 0) {
            *count = metadata->topics[0].partition_cnt;
            *topic_error = metadata->topics[0].err;
        }
        rd_kafka_metadata_destroy(metadata);
    }
    if (handle != NULL) rd_kafka_topic_destroy(handle);
    return error;
}

int martlet_kafka_set_token(rd_kafka_t *kafka, const char *token, int64_t expiry, const char *principal,
                            const char *extensions, size_t count, char *text, size_t text_size) {
    const char *list[64];
    if (count > sizeof list / sizeof list[0]) {
        strncpy(text, "more than 32 extensions", text_size - 1);
        return -1;
    }
    for (size_t index = 0; index < count; index++) {
        list[index] = extensions;
        extensions += strlen(extensions) + 1;
    }
    return rd_kafka_oauthbearer_set_token(kafka, token, expiry, principal, list, count, text, text_size) ? -1 : 0;
}

int martlet_kafka_wake_descriptor(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

void martlet_kafka_quiet(int descriptor) {
    uint64_t count;
    while (read(descriptor, &count, sizeof count) == (ssize_t)sizeof count) {
    }
}
