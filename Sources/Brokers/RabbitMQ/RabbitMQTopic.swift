internal import Messaging

/// One topic that is published to: whether its exchange is declared, and what waits for that.
final class RabbitMQTopic {
    let name: String
    /// The connection's publishing channel on which the exchange is known to be there, counted; 0 for none.
    var declaredOn: UInt64 = 0
    /// Whether a queue has ever taken an event of it.
    var wasRouted = false
    /// Exchange and the empty routing key as an event to them begins.
    var head: [UInt8] = []
    /// Events that wait for the exchange.
    var waiting: [PublishEntry] = []

    init(_ name: String) { self.name = name }
}
