internal import Messaging

/// The newest events in memory, shared by all groups: they are delivered from here and not read from the file.
///
/// Only topics that somebody takes are kept. When the bytes are more than the bound, the oldest events go, whatever their topic; a group that has not
/// had them reads them from the file.
struct EventRing {
    private struct Topic {
        /// From this id on the ring has all events of the topic.
        var from = UInt64.max
        var events = Queue<StoredEvent>()
    }

    let maxBytes: Int
    private(set) var bytes = 0
    private var topics: [Topic] = []
    private var order = Queue<Int>()

    init(maxBytes: Int) { self.maxBytes = maxBytes }

    /// From this id on the topic's events are kept.
    mutating func watch(_ topic: Int, from id: UInt64) {
        while topics.count <= topic { topics.append(Topic()) }
        if topics[topic].from == .max { topics[topic].from = id }
    }

    /// Nobody takes the topic any more; what is here of it goes when its turn comes.
    mutating func unwatch(_ topic: Int) {
        guard topic < topics.count else { return }
        topics[topic].from = .max
    }

    /// Takes an event that was committed. Ids ascend.
    mutating func append(_ event: consuming StoredEvent, topic: Int) {
        guard topic < topics.count, topics[topic].from != .max else { return }
        bytes += event.message.size
        topics[topic].events.append(event)
        order.append(topic)
        while bytes > maxBytes, order.count > 1 { evict() }
    }

    private mutating func evict() {
        guard let topic = order.popFirst(), let event = topics[topic].events.popFirst() else { return }
        bytes -= event.message.size
        if topics[topic].from != .max { topics[topic].from = max(topics[topic].from, event.id + 1) }
    }

    /// Whether all events of a topic after an id are here.
    func covers(_ topic: Int, after id: UInt64) -> Bool { topic < topics.count && topics[topic].from <= id &+ 1 }

    /// Where the first event after an id lies; the number of events where there is none.
    func index(_ topic: Int, after id: UInt64) -> Int {
        guard topic < topics.count else { return 0 }
        var low = 0
        var high = topics[topic].events.count
        while low < high {
            let middle = (low + high) / 2
            if topics[topic].events[middle].id <= id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// How many events of a topic after an id are here.
    func count(_ topic: Int, after id: UInt64) -> Int {
        topic < topics.count ? topics[topic].events.count - index(topic, after: id) : 0
    }

    /// The event at an index, `nil` at the end.
    func event(_ topic: Int, at index: Int) -> StoredEvent? {
        topic < topics.count && index < topics[topic].events.count ? topics[topic].events[index] : nil
    }

    /// The event with an id, where it is still here.
    func event(_ topic: Int, id: UInt64) -> StoredEvent? {
        guard let event = event(topic, at: index(topic, after: id - 1)), event.id == id else { return nil }
        return event
    }
}
