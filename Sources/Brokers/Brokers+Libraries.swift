internal import AMQPClient
internal import KafkaClient
internal import RedisClient
internal import Store

extension Brokers {
    /// The C libraries under the kinds, one line each: name and version.
    package static var libraries: [String] {
        [
            "SQLite \(SQLiteVersion.text)", "hiredis \(HiredisVersion.text)",
            "librdkafka \(KafkaLibrary.version)", "rabbitmq-c \(AMQPClient.libraryVersion)",
            "libmosquitto (opened when an MQTT component is made)",
        ]
    }
}
