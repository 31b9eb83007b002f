/// # AMQPClient: connections to a broker of AMQP 0-9-1, on sockets and TLS of ours, with rabbitmq-c as the codec.
///
/// What it is: one connection with its greeting, heartbeats and deadlines; channels with calls in order, publishes with confirms and returns,
/// and deliveries with acknowledgements.
/// What it is not: no exchange, queue or event of the runtime (`Brokers/RabbitMQ`), no reconnecting, no retries. rabbitmq-c never touches the
/// network here and keeps no connection: it reads and writes methods, properties and tables. Frames are ours.
/// Who calls it: `Brokers/RabbitMQ`. Whom it calls: `Loop` for sockets, `TLS`, rabbitmq-c (`AMQPCodec` alone).
///
/// Everything here is confined to one shard, and no call blocks.
package enum AMQPClient {
    /// The version of rabbitmq-c.
    package static var libraryVersion: String { AMQPCodec.libraryVersion }
}
