/// What changed between two lists of things that are known by a key: the decision behind a reload, without doing anything.
package struct ResourceDifference<Key: Hashable & Sendable>: Sendable, Equatable {
    /// In the new list only, in its order.
    package var added: [Key] = []
    /// In both and not the same, in the order of the new list.
    package var changed: [Key] = []
    /// In the old list only, in its order.
    package var removed: [Key] = []
    /// In both and the same, in the order of the new list.
    package var untouched: [Key] = []

    package init() {}

    /// Compares; of several entries with one key in a list the first counts.
    package init<Value>(
        old: [(key: Key, value: Value)], new: [(key: Key, value: Value)], isSame: (Value, Value) -> Bool
    ) {
        var former: [Key: Value] = [:]
        for (key, value) in old where former[key] == nil { former[key] = value }
        var seen: Set<Key> = []
        for (key, value) in new where seen.insert(key).inserted {
            guard let before = former[key] else {
                added.append(key)
                continue
            }
            if isSame(before, value) { untouched.append(key) } else { changed.append(key) }
        }
        for (key, _) in old where seen.insert(key).inserted { removed.append(key) }
    }

    /// Whether there is nothing to do.
    package var isEmpty: Bool { added.isEmpty && changed.isEmpty && removed.isEmpty }
}

extension ResolvedComponent {
    /// Whether a component would be made from both in the same way: places in files do not count, and neither do the ids that
    /// `{uuid}` stands for, which are new each time.
    package func isSame(as other: ResolvedComponent) -> Bool {
        guard spec.withoutPlace == other.spec.withoutPlace, properties.count == other.properties.count else {
            return false
        }
        return zip(properties, other.properties).allSatisfy { left, right in
            left.name == right.name && left.isSecret == right.isSecret
                && ((left.isRandom && right.isRandom) || left.value == right.value)
        }
    }
}

extension ComponentSpec {
    /// The same without file and lines.
    package var withoutPlace: ComponentSpec {
        var copy = self
        copy.file = ""
        copy.line = 0
        for index in copy.items.indices { copy.items[index].line = 0 }
        return copy
    }
}

extension SubscriptionSpec {
    /// What a running subscription is known by.
    package struct Place: Hashable, Sendable {
        package var pubsubName: String
        package var topic: String

        package init(pubsubName: String, topic: String) {
            self.pubsubName = pubsubName
            self.topic = topic
        }
    }

    package var place: Place { Place(pubsubName: pubsubName, topic: topic) }

    /// What it does, without where it is written.
    package var withoutPlace: SubscriptionSpec {
        var copy = self
        copy.name = ""
        copy.scopes = []
        copy.file = ""
        copy.line = 0
        return copy
    }
}
