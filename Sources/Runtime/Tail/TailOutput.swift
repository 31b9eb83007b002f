internal import Bytes
internal import Events
internal import Messaging

/// Events as `martlet tail` prints them. The only place where what events carry is shown, because somebody asked for it.
struct TailOutput {
    let pubsub: String
    let showsData: Bool
    let isJSON: Bool
    private let clock = RFC3339Clock(.utc)

    init(pubsub: String, showsData: Bool, isJSON: Bool) {
        self.pubsub = pubsub
        self.showsData = showsData
        self.isJSON = isJSON
    }

    func text(_ event: BrowsedMessage) -> String { isJSON ? json(event) : lines(event) }

    /// `2026-11-21T17:05:01.123Z`; empty where the broker tells no time.
    private func time(_ event: BrowsedMessage) -> String {
        guard let time = event.time else { return "" }
        let milliseconds = (time.quotientFlooring(1_000_000) % 1_000 + 1_000) % 1_000
        let digits = "\(milliseconds)"
        let fraction = String(repeating: "0", count: 3 - digits.count) + digits
        let text = String(decoding: clock.text(at: time), as: UTF8.self)
        return "\(text.dropLast()).\(fraction)Z"
    }

    // MARK: Text

    private static let shown: [EventAttribute] = [.id, .type, .source, .subject, .traceParent]
    private static let margin = "              "

    private func lines(_ event: BrowsedMessage) -> String {
        let message = event.message
        var text =
            "\(time(event)) \(TerminalText.escaped(message.topic)) \(message.body.count) bytes, at \(event.position)\n"
        func add(_ name: String, _ value: String) {
            text += "  " + name + String(repeating: " ", count: max(1, 12 - name.count)) + value + "\n"
        }
        let view = EventView(message.body).flatMap { $0.range(of: .specVersion) == nil ? nil : $0 }
        for attribute in Self.shown {
            if let value = view?.text(attribute), !value.isEmpty {
                add("\(attribute.name)", TerminalText.escaped(value))
            }
        }
        for pair in message.metadata.pairs {
            add("metadata", TerminalText.escaped("\(pair.key)=\(pair.value)"))
        }
        if view == nil { add("event", "no CloudEvent") }
        if showsData, let data = view == nil ? message.body : view?.dataBytes() {
            add("data", TerminalText.escaped(data, margin: Self.margin))
        }
        return text
    }

    // MARK: JSON

    private func json(_ event: BrowsedMessage) -> String {
        let message = event.message
        var members: [JSONMember] = []
        func add(_ name: String, _ value: JSONValue?) {
            if let value { members.append(JSONMember(name: name, value: value)) }
        }
        add("time", event.time == nil ? nil : .string(time(event)))
        add("pubsub", .string(pubsub))
        add("topic", .string(message.topic))
        add("position", .string(event.position))
        add("size", .number("\(message.body.count)"))
        let view = EventView(message.body).flatMap { $0.range(of: .specVersion) == nil ? nil : $0 }
        for attribute in Self.shown { add("\(attribute.name)", view?.text(attribute).map { .string($0) }) }
        if !message.metadata.isEmpty {
            add("metadata", .object(message.metadata.pairs.map { JSONMember(name: $0.key, value: .string($0.value)) }))
        }
        if showsData { members += data(message.body, view) }
        var output: [UInt8] = []
        JSONWriter.append(.object(members), to: &output)
        output.append(0x0A)
        return String(decoding: output, as: UTF8.self)
    }

    /// The `data` of an event as it is, else the bytes as text or, where they are none, in base64.
    private func data(_ body: [UInt8], _ view: EventView?) -> [JSONMember] {
        if let view, view.range(of: .dataBase64) == nil {
            guard let tree = try? view.tree(), let data = tree["data"] else { return [] }
            return [JSONMember(name: "data", value: data)]
        }
        guard let bytes = view == nil ? body : view?.dataBytes() else { return [] }
        if UTF8Text.firstInvalid(bytes.rawSpan) == nil {
            return [JSONMember(name: "data", value: .string(String(decoding: bytes, as: UTF8.self)))]
        }
        var encoded: [UInt8] = []
        encoded.append(base64: bytes.rawSpan)
        return [JSONMember(name: "data_base64", value: .string(String(decoding: encoded, as: UTF8.self)))]
    }
}
