internal import Bytes
internal import Loop
internal import Messaging
internal import Store

/// The mapping of the seam to a log of `Store`. Confined to its home shard.
final class EmbeddedPubSub: PubSub {
    /// The smallest bound that makes sense: below it not even some large events fit.
    static let smallestMaxBytes = 1 << 20

    private let log: EventLog
    private let group: String
    private let events: Events

    /// The log tells the host through this, as the log does not keep its owner alive.
    private final class Events: EventLogOwner {
        private let host: any PubSubHost

        init(_ host: any PubSubHost) { self.host = host }

        func logLatched(_ error: ComponentError) { host.connectionLost(error) }
        func logWarned(_ line: String) { host.warn(line) }
    }

    init(_ settings: Settings, _ context: ComponentContext, _ host: any PubSubHost) throws(ComponentError) {
        let maxBytes = settings.integer("maxBytes") ?? 1 << 30
        guard maxBytes >= Self.smallestMaxBytes else {
            throw Self.wrong("maxBytes is \(maxBytes), the least is \(Self.smallestMaxBytes) (1Mi)", context)
        }
        let retention = settings.duration("retention") ?? .seconds(86_400)
        guard retention > .zero else { throw Self.wrong("retention must be longer than zero", context) }
        let consumerID = settings.text("consumerID").flatMap { $0.isEmpty ? nil : $0 }
        group = consumerID ?? context.appID
        let clock = RFC3339Clock(.utc)
        let start = String(decoding: clock.text(at: EventLoop.current.wallClock), as: UTF8.self)
        events = Events(host)
        log = EventLog(
            LogSettings(
                path: Self.path(settings, context), maxBytes: maxBytes,
                retention: Int64(clamping: retention.wholeNanoseconds / 1_000_000),
                ringBytes: max(settings.integer("memoryBytes") ?? 4 << 20, 0),
                owner: "app id \"\(context.appID)\", component \"\(context.name)\", started \(start)"), owner: events)
    }

    /// The file of a component.
    static func path(_ settings: Settings, _ context: ComponentContext) -> String {
        settings.text("path").flatMap { $0.isEmpty ? nil : $0 }
            ?? StateFile.defaultPath(appID: context.appID, component: context.name)
    }

    private static func wrong(_ reason: String, _ context: ComponentContext) -> ComponentError {
        ComponentError(.settings, component: context.title, action: "reading its settings", reason: reason)
    }

    func connect() async throws(ComponentError) { try await log.open() }

    func publish(_ batch: [PublishEntry]) { log.publish(batch) }

    func subscribe(
        _ request: SubscriptionRequest, into inlet: any Inlet
    ) async throws(ComponentError) -> any TopicSource {
        EmbeddedSource(try await log.join(request.topic, group: group, inlet: inlet))
    }

    func close() async { await log.close() }
}

/// One subscription: a member of the topic's group.
private final class EmbeddedSource: TopicSource {
    private let member: LogMember

    init(_ member: LogMember) { self.member = member }

    func settle(_ batch: borrowing SettledBatch) { member.settle(batch) }
    func creditReturned() { member.creditReturned() }
    func pause() { member.pause() }
    func resume() { member.resume() }
    func cancel() async { member.cancel() }
    func lag() async -> Int? { await member.lag() }
}
