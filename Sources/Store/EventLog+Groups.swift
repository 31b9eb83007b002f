internal import Loop
package import Messaging

extension EventLog {
    /// Joins the group of a topic. Its messages go to the inlet until the membership is cancelled.
    package func join(_ topic: String, group name: String, inlet: any Inlet) async throws(ComponentError) -> LogMember {
        guard state == .open else { throw refusal }
        guard let number = topicNumber(topic) else { throw tooManyTopics }
        let group = group(name, of: number, named: topic)
        outgoing.opens.append(LogWork.Open(group: group.number, topic: number, name: name))
        noteTurnEnd()
        if let error = await group.opened() { throw error }
        return group.join(inlet)
    }

    private func group(_ name: String, of topic: Int, named topicName: String) -> LogGroup {
        while takers.count <= topic { takers.append([]) }
        if let known = takers[topic].first(where: { $0.name == name }) { return known }
        let group = LogGroup(name, number: groups.count, topic: topic, named: topicName, log: self)
        groups.append(group)
        takers[topic].append(group)
        return group
    }

    func leave(_ group: LogGroup, row: Int64) {
        if !takers[group.topic].contains(where: \.isTaken) { ring.unwatch(group.topic) }
        outgoing.leaves.append((group.topic, row))
        noteTurnEnd()
    }

    func read(_ request: LogWork.Read) {
        outgoing.reads.append(request)
        noteTurnEnd()
    }

    func fetch(_ request: LogWork.Fetch) {
        outgoing.fetches.append(request)
        noteTurnEnd()
    }

    func count(_ request: LogWork.Count) {
        outgoing.counts.append(request)
        noteTurnEnd()
    }

    /// The group's state has changed and is saved with the next commit, or alone after a short while.
    func noteDirty(_ group: LogGroup) {
        dirty.append(group)
        noteTurnEnd()
    }

    /// The group may hand over again.
    func notePump(_ group: LogGroup) {
        pumping.append(group)
        noteTurnEnd()
    }
}
