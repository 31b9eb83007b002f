import Bytes
import Events
import FuzzDriver

@main
struct Main {
    static func main() { martlet_fuzz_main(CommandLine.argc, CommandLine.unsafeArgv) }
}

/// Publishes any bytes in every way and reads the events back. The first byte chooses the way, the second what is overridden.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCloudEvents(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    checkView(input)
    checkTexts(input)
    guard input.count >= 2 else { return 0 }
    let body = Array(input[2...])
    let writer = EnvelopeWriter(random: RandomPool(), zone: .utc)
    checkRaw(body, writer)
    let types = [
        "application/json", "text/plain", "application/octet-stream", "application/x-protobuf", "",
        "application/cloudevents+json",
    ]
    let context = context(
        type: types[Int(input[0]) % types.count], choices: input[1], text: String(utf8Repaired: body.rawSpan))
    do {
        let event = try writer.envelope(body.rawSpan, context, now: moment)
        checkEvent(event, body, context)
    } catch {
        precondition(context.contentType == "application/cloudevents+json", "only CloudEvents are refused")
        let first = JSONScanner.firstValue(in: body.rawSpan).map { Array(body[$0.range]) }
        precondition((error == .null) == (first == Array("null".utf8)), "null is its own case")
        precondition(first?.first != 0x7B, "no object is refused")
    }
    return 0
}

/// 2026-11-21T00:00:00Z.
let moment: Int64 = 1_795_219_200_000_000_000

func context(type: String, choices: UInt8, text: String) -> EnvelopeContext {
    var context = EnvelopeContext(topic: "t", pubsubName: "p", appID: "a", contentType: type)
    let short = String(text.prefix(20))
    if choices & 1 != 0 { context.topic = short }
    if choices & 2 != 0 { context.overrides.id = short }
    if choices & 4 != 0 { context.overrides.source = short }
    if choices & 8 != 0 { context.overrides.subject = short }
    if choices & 16 != 0 { context.overrides.traceParent = short }
    if choices & 32 != 0 { context.trace = TraceContext(traceHigh: 1, traceLow: 2, span: 3, flags: choices) }
    if choices & 64 != 0 { context.expiration = moment }
    if choices & 128 != 0 { context.pubsubName = short }
    return context
}

/// An event is one object in UTF-8 with the members that it must have, and it carries the body.
func checkEvent(_ event: [UInt8], _ body: [UInt8], _ context: EnvelopeContext) {
    guard let view = EventView(event), let tree = try? JSONValue.parse(event), case .object(let members) = tree else {
        preconditionFailure("an envelope is one JSON object")
    }
    precondition(UTF8Text.firstInvalid(event.rawSpan) == nil, "an envelope is UTF-8")
    precondition(event.capacity <= event.count + event.count / 8 + 512, "an envelope has about its size")
    precondition(view.text(.topic) == context.topic && view.text(.pubsubName) == context.pubsubName)
    for attribute in [EventAttribute.source, .type, .specVersion, .time, .topic, .pubsubName, .traceState] {
        precondition(members.filter { $0.name == "\(attribute.name)" }.count == 1, "a known member is there once")
    }
    if context.contentType == "application/cloudevents+json" {
        checkCompleted(members, body)
    } else {
        checkData(view, tree, body, context)
    }
    precondition(
        view.range(of: .expiration) == nil || context.expiration == nil || view.isExpired(at: moment + 1_000_000_000))
}

/// Members that nobody replaces are kept with their values.
func checkCompleted(_ members: [JSONMember], _ body: [UInt8]) {
    guard case .object(let before)? = try? JSONValue.parseFirst(body.rawSpan) else { return }
    let known = Set(EventAttribute.allCases.map { "\($0.name)" })
    let kept = members.filter { !known.contains($0.name) }
    precondition(kept == before.filter { !known.contains($0.name) }, "unknown members are kept")
    for name in ["id", "subject", "datacontenttype", "data", "data_base64", "dataschema"] {
        precondition(
            members.last { $0.name == name } == before.last { $0.name == name },
            "attributes that have no default are kept")
    }
}

func checkData(_ view: EventView, _ tree: JSONValue, _ body: [UInt8], _ context: EnvelopeContext) {
    let isJSON = context.contentType == "application/json"
    if view.range(of: .dataBase64) != nil {
        precondition(view.dataBytes() == body, "bytes come back")
    } else if isJSON, let first = try? JSONValue.parseFirst(body.rawSpan) {
        precondition(tree["data"] == first, "the JSON is carried")
    } else if !(isJSON && JSONScanner.firstValue(in: body.rawSpan) != nil) {
        precondition(tree["data"]?.text == String(utf8Repaired: body.rawSpan), "the text is carried")
    }
}

/// Raw messages come back byte for byte.
func checkRaw(_ body: [UInt8], _ writer: EnvelopeWriter) {
    let text = String(utf8Repaired: body.rawSpan)
    let event = writer.wrapRaw(body.rawSpan, topic: text, pubsubName: "p", trace: CarriedTrace(id: text, state: text))
    guard let view = EventView(event) else { preconditionFailure("a raw envelope is one JSON object") }
    precondition(view.dataBytes() == body && view.text(.topic) == text && view.text(.traceID) == text)
    var binary = BinaryEvent()
    precondition(binary.take(key: "ce_x", value: text))
    precondition(EventView(binary.structured(body.rawSpan))?.dataBytes() == body)
}

/// A view accepts exactly what the tree parser calls an object or null.
func checkView(_ bytes: [UInt8]) {
    let view = EventView(bytes)
    guard let view else {
        if let only = JSONScanner.onlyValue(in: bytes.rawSpan) { precondition(bytes[only.range.lowerBound] != 0x7B) }
        return
    }
    precondition(JSONScanner.onlyValue(in: bytes.rawSpan) != nil, "a view is of one value")
    guard let tree = try? view.tree() else { return }
    for attribute in EventAttribute.allCases {
        precondition(tree["\(attribute.name)"]?.text == view.text(attribute), "view and tree find the same members")
    }
    _ = view.isExpired(at: moment)
    _ = view.trace
    _ = view.dataBytes()
}

/// The small notations read back what they write.
func checkTexts(_ bytes: [UInt8]) {
    if let trace = TraceContext(bytes.rawSpan) { precondition(TraceContext(trace.text) == trace) }
    let state = TraceState.normalized(String(utf8Repaired: bytes.rawSpan))
    precondition(TraceState.normalized(state) == state, "a normalized state stays")
    if let nanoseconds = GoDuration.nanoseconds(bytes.rawSpan) {
        precondition(GoDuration.nanoseconds(GoDuration.format(nanoseconds: nanoseconds)) == nanoseconds)
    }
    if let time = RFC3339.parse(bytes.rawSpan), time != .max, time != .min {
        let whole = time.quotientFlooring(1_000_000_000) * 1_000_000_000
        precondition(RFC3339.parse(RFC3339Clock(.utc).text(at: time).rawSpan) == whole)
    }
    if let decoded = Base64.decode(bytes.rawSpan) {
        let encoded = [UInt8](capacity: Base64.encodedLength(decoded.count)) { $0.write(base64: decoded.rawSpan) }
        precondition(Base64.decode(encoded.rawSpan) == decoded)
    }
    let clean = URLText.cleanPath(bytes.rawSpan)
    precondition(URLText.cleanPath(clean.rawSpan) == clean, "a clean path stays")
    URLText.forEachQueryPair(bytes.rawSpan) { _, _, _ in }
    _ = Quantity.parse(String(utf8Repaired: bytes.rawSpan))
}
