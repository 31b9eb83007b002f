internal import Bytes

/// What a publisher sets of the envelope by metadata such as `cloudevent.id` (spec 1.1, table of metadata keys).
///
/// Absent is not empty: an empty source gives `Dapr`, an empty trace id no trace.
package struct EnvelopeOverrides: Sendable, Equatable {
    /// `cloudevent.id`; empty counts as absent.
    package var id: String?
    /// `cloudevent.source`; empty gives `Dapr`.
    package var source: String?
    /// `cloudevent.type`; empty counts as absent.
    package var type: String?
    /// `cloudevent.subject`; empty counts as absent.
    package var subject: String?
    /// `cloudevent.traceid`: becomes `traceid` and `traceparent`, whatever it is.
    package var traceID: String?
    /// `cloudevent.traceparent`: wins over `traceID` unless it is empty.
    package var traceParent: String?
    /// `cloudevent.tracestate`.
    package var traceState: String?

    /// Makes overrides that override nothing.
    package init() {}

    /// Takes a pair of request metadata if its key, in any case, is one of the above. False for all other keys.
    package mutating func take(key: String, value: String) -> Bool { key.withRawSpan { take($0, value) } }

    private mutating func take(_ key: RawSpan, _ value: String) -> Bool {
        let prefix: StaticString = "cloudevent."
        guard key.byteCount > 11, ASCII.equalIgnoringCase(key.extracting(0..<11), prefix) else { return false }
        let name = key.extracting(11..<key.byteCount)
        if ASCII.equalIgnoringCase(name, "id") {
            id = value
        } else if ASCII.equalIgnoringCase(name, "source") {
            source = value
        } else if ASCII.equalIgnoringCase(name, "type") {
            type = value
        } else if ASCII.equalIgnoringCase(name, "subject") {
            subject = value
        } else if ASCII.equalIgnoringCase(name, "traceid") {
            traceID = value
        } else if ASCII.equalIgnoringCase(name, "traceparent") {
            traceParent = value
        } else if ASCII.equalIgnoringCase(name, "tracestate") {
            traceState = value
        } else {
            return false
        }
        return true
    }
}
