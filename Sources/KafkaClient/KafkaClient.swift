internal import CRDKafka

/// # KafkaClient: librdkafka behind event queues that wake the loop.
///
/// What it is: a producer that ends each record once, a consumer that hands out records of single partitions and asks before it gives one away,
/// and the errors of both. librdkafka has threads of its own; what they have to say comes through an eventfd, so that nothing here blocks.
/// What it is not: no offsets that are unfinished, no order, no retries of events: `Brokers/Kafka` decides those.
/// Who calls it: `Brokers/Kafka`. Whom it calls: `Loop`, and librdkafka, which only this target sees.
///
/// Everything is confined to its shard, except what `KafkaHandle.blocking` runs on a thread of its own.
package enum KafkaLibrary {
    /// The version of librdkafka that is linked.
    package static var version: String { unsafe rd_kafka_version_str().map { unsafe String(cString: $0) } ?? "" }
}
