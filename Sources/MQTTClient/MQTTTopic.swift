internal import Bytes

/// Names of topics, and filters with wildcards (MQTT 3.1.1 and 5, section 4.7). Pure.
package enum MQTTTopic {
    /// The longest name or filter, in bytes.
    package static let lengthMaximum = 65_535

    /// Why a name cannot be published to; `nil` where it can.
    package static func refusal(ofName name: String) -> String? {
        if let refusal = refusal(ofText: name) { return refusal }
        return name.utf8.contains { $0 == 0x2B || $0 == 0x23 } ? "has a wildcard (+ or #)" : nil
    }

    /// Why a filter, shared or not, cannot be subscribed to; `nil` where it can.
    package static func refusal(ofFilter filter: String) -> String? {
        if let refusal = refusal(ofText: filter) { return refusal }
        if filter.hasPrefix("$share/"), sharedParts(filter) == nil {
            return "is no shared subscription: $share/<group>/<filter>, the group without / + #"
        }
        let levels = matched(filter).split(separator: "/", omittingEmptySubsequences: false)
        for (index, level) in levels.enumerated() where level.utf8.count > 1 || level == "#" {
            if level.utf8.count > 1, level.utf8.contains(where: { $0 == 0x2B || $0 == 0x23 }) {
                return "has a wildcard that is not a level of its own"
            }
            if level == "#", index < levels.count - 1 { return "has a # that is not its last level" }
        }
        return nil
    }

    private static func refusal(ofText text: String) -> String? {
        if text.isEmpty { return "is empty" }
        if text.utf8.count > lengthMaximum { return "has more than \(lengthMaximum) bytes" }
        return text.utf8.contains(0) ? "has a NUL" : nil
    }

    /// Group and filter of a shared subscription; `nil` for any other.
    private static func sharedParts(_ filter: String) -> (group: Substring, filter: Substring)? {
        let parts = filter.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "$share", !parts[1].isEmpty, !parts[2].isEmpty,
            !parts[1].utf8.contains(where: { $0 == 0x2B || $0 == 0x23 })
        else { return nil }
        return (parts[1], parts[2])
    }

    /// The filter that names are compared with: what follows `$share/<group>/`, or all of it.
    package static func matched(_ filter: String) -> String { sharedParts(filter).map { String($0.filter) } ?? filter }

    /// Whether a filter, without `$share`, has wildcards.
    package static func isPattern(_ filter: String) -> Bool {
        filter.utf8.contains { $0 == 0x2B || $0 == 0x23 }
    }

    /// Whether a filter, without `$share`, takes a name in.
    package static func matches(_ filter: String, _ name: String) -> Bool {
        filter.withRawSpan { filter in name.withRawSpan { matches(filter, $0) } }
    }

    private static func matches(_ filter: RawSpan, _ name: RawSpan) -> Bool {
        // Topics that begin with $ belong to the broker; wildcards at the beginning leave them out.
        if name.byteOrZero(at: 0) == 0x24, filter.byteOrZero(at: 0) != 0x24 { return false }
        var inFilter = 0
        var inName = 0
        while inFilter < filter.byteCount {
            let byte = filter[inFilter]
            if byte == 0x23 { return true }
            if byte == 0x2B {
                while inName < name.byteCount, name[inName] != 0x2F { inName += 1 }
                inFilter += 1
                continue
            }
            guard inName < name.byteCount else {
                // `a/#` takes `a` in, too.
                return byte == 0x2F && inFilter + 2 == filter.byteCount && filter[inFilter + 1] == 0x23
            }
            guard name[inName] == byte else { return false }
            inFilter += 1
            inName += 1
        }
        return inName == name.byteCount
    }
}
