package import Messaging

extension EventLog {
    /// Takes events. Each is answered exactly once in a later call: stored after the commit that made it durable, or not.
    package func publish(_ entries: [PublishEntry]) {
        noteTurnEnd()
        guard state == .open else {
            let error = refusal
            failing += entries.map { ($0, error) }
            return
        }
        // By index: the loop over the elements would copy each of them. Nearly always all are taken, and then the array itself is kept.
        var takesAll = collected.isEmpty
        func refuse(_ index: Int, _ error: ComponentError) {
            failing.append((entries[index], error))
            if takesAll { collected = Array(entries[..<index]) }
            takesAll = false
        }
        for index in entries.indices {
            let size = entries[index].body.count + entries[index].key.count + 64
            guard pendingEvents < Self.maxPendingEvents,
                pendingBytes + size <= Self.maxPendingBytes || pendingEvents == 0
            else {
                refuse(index, busy)
                continue
            }
            guard let topic = topicNumber(entries[index].topic) else {
                refuse(index, tooManyTopics)
                continue
            }
            pendingEvents += 1
            pendingBytes += size
            if !takesAll { collected.append(entries[index]) }
            outgoing.add(
                LogEvent(
                    topic: topic, key: entries[index].key, metadata: entries[index].metadata, body: entries[index].body),
                number: number + 1)
        }
        if takesAll { collected = entries }
    }

    /// The number under which shard and file know a topic, `nil` where there are too many.
    func topicNumber(_ name: String) -> Int? {
        if name == lastTopic.name { return lastTopic.number }
        if let known = numbers[name] {
            lastTopic = (name, known)
            return known
        }
        guard names.count < Self.maxTopics else { return nil }
        let number = names.count
        names.append(name)
        numbers[name] = number
        outgoing.topics.append(name)
        lastTopic = (name, number)
        return number
    }

    var refusal: ComponentError {
        switch state {
        case .latched(let error): error
        case .closing, .closed: closedError
        case .idle, .opening, .open:
            ComponentError(
                .unavailable, action: "storing events in \(settings.path)", reason: "the file is not open yet")
        }
    }

    private var busy: ComponentError {
        ComponentError(
            .full, action: "storing events in \(settings.path)",
            reason: "\(pendingEvents) events wait for the disk; publish again later")
    }

    var tooManyTopics: ComponentError {
        ComponentError(
            .full, action: "storing events in \(settings.path)",
            reason: "it has \(Self.maxTopics) topics already; put what differs into the event instead of the topic")
    }
}
