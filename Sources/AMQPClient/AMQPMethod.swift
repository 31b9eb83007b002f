/// What we say to a broker, one case for each method of AMQP 0-9-1 that we use.
package enum AMQPRequest {
    case startOK(clientProperties: AMQPTable, mechanism: String, response: [UInt8])
    case tuneOK(channels: UInt16, frameSize: UInt32, heartbeat: UInt16)
    case open(virtualHost: String)
    case close(code: UInt16, text: String)
    case closeOK
    case openChannel
    case closeChannel
    case closeChannelOK
    case declareExchange(RabbitMQExchange, passive: Bool)
    case declareQueue(RabbitMQQueue, passive: Bool)
    case deleteQueue(String)
    case bind(queue: String, exchange: String, key: String)
    case prefetch(UInt16)
    case consume(queue: String, tag: String, acknowledges: Bool)
    case cancel(tag: String)
    case confirmSelect
    case publish(exchange: String, key: String, mandatory: Bool)
    case acknowledge(tag: UInt64, multiple: Bool)
    case reject(tag: UInt64, requeue: Bool)
}

/// What a broker says to us.
package enum AMQPMethod: Sendable, Equatable {
    case start(mechanisms: String, product: String)
    case secure
    case tune(channels: UInt16, frameSize: UInt32, heartbeat: UInt16)
    case openOK
    case close(code: UInt16, text: String)
    case closeOK
    case blocked(String)
    case unblocked
    case channelOpenOK
    case channelClose(code: UInt16, text: String)
    case channelCloseOK
    /// The answer to a call whose answer holds nothing that we look at.
    case done
    /// The consumer of a channel was ended by the broker.
    case cancelled
    case delivery(tag: UInt64, isRedelivered: Bool)
    case returned(code: UInt16, text: String, exchange: String, key: String)
    case acknowledged(tag: UInt64, multiple: Bool)
    case refused(tag: UInt64, multiple: Bool)
    /// A method that no broker sends to a client like this one.
    case unexpected(UInt32)
}

/// An exchange as it is declared.
package struct RabbitMQExchange: Sendable, Equatable {
    package var name: String
    /// `fanout`, `topic`, `direct` or `headers`.
    package var kind: String
    package var isDurable: Bool
    package var isAutoDeleted: Bool

    package init(_ name: String, kind: String, isDurable: Bool, isAutoDeleted: Bool) {
        self.name = name
        self.kind = kind
        self.isDurable = isDurable
        self.isAutoDeleted = isAutoDeleted
    }
}

/// A queue as it is declared.
package struct RabbitMQQueue: Sendable, Equatable {
    package var name: String
    package var isDurable: Bool
    package var isAutoDeleted: Bool
    package var arguments: AMQPTable

    package init(_ name: String, isDurable: Bool, isAutoDeleted: Bool, arguments: AMQPTable) {
        self.name = name
        self.isDurable = isDurable
        self.isAutoDeleted = isAutoDeleted
        self.arguments = arguments
    }
}
