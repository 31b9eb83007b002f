internal import AMQPClient
internal import RedisClient
internal import Store

extension Brokers {
    /// The C libraries under the kinds, one line each: name and version.
    package static var libraries: [String] {
        [
            "SQLite \(SQLiteVersion.text)", "hiredis \(HiredisVersion.text)",
            "rabbitmq-c \(AMQPClient.libraryVersion)",
        ]
    }
}
