import Bytes
import Events

// Prints nanoseconds per operation, the best of several rounds: `swift run -c release events-bench [beginning of a name]`.

/// Keeps the optimizer from dropping a result.
@inline(never)
func keep<Value>(_ value: Value) {}

let filter = CommandLine.arguments.dropFirst().first ?? ""
let clock = ContinuousClock()

@inline(__always)
func measure(_ name: String, _ body: () -> Void) {
    guard filter.isEmpty || name.hasPrefix(filter) else { return }
    var repetitions = 1
    var best = Double.infinity
    // The first rounds find a count that takes about 20 ms.
    for _ in 0..<40 {
        let elapsed = clock.measure { for _ in 0..<repetitions { body() } }
        let nanoseconds = Double(elapsed.components.seconds) * 1e9 + Double(elapsed.components.attoseconds) / 1e9
        best = min(best, nanoseconds / Double(repetitions))
        if nanoseconds < 20_000_000 { repetitions *= nanoseconds < 2_000_000 ? 8 : 2 }
    }
    let rounded = Int(best * 10 + 0.5)
    print(name + String(repeating: " ", count: max(1, 44 - name.count)) + "\(rounded / 10).\(rounded % 10) ns")
}

/// A JSON object of about 1 KiB with members of many kinds.
func sampleObject() -> [UInt8] {
    var text =
        #"{"orderId":"0f8fad5b-d9cb-469f-a165-70867728950e","customer":{"name":"Grüße AG","tier":3,"tags":["a","b","c"]},"#
    text += #""total":123.50,"currency":"EUR","express":true,"note":null,"items":["#
    for index in 0..<8 {
        if index > 0 { text += "," }
        text +=
            #"{"sku":"SKU-00\#(index)-ABCDEF","quantity":\#(index + 1),"price":\#(index * 7).25,"title":"A thing that is sold here"}"#
    }
    text += "]}"
    return Array(text.utf8)
}

func run() throws {
    let writer = EnvelopeWriter(random: RandomPool(), zone: .utc)
    let body = sampleObject()
    let text = [UInt8](repeating: 0x61, count: 1024)
    let now: Int64 = 1_795_219_200_000_000_000
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    let context = EnvelopeContext(
        topic: "orders", pubsubName: "pubsub", appID: "checkout", contentType: "application/json",
        trace: TraceContext(parent))
    let envelope = try writer.envelope(body.rawSpan, context, now: now)
    var textContext = context
    textContext.contentType = "text/plain"
    var binaryContext = context
    binaryContext.contentType = "application/octet-stream"
    var eventContext = context
    eventContext.contentType = "application/cloudevents+json"
    let structured = Array(#"{"specversion":"1.0","id":"1","source":"/s","type":"t","data":"#.utf8) + body + [0x7D]
    let base64 = [UInt8](capacity: Base64.encodedLength(text.count)) { $0.write(base64: text.rawSpan) }
    let uuids = RandomPool()
    let times = RFC3339Clock(.utc)
    let expiry = Array("2026-11-21T00:00:00Z".utf8)

    print("body \(body.count) bytes, envelope \(envelope.count) bytes")
    measure("validate") { keep(JSONScanner.firstValue(in: body.rawSpan)) }
    measure("validate a string of 1 KiB") { keep(JSONScanner.firstValue(in: envelope.rawSpan)) }
    measure("publish JSON") { keep(try? writer.envelope(body.rawSpan, context, now: now)) }
    measure("publish JSON {}") { keep(try? writer.envelope([0x7B, 0x7D].rawSpan, context, now: now)) }
    measure("publish text") { keep(try? writer.envelope(text.rawSpan, textContext, now: now)) }
    measure("publish bytes") { keep(try? writer.envelope(text.rawSpan, binaryContext, now: now)) }
    measure("publish CloudEvent") { keep(try? writer.envelope(structured.rawSpan, eventContext, now: now)) }
    measure("wrap raw") { keep(writer.wrapRaw(text.rawSpan, topic: "t", pubsubName: "p")) }
    measure("deliver: view, trace, expiry, type") {
        guard let view = EventView(envelope) else { return }
        keep(view.trace)
        keep(view.isExpired(at: now))
        keep(view.equals(.type, "com.dapr.event.sent"))
    }
    measure("data member") { keep(JSONMembers.value(named: "total", in: body.rawSpan)) }
    measure("tree") { keep(try? JSONValue.parse(envelope)) }
    measure("escape text") { keep(JSONWriter.escapedLength(text.rawSpan)) }
    measure("traceparent parse") { keep(TraceContext(parent)) }
    measure("traceparent child and text") { keep(TraceContext(parent)?.child(uuids).bytes) }
    measure("UUID bits") { keep(uuids.uuid()) }
    measure("UUID text bytes") { keep(uuids.uuid().bytes) }
    measure("time, same second") { keep(times.text(at: now)) }
    var moving = now
    measure("time, new second") {
        moving += 1_000_000_000
        keep(times.text(at: moving))
    }
    measure("time parse") { keep(RFC3339.parse(expiry.rawSpan)) }
    measure("base64 encode 1 KiB") { keep([UInt8](capacity: base64.count) { $0.write(base64: text.rawSpan) }) }
    measure("base64 decode 1 KiB") { keep(Base64.decode(base64.rawSpan)) }
    measure("UTF-8 text of 1 KiB") { keep(String(utf8Checked: text.rawSpan)) }
    measure("find byte in 1 KiB") { keep(text.rawSpan.firstIndex(of: 0x62)) }
}

try run()
