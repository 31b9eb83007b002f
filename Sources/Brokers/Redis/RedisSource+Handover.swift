internal import Loop
internal import Messaging
internal import RedisClient

/// From entries that were read to messages that the app's side takes, within its credit.
extension RedisSource {
    /// Entries were read: they go to the app as far as there is credit. What cannot be delivered is settled here.
    func fetched(_ entries: [RedisEntry]) {
        let now = loop.now
        var empty: [Position] = []
        // Nearly always all are taken, and then the array itself is kept.
        var takesAll = ready.isEmpty
        for index in entries.indices {
            if entries[index].body == nil {
                empty.append(entries[index].id)
            } else if held.fetched(entries[index].id, now: now) {
                if !takesAll { ready.append(entries[index]) }
                continue
            }
            // After the group was made anew, Redis gives out again what the app has already; that is left out.
            if takesAll { ready = ArraySlice(entries[..<index]) }
            takesAll = false
        }
        if takesAll { ready = entries[...] }
        if !empty.isEmpty { dropEmpty(empty) }
        if !isPaused, let inlet { handOver(inlet) }
    }

    /// What is not at the app is read again from the new group.
    func groupRecreated() {
        ready = []
        held.groupRecreated()
    }

    func handOver(_ inlet: any Inlet) {
        guard !ready.isEmpty else { return }
        var credit = inlet.credit
        var messages: [ReceivedMessage] = []
        messages.reserveCapacity(min(ready.count, max(0, credit.events)))
        var next = ready.startIndex
        while credit.isOpen, next < ready.endIndex {
            let id = ready[next].id
            let message = ReceivedMessage(
                Message(
                    topic: topic, body: ready[next].body ?? [], metadata: metadata(of: ready[next]),
                    key: ready[next].key, earlierAttempts: held.handedOver(id)), Receipt(id))
            next += 1
            credit.events -= 1
            credit.bytes -= message.size
            messages.append(message)
        }
        ready = next < ready.endIndex ? ready[next...] : []
        if !messages.isEmpty { inlet.take(messages) }
    }

    private func metadata(of entry: RedisEntry) -> Metadata {
        if entry.metadata.isEmpty { return Metadata() }
        if let metadata = RedisEventMetadata.decode(entry.metadata) { return metadata }
        component.warn(
            "topic \(topic), entry \(entry.id.entryID): its field metadata is no JSON object of texts; delivered without it"
        )
        return Metadata()
    }

    /// Entries without the field `data` were not published by Dapr or Martlet: there is nothing to deliver, now or later.
    private func dropEmpty(_ ids: [Position]) {
        component.warn(
            "topic \(topic): \(ids.count) entries without the field data are acknowledged, from \(ids[0].entryID) on; there is nothing to deliver"
        )
        held.remove(ids)
        acknowledge(ids)
    }
}
