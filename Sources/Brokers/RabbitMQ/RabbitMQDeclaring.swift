internal import AMQPClient
internal import Messaging

/// Declares exchanges, queues and bindings on a channel, which a refusal ends: it opens the next one.
///
/// What is there with other arguments, or what the user may not declare, is taken as it is, with one line for the user: it works, or the broker
/// says so when it is used.
final class RabbitMQDeclaring {
    let connection: RabbitMQConnection
    private let owner: any RabbitMQChannelOwner
    private let warn: (String) -> Void
    private var current: RabbitMQChannel?

    init(_ connection: RabbitMQConnection, _ owner: any RabbitMQChannelOwner, warn: @escaping (String) -> Void) {
        self.connection = connection
        self.owner = owner
        self.warn = warn
    }

    /// The channel that is open now.
    func channel() async throws(RabbitMQFailure) -> RabbitMQChannel {
        if let current, current.isOpen { return current }
        let opened = try await connection.openChannel(owner)
        current = opened
        return opened
    }

    /// The channel is not needed any more.
    func close() {
        current?.close()
        current = nil
    }

    func declare(_ topology: RabbitMQTopology) async throws(RabbitMQFailure) {
        try await declare(topology.exchange)
        if let deadLetter = topology.deadLetter {
            try await declare(deadLetter.exchange)
            try await declare(deadLetter.queue)
            try await bind(deadLetter.queue.name, deadLetter.exchange.name, "")
        }
        try await declare(topology.queue)
        for key in topology.routingKeys { try await bind(topology.queue.name, topology.exchange.name, key) }
    }

    func declare(_ exchange: RabbitMQExchange) async throws(RabbitMQFailure) {
        try await declare(
            .declareExchange(exchange, passive: false), .declareExchange(exchange, passive: true),
            "the exchange \(exchange.name)", "exchangeKind, durable and deletedWhenUnused")
    }

    private func declare(_ queue: RabbitMQQueue) async throws(RabbitMQFailure) {
        try await declare(
            .declareQueue(queue, passive: false), .declareQueue(queue, passive: true), "the queue \(queue.name)",
            "durable, deletedWhenUnused, maxLen, maxLenBytes, enableDeadLetter and queueType")
    }

    private func declare(
        _ request: AMQPRequest, _ passive: AMQPRequest, _ what: String, _ fields: String
    ) async throws(RabbitMQFailure) {
        let refusal: RabbitMQFailure
        do throws(RabbitMQFailure) {
            return try await channel().call(request)
        } catch {
            guard error.meansInequivalent || error.meansForbidden else { throw error }
            refusal = error
        }
        do throws(RabbitMQFailure) {
            try await channel().call(passive)
        } catch {
            // Where it is not there, what the broker said first says why.
            guard error.meansNotFound || error.meansForbidden else { throw error }
            throw RabbitMQFailure(.refused, "\(refusal.reason); check \(fields)", nativeCode: refusal.nativeCode)
        }
        warn("\(what) is used as it is: \(refusal.reason); its settings here (\(fields)) do not hold")
    }

    private func bind(_ queue: String, _ exchange: String, _ key: String) async throws(RabbitMQFailure) {
        let refusal: RabbitMQFailure
        do throws(RabbitMQFailure) {
            return try await channel().call(.bind(queue: queue, exchange: exchange, key: key))
        } catch {
            guard error.meansForbidden else { throw error }
            refusal = error
        }
        warn("the queue \(queue) is not bound to the exchange \(exchange): \(refusal.reason); bind it yourself")
    }
}
