internal import Bytes
internal import Delivery
internal import Events
internal import HTTP
internal import Messaging

/// Which of an event's pairs become header fields of its delivery (spec 1.6, "HTTP request to the app").
enum DeliveryFields {
    /// Names that are never passed on, compared without case.
    private static let excluded: [StaticString] = [
        "content-type", "content-length", "destination-app-id", "connection", "keep-alive", "proxy-connection",
        "transfer-encoding", "upgrade", "http2-settings", "te", "trailer", "proxy-authorization", "proxy-authenticate",
        // The trace is sent once: `trace(in:)` decides which.
        "traceparent", "tracestate",
        // The channel says which component an event came through.
        "pubsubname",
    ]

    /// Adds the pairs; the name of the first one that cannot be a header field, where there is one. Keys that differ in case only become one
    /// field, their values with commas between them.
    /// - Parameter hasToken: whether the channel sends a token of its own, which no publisher may replace.
    static func add(_ metadata: Metadata, hasToken: Bool, to fields: inout HTTPFieldBlock) -> String? {
        guard !metadata.isEmpty else { return nil }
        let named = connectionNames(metadata)
        for (index, pair) in metadata.pairs.enumerated()
        where !isExcluded(pair.key, hasToken) && !named.contains(pair.key.lowercased()) {
            let name = lowercased(pair.key)
            guard let value = value(at: index, in: metadata) else { continue }
            guard isSendable(value), fields.add(name: name.rawSpan, value: value.rawSpan) || isReserved(name) else {
                return pair.key
            }
        }
        return nil
    }

    /// The values of all keys that differ from the one at an index in case only, at the first of them; nil at the others.
    private static func value(at index: Int, in metadata: Metadata) -> [UInt8]? {
        let key = metadata.pairs[index].key
        var joined = bytes(metadata.pairs[index])
        for (other, pair) in metadata.pairs.enumerated() where other != index && ASCII.equalIgnoringCase(pair.key, key)
        {
            if other < index { return nil }
            joined.append(utf8: ", ")
            joined += bytes(pair)
        }
        return joined
    }

    /// A value leaves as it came, also where it is not UTF-8.
    private static func bytes(_ pair: Metadata.Pair) -> [UInt8] { pair.bytes ?? Array(pair.value.utf8) }

    /// Whether a value has no control character but tabs, as Go's net/http asks.
    private static func isSendable(_ value: [UInt8]) -> Bool {
        value.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    /// The trace that travels in the pairs themselves, where it is valid: it goes before the event's, and only with it a `tracestate` goes.
    static func trace(in metadata: Metadata) -> (trace: TraceContext, state: String?)? {
        guard let text = metadata.value(ignoringCase: "traceparent"), let trace = TraceContext(text) else { return nil }
        return (trace, metadata.value(ignoringCase: "tracestate"))
    }

    private static func isExcluded(_ name: String, _ hasToken: Bool) -> Bool {
        if name.hasSuffix("-bin") { return true }
        if hasToken, ASCII.equalIgnoringCase(name, "dapr-api-token") { return true }
        return name.withRawSpan { name in excluded.contains { ASCII.equalIgnoringCase(name, $0) } }
    }

    /// What a `Connection` pair names is hop-by-hop too.
    private static func connectionNames(_ metadata: Metadata) -> Set<String> {
        guard let value = metadata.value(ignoringCase: "connection") else { return [] }
        return Set(value.split(separator: ",").map { $0.filter { $0 != " " }.lowercased() })
    }

    /// Fields that the connection sends itself are left out without a word.
    private static func isReserved(_ name: [UInt8]) -> Bool { HTTPFieldBlock.isReserved(name.rawSpan) }

    private static func lowercased(_ name: String) -> [UInt8] { name.utf8.map(ASCII.lowercased) }
}
