internal import Bytes
package import KafkaClient
package import Messaging
package import Rules

/// The settings of one component, checked against each other, as properties of librdkafka. Pure.
package struct KafkaSettings {
    /// How long one attempt to reach a broker takes where `metadataTimeout` does not say.
    static let connectLimit: Duration = .seconds(4)
    /// How long an event is tried: longer than a change of a partition's leader mostly takes.
    static let messageTimeout: Duration = .seconds(10)
    /// Read ahead of each partition, in kilobytes, and beyond it what one answer brings (`consumerFetchDefault`).
    static let readAheadKilobytes = 2_048
    /// How often a consumer looks for topics and partitions that were added or made again.
    static let consumerRefresh: Duration = .seconds(10)

    package let brokers: String
    package let group: String
    package let startsAtNewest: Bool
    package let keepsPartitionOrder: Bool
    package let escapesHeaders: Bool
    /// Whether only partitions that move are given away when members come and go.
    package var isCooperative: Bool { consumer["partition.assignment.strategy"] == "cooperative-sticky" }
    /// Names of pairs that become no header.
    package let excludedHeaders: TextPattern?
    package let connectLimit: Duration
    package let maximumBytes: Int
    /// Where tokens come from; nil where none are used.
    package let tokens: KafkaTokenSettings?
    /// Settings that were given and change nothing that matters.
    package let ineffective: [String]
    package let producer: KafkaProperties
    package let consumer: KafkaProperties

    package init(_ settings: Settings, _ context: ComponentContext) throws(ComponentError) {
        brokers = try Self.brokers(settings.text("brokers") ?? "")
        group = Self.filled(settings.text("consumerGroup")) ?? Self.filled(settings.text("consumerID")) ?? context.appID
        startsAtNewest = try Self.word(settings, "initialOffset", ["newest", "oldest"]) == "newest"
        keepsPartitionOrder = settings.text("ordering") != "key"
        escapesHeaders = settings.bool("escapeHeaders")
        excludedHeaders = try Self.pattern(settings.text("excludeHeaderMetaRegex") ?? "")
        connectLimit = Self.positive(settings.duration("metadataTimeout")) ?? Self.connectLimit
        maximumBytes = settings.integer("maxMessageBytes") ?? 1_000_000
        ineffective = KafkaFields.withoutEffect.map(\.name).filter(settings.isGiven)
        try Self.checkVersion(settings.text("version") ?? "")

        var common = KafkaProperties([
            "bootstrap.servers": brokers, "client.id": settings.text("clientId") ?? "sarama",
            "socket.nagle.disable": "true", "reconnect.backoff.max.ms": "1000", "log_level": "0",
        ])
        tokens = try Self.secure(&common, settings)
        try Self.time(&common, settings)
        producer = try Self.producer(common, settings, maximumBytes)
        consumer = try Self.consumer(common, settings, group)
    }

    // MARK: Parts

    private static func time(_ properties: inout KafkaProperties, _ settings: Settings) throws(ComponentError) {
        let dial = positive(settings.duration("dialTimeout")) ?? .seconds(30)
        properties["socket.connection.setup.timeout.ms"] = milliseconds(dial, 1_000...2_147_483_647)
        // Ten seconds unless the user wants another: what is silent for longer is not going to answer.
        let read = settings.isGiven("readTimeout") ? positive(settings.duration("readTimeout")) : nil
        properties["socket.timeout.ms"] = milliseconds(read ?? .seconds(10), 2_000...300_000)
        let refresh = positive(try interval(settings, "clientConnectionTopicMetadataRefreshInterval")) ?? .seconds(480)
        properties["topic.metadata.refresh.interval.ms"] = milliseconds(refresh, 10...3_600_000)
        let keepAlive = try interval(settings, "clientConnectionKeepAliveInterval") ?? .zero
        properties.keepAlive = UInt32(clamping: keepAlive.wholeNanoseconds / 1_000_000)
    }

    private static func producer(
        _ common: KafkaProperties, _ settings: Settings, _ maximumBytes: Int
    ) throws(ComponentError) -> KafkaProperties {
        var properties = common
        let acks = try word(settings, "producerRequiredAcks", ["all", "local", "none"])
        if acks == "all" {
            properties["enable.idempotence"] = "true"
        } else {
            properties["acks"] = acks == "local" ? "1" : "0"
        }
        properties["linger.ms"] = "0"
        properties["message.timeout.ms"] = milliseconds(messageTimeout, 1_000...600_000)
        properties["request.timeout.ms"] = "5000"
        properties["queue.buffering.max.messages"] = "\(KafkaProducer.recordsMaximum)"
        properties["queue.buffering.max.kbytes"] = "\(max(65_536, maximumBytes / 1_024 + 1))"
        properties["message.max.bytes"] = "\(maximumBytes)"
        properties["compression.codec"] = try word(settings, "compression", ["none", "gzip", "snappy", "lz4", "zstd"])
        return properties
    }

    private static func consumer(
        _ common: KafkaProperties, _ settings: Settings, _ group: String
    ) throws(ComponentError) -> KafkaProperties {
        var properties = common
        properties["group.id"] = group
        properties["enable.auto.commit"] = "false"
        properties["enable.auto.offset.store"] = "false"
        // `newest` is looked up when a partition is assigned; a position that fell off the log goes on with what is left.
        properties["auto.offset.reset"] = "earliest"
        properties["allow.auto.create.topics"] = "true"
        properties["queued.max.messages.kbytes"] = "\(readAheadKilobytes)"
        properties["fetch.min.bytes"] = "\(settings.integer("consumerFetchMin") ?? 1)"
        properties["fetch.message.max.bytes"] = "\(settings.integer("consumerFetchDefault") ?? 1_048_576)"
        let retry = settings.duration("consumeRetryInterval") ?? .milliseconds(100)
        properties["reconnect.backoff.ms"] = milliseconds(retry, 1...3_600_000)
        properties["reconnect.backoff.max.ms"] = milliseconds(max(retry, .seconds(1)), 1...3_600_000)
        let session = positive(settings.duration("sessionTimeout")) ?? .seconds(10)
        let heartbeat = positive(settings.duration("heartbeatInterval")) ?? .seconds(3)
        guard heartbeat < session else {
            throw error(
                "heartbeatInterval (\(heartbeat)) must be shorter than sessionTimeout (\(session)); a third of it is usual"
            )
        }
        properties["session.timeout.ms"] = milliseconds(session, 1...3_600_000)
        properties["heartbeat.interval.ms"] = milliseconds(heartbeat, 1...3_600_000)
        let strategies = ["range", "roundrobin", "sticky", "cooperative-sticky"]
        let strategy = try word(settings, "consumerGroupRebalanceStrategy", strategies)
        properties["partition.assignment.strategy"] = strategy == "sticky" ? "cooperative-sticky" : strategy
        let refresh =
            positive(try interval(settings, "clientConnectionTopicMetadataRefreshInterval")) ?? consumerRefresh
        properties["topic.metadata.refresh.interval.ms"] = milliseconds(min(refresh, consumerRefresh), 10...3_600_000)
        return properties
    }

    // MARK: Checks

    /// A duration whose field's name leaves a page of the reference no room for its type.
    private static func interval(_ settings: Settings, _ name: String) throws(ComponentError) -> Duration? {
        guard let text = filled(settings.text(name)) else { return nil }
        if let number = Int32(text) { return .seconds(number) }
        guard let duration = GoDuration.parse(text) else {
            throw error("\(name) is \"\(text)\"; write a duration such as 1m30s, or a whole number of seconds")
        }
        return duration
    }

    private static func pattern(_ text: String) throws(ComponentError) -> TextPattern? {
        guard !text.isEmpty else { return nil }
        do throws(TextPattern.Mistake) { return try TextPattern(text) } catch {
            throw self.error("excludeHeaderMetaRegex is no regular expression: \(error)")
        }
    }

    private static func brokers(_ text: String) throws(ComponentError) -> String {
        let parts = text.split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
        guard !parts.isEmpty else { throw error("kafka error: missing 'brokers' attribute; set host:port") }
        if let part = parts.first(where: { $0.contains(text: "://") }) {
            throw error("brokers names \(part); write host:port, without a scheme")
        }
        return parts.joined(separator: ",")
    }

    private static func checkVersion(_ text: String) throws(ComponentError) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (3...4).contains(parts.count), parts.allSatisfy({ Int($0) != nil }) else {
            throw error("kafka error: invalid kafka version \"\(text)\"; write it as 2.0.0, or leave it out")
        }
    }

    /// One of some words, in any case.
    static func word(_ settings: Settings, _ name: String, _ words: [String]) throws(ComponentError) -> String {
        let text = settings.text(name) ?? ""
        if text.isEmpty, let first = words.first { return first }
        guard let word = words.first(where: { ASCII.equalIgnoringCase($0, text) }) else {
            throw error("\(name) is \"\(text)\"; it must be one of \(words.joined(separator: ", "))")
        }
        return word
    }

    static func error(_ reason: String) -> ComponentError {
        ComponentError(.settings, action: "reading the settings", reason: reason)
    }

    static func filled(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }

    private static func positive(_ duration: Duration?) -> Duration? { duration.flatMap { $0 > .zero ? $0 : nil } }

    private static func milliseconds(_ duration: Duration, _ range: ClosedRange<Int>) -> String {
        let value = Int(clamping: duration.wholeNanoseconds / 1_000_000)
        return "\(min(max(value, range.lowerBound), range.upperBound))"
    }
}
