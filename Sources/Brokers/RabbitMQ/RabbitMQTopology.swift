internal import AMQPClient
internal import Bytes
internal import Messaging

/// What a subscription declares at the broker, with daprd's names and arguments, so that what is there already is declared equal (spec 3.8). Pure.
struct RabbitMQTopology: Equatable {
    var exchange: RabbitMQExchange
    var queue: RabbitMQQueue
    /// Where the queue's rejected and expired events go.
    var deadLetter: DeadLetter?
    /// The queue is bound once for each.
    var routingKeys: [String]

    struct DeadLetter: Equatable {
        var exchange: RabbitMQExchange
        var queue: RabbitMQQueue
    }

    init(topic: String, _ metadata: Metadata, _ settings: RabbitMQPubSubSettings) throws(ComponentError) {
        exchange = settings.exchange(of: topic)
        let given = metadata.value(ignoringCase: "queueName") ?? ""
        let name = given.isEmpty ? "\(settings.consumerID)-\(topic)" : given
        guard name.utf8.count <= 250, topic.utf8.count <= 255 else {
            throw Self.error(topic, "the name of a queue may have 250 bytes; shorten consumerID, or set queueName")
        }
        var arguments = AMQPTable()
        if settings.hasDeadLetters {
            let exchange = RabbitMQExchange(
                "dlx-\(name)", kind: "fanout", isDurable: true, isAutoDeleted: settings.deletesUnused)
            var lazy = Self.lengths(settings.maximumLength, settings.maximumBytes)
            lazy.append("x-queue-mode", .text("lazy"))
            deadLetter = DeadLetter(
                exchange: exchange,
                queue: RabbitMQQueue(
                    "dlq-\(name)", isDurable: true, isAutoDeleted: settings.deletesUnused, arguments: lazy))
            arguments.append("x-dead-letter-exchange", .text(exchange.name))
        }
        let length = try Self.number("maxLen", metadata, topic) ?? settings.maximumLength
        let bytes = try Self.number("maxLenBytes", metadata, topic) ?? settings.maximumBytes
        for entry in Self.lengths(length, bytes).entries { arguments.append(entry.name, entry.value) }
        try Self.append(metadata, topic, to: &arguments)
        queue = RabbitMQQueue(
            name, isDurable: settings.isDurable, isAutoDeleted: settings.deletesUnused, arguments: arguments)
        routingKeys = (metadata.value(ignoringCase: "routingKey") ?? "")
            .split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    private static func append(
        _ metadata: Metadata, _ topic: String, to arguments: inout AMQPTable
    ) throws(ComponentError) {
        let type = metadata.value(ignoringCase: "queueType") ?? ""
        guard ["", "classic", "quorum"].contains(type) else {
            throw error(topic, "queueType \(type) is not supported; set classic or quorum")
        }
        arguments.append("x-queue-type", .text(type.isEmpty ? "classic" : type))
        if let priority = try number("maxPriority", metadata, topic) {
            arguments.append("x-max-priority", .integer(Int64(min(priority, 255))))
        }
        if metadata.value(ignoringCase: "singleActiveConsumer").map({ GoBool.isTruthy($0) }) ?? false {
            arguments.append("x-single-active-consumer", .bool(true))
        }
    }

    private static func lengths(_ length: Int, _ bytes: Int) -> AMQPTable {
        var table = AMQPTable()
        if length > 0 { table.append("x-max-length", .integer(Int64(length))) }
        if bytes > 0 { table.append("x-max-length-bytes", .integer(Int64(bytes))) }
        return table
    }

    private static func number(
        _ name: String, _ metadata: Metadata, _ topic: String
    ) throws(ComponentError) -> Int? {
        guard let text = metadata.value(ignoringCase: name), !text.isEmpty else { return nil }
        guard let number = Int(text), number >= 0 else {
            throw error(topic, "\(name) is \(text), which is not a whole number")
        }
        return number
    }

    private static func error(_ topic: String, _ reason: String) -> ComponentError {
        ComponentError(.settings, action: "subscribing to topic \(topic)", reason: reason)
    }
}
