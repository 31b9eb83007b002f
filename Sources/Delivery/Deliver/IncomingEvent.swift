internal import Bytes
internal import Events
internal import Messaging
internal import Rules

/// A message as an event: what goes to the app, and what rules, expiry and traces look at (spec 1.6, "Event construction").
struct IncomingEvent {
    /// What goes to the app.
    let body: [UInt8]
    /// What is looked at; the same bytes as the body, unless the message is in binary mode.
    private let view: EventView
    private let isRaw: Bool

    /// Reads a message; nil where its bytes are not exactly one JSON object.
    init?(_ message: Message, isRaw: Bool, topic: String, pubsub: String, writer: EnvelopeWriter) {
        self.isRaw = isRaw
        if isRaw {
            let trace = CarriedTrace(
                id: message.metadata["traceid"], parent: message.metadata["traceparent"],
                state: message.metadata["tracestate"])
            body = writer.wrapRaw(message.body.rawSpan, topic: topic, pubsubName: pubsub, trace: trace)
        } else {
            body = message.body
        }
        guard let view = EventView(IncomingEvent.isBinary(message) ? IncomingEvent.structured(message) : body) else {
            return nil
        }
        self.view = view
    }

    /// The event as JSON, also where it came in binary mode.
    var json: [UInt8] { view.bytes }

    /// The event's id where it is a text; for logs.
    var id: String { view.text(.id) ?? "" }

    /// The event's own trace.
    var trace: TraceContext? { view.trace }

    /// Whether the event has a trace attribute that is a text, valid or not: only then the app gets a `traceparent` at all.
    var carriesTrace: Bool { isText(.traceParent) || isText(.traceID) }

    private func isText(_ attribute: EventAttribute) -> Bool {
        guard let range = view.range(of: attribute) else { return false }
        return view.bytes[range.lowerBound] == 0x22
    }

    /// Whether it came too late. Raw events never do.
    func isExpired(at wallClock: Int64) -> Bool { !isRaw && view.isExpired(at: wallClock) }

    /// The event as rules see it.
    var ruleEvent: RuleEvent { RuleEvent((try? view.tree()) ?? .null) }

    private static func isBinary(_ message: Message) -> Bool {
        guard let type = message.contentType else { return false }
        return ContentKind(type) == .binary
    }

    private static func structured(_ message: Message) -> [UInt8] {
        var event = BinaryEvent()
        for pair in message.metadata.pairs { _ = event.take(key: pair.key, value: pair.value) }
        return event.structured(message.body.rawSpan)
    }
}
