internal import Bytes
internal import Events
internal import Messaging
internal import Rules

/// A message as an event: what goes to the app, and what rules, expiry and traces look at (spec 1.6, "Event construction").
///
/// It cannot be copied: it is large, and a copy made by accident would cost each event a dozen counts of references.
struct IncomingEvent: ~Copyable {
    /// What goes to the app.
    let body: [UInt8]
    /// The event's own trace.
    let trace: TraceContext?
    /// Whether the event has a trace attribute that is a text, valid or not: only then the app gets a `traceparent` at all.
    let carriesTrace: Bool
    /// What is looked at; the same bytes as the body, unless the message is in binary mode.
    private let view: EventView
    private let isRaw: Bool

    /// Reads a message; nil where its bytes are not exactly one JSON object.
    /// - Parameter body: what goes to the app: the message's own bytes, or for raw messages the envelope around them.
    init?(_ body: [UInt8], of received: ReceivedMessage, isRaw: Bool) {
        let isBinary = received.message.contentType.map { ContentKind($0) == .binary } ?? false
        guard let view = EventView(isBinary ? IncomingEvent.structured(received.message) : body) else { return nil }
        self.body = body
        self.isRaw = isRaw
        carriesTrace = IncomingEvent.isText(.traceParent, in: view) || IncomingEvent.isText(.traceID, in: view)
        trace = carriesTrace ? view.trace : nil
        self.view = view
    }

    /// The event as JSON, also where it came in binary mode.
    var json: [UInt8] { view.bytes }

    /// The event's id where it is a text; for logs.
    var id: String { view.text(.id) ?? "" }

    private static func isText(_ attribute: EventAttribute, in view: EventView) -> Bool {
        guard let range = view.range(of: attribute) else { return false }
        return view.bytes[range.lowerBound] == 0x22
    }

    /// Whether it came too late. Raw events never do.
    func isExpired(at wallClock: Int64) -> Bool { !isRaw && view.isExpired(at: wallClock) }

    /// The event as rules see it.
    var ruleEvent: RuleEvent { RuleEvent((try? view.tree()) ?? .null) }

    private static func structured(_ message: Message) -> [UInt8] {
        var event = BinaryEvent()
        for pair in message.metadata.pairs { _ = event.take(key: pair.key, value: pair.value) }
        return event.structured(message.body.rawSpan)
    }
}
