#ifndef MARTLET_KAFKA_H
#define MARTLET_KAFKA_H

// librdkafka, and what Swift cannot call of it: variadic functions, callbacks on foreign threads, unions.

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/// The settings that every connection of ours has: no log to stderr, and sockets that notice a peer that is gone.
/// `keepalive` and `user_timeout` are in milliseconds; 0 leaves the system's value.
void martlet_kafka_prepare(rd_kafka_conf_t *conf, unsigned keepalive, unsigned user_timeout);

/// Events with a key go where Sarama's hash partitioner (FNV-1a) sends them, those without to one partition after the other.
/// Called after all properties are set.
void martlet_kafka_set_partitioner(rd_kafka_conf_t *conf);

/// Hands one record to the library, which copies it. A key of length 0 is none; a value of length -1 is a tombstone.
/// The headers, which may be NULL, are taken over on success.
/// `token` comes back with the report; its upper half, the record's number in its topic, says which partition's turn it is.
rd_kafka_resp_err_t martlet_kafka_produce(rd_kafka_t *kafka, rd_kafka_topic_t *topic, int32_t partition,
                                          const void *key, size_t key_length, const void *value, ssize_t value_length,
                                          rd_kafka_headers_t *headers, size_t token);

/// Looks up where the group stands in each partition; one without a committed offset is set to its end.
/// It blocks up to twice the timeout.
rd_kafka_resp_err_t martlet_kafka_seek_newest(rd_kafka_t *kafka, rd_kafka_topic_partition_list_t *partitions,
                                              int timeout_ms);

/// Sends a request of no consequence to a partition's leader, whose thread looks afterwards what it may fetch. It blocks up to the timeout.
void martlet_kafka_remind(rd_kafka_t *kafka, const char *topic, int32_t partition, int timeout_ms);

/// How many partitions a topic has, 0 where the cluster does not know it (yet). `topic` NULL only asks whether a
/// broker answers. It blocks up to the timeout.
rd_kafka_resp_err_t martlet_kafka_partitions(rd_kafka_t *kafka, const char *topic, int timeout_ms, int *count,
                                             rd_kafka_resp_err_t *topic_error);

/// Gives a handle its token until `expiry`, in milliseconds since 1970. `extensions` holds `count` strings, each with its NUL: a name, its value, …
/// Returns 0, or writes what is wrong to `text`.
int martlet_kafka_set_token(rd_kafka_t *kafka, const char *token, int64_t expiry, const char *principal,
                            const char *extensions, size_t count, char *text, size_t text_size);

/// A descriptor that becomes readable when eight bytes are written to it; -1 where the system has none left.
int martlet_kafka_wake_descriptor(void);
/// Makes it unreadable again.
void martlet_kafka_quiet(int descriptor);

#endif
