public import Messaging

/// The broker behind `FaultyPubSub`: topics and groups in memory, which outlive every connection. Confined to the test's task.
///
/// It keeps its promises exactly: what is stored is delivered to every group until it is acknowledged. All misbehaviour is in `FaultyPubSub`.
public final class FaultyBroker {
    /// One group of one topic.
    final class Group {
        /// Messages that are neither in flight nor acknowledged, the next one first.
        var waiting: [Stored] = []
        /// Messages that were handed over and are not settled.
        var inFlight: [UInt64: Stored] = [:]
    }

    struct Stored {
        var id: UInt64
        var message: Message
    }

    private var groups: [String: [String: Group]] = [:]
    private var kept: [String: [Stored]] = [:]
    private var lastID: UInt64 = 0
    /// Messages that were acknowledged, in that order, as `topic/group` and body.
    public private(set) var acknowledged: [(place: String, body: [UInt8])] = []
    /// Messages that were stored, in that order.
    public private(set) var stored: [Message] = []

    /// Makes an empty broker.
    public init() {}

    /// Messages of a topic that a group has not acknowledged.
    public func outstanding(topic: String, group: String) -> Int {
        guard let group = groups[topic]?[group] else { return 0 }
        return group.waiting.count + group.inFlight.count
    }

    /// Acknowledges whatever a group has in flight: what a component that loses events would do, to see that a test notices.
    public func acknowledgeAll(group name: String) {
        for groups in groups.values { groups[name]?.inFlight = [:] }
    }

    func store(_ message: Message) {
        lastID += 1
        let one = Stored(id: lastID, message: message)
        stored.append(message)
        kept[message.topic, default: []].append(one)
        for group in groups[message.topic, default: [:]].values { group.waiting.append(one) }
    }

    /// The group, which begins with the oldest message where it is new.
    func group(_ topic: String, _ name: String) -> Group {
        if let group = groups[topic]?[name] { return group }
        let group = Group()
        group.waiting = kept[topic] ?? []
        groups[topic, default: [:]][name] = group
        return group
    }

    func acknowledge(_ id: UInt64, topic: String, group name: String) {
        guard let one = group(topic, name).inFlight.removeValue(forKey: id) else { return }
        acknowledged.append(("\(topic)/\(name)", one.message.body))
    }

    func release(_ id: UInt64, attempts: Int, topic: String, group name: String) {
        let group = group(topic, name)
        guard var one = group.inFlight.removeValue(forKey: id) else { return }
        one.message.earlierAttempts = max(one.message.earlierAttempts, attempts)
        group.waiting.append(one)
    }

    /// A connection is gone: what it had in flight comes again, in the old order.
    func giveBack(topic: String, group name: String) {
        let group = group(topic, name)
        group.waiting = (group.inFlight.values + group.waiting).sorted { $0.id < $1.id }
        group.inFlight = [:]
    }
}
