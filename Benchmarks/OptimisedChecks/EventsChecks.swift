import Bytes
import Events
import Messaging
import Rules

extension Checks {
    mutating func checkJSON() {
        for (word, json) in [("", #""""#), ("a", #""a""#), ("a\"b", #""a\"b""#), ("<é>", #""\u003cé\u003e""#)] {
            var output: [UInt8] = []
            JSONWriter.appendString(made(word), to: &output)
            text(output, json, "JSON of \(word)")
        }
        for (word, kind) in [
            ("text/plain", ContentKind.text), ("TEXT/x", .text), ("a/b", .other), ("", .other),
            ("application/json", .json), ("application/xml", .text), ("application/json;x", .json),
        ] {
            equal(ContentKind(made(word)), kind, "content type \(word)")
        }
        let value = try? JSONValue.parse(Array(made(#"{"Id":12.5}"#).utf8))
        equal(value?[ignoringCase: made("iD")], .number("12.5"), "a member without case")
        equal(EventTTL.nanoseconds(made("10s")), 10_000_000_000, "a time to live")
        equal(EventTTL.nanoseconds(made("10")), 10_000_000_000, "seconds to live")
    }

    mutating func checkMetadata() {
        var overrides = EnvelopeOverrides()
        equal(overrides.take(key: made("CloudEvent.id"), value: made("7")), true, "an override")
        equal(overrides.take(key: made("cloudevent.x"), value: made("7")), false, "no override")
        equal(overrides.take(key: made("ttl"), value: made("7")), false, "no override")
        equal(overrides.id, "7", "the override")
        var binary = BinaryEvent()
        equal(binary.take(key: made("CE_Type"), value: made("t")), true, "an attribute")
        equal(binary.take(key: made("ce_"), value: made("t")), false, "no attribute")
        let body: [UInt8] = []
        let view = EventView(binary.structured(body.rawSpan))
        equal(view?.equals(.type, made("t")), true, "the attribute")
        equal(view?.equals(.type, made("u")), false, "another attribute")
        var metadata = Metadata()
        metadata[made("Key")] = made("v")
        equal(metadata.value(ignoringCase: made("kEY")), "v", "metadata without case")
        equal(metadata[made("Key")], "v", "metadata")
    }

    mutating func checkEnvelopes() {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        equal(TraceContext(made(parent))?.text, parent, "a trace")
        equal(TraceContext(made("00-0af")) == nil, true, "no trace")
        let writer = EnvelopeWriter(random: RandomPool(), zone: .utc)
        for (topic, escaped) in [("t", "t"), ("a&b", #"a\u0026b"#), ("fifteen-bytes--", "fifteen-bytes--")] {
            var context = EnvelopeContext(
                topic: made(topic), pubsubName: made("ps"), appID: made("app"), contentType: made("text/plain"),
                trace: TraceContext(made(parent)), traceState: made("k=v"))
            context.overrides.id = made("1")
            let envelope = try? writer.envelope(Array(made("hi").utf8).rawSpan, context, now: 0)
            text(
                envelope ?? [],
                #"{"data":"hi","datacontenttype":"text/plain","id":"1","pubsubname":"ps","source":"app","specversion":"#
                    + #""1.0","time":"1970-01-01T00:00:00Z","topic":"\#(escaped)","traceid":"\#(parent)","traceparent":"#
                    + #""\#(parent)","tracestate":"k=v","type":"com.dapr.event.sent"}"#, "envelope of \(topic)")
        }
        let raw = writer.wrapRaw(
            Array(made("hi").utf8).rawSpan, topic: made("t"), pubsubName: made("ps"),
            trace: CarriedTrace(id: made("i"), state: made("s")))
        let tree = try? JSONValue.parse(raw)
        equal(tree?["topic"]?.text, "t", "raw topic")
        equal(tree?["traceid"]?.text, "i", "raw trace")
        equal(EventView(raw)?.dataBytes(), Array("hi".utf8), "raw data")
    }

    mutating func checkRules() {
        guard let tree = try? JSONValue.parse(Array(made(#"{"type":"order","data":{"n":1.5}}"#).utf8)) else {
            return equal(true, false, "an event for rules")
        }
        for (source, isMatch) in [
            (#"event.type == "order""#, true), (#"event.type == "orders""#, false), (#"event.type < "ordes""#, true),
            (#"event.type.startsWith("or")"#, true), (#"event.type.endsWith("der")"#, true),
            (#"event.type.startsWith("x")"#, false), (#"event.type.endsWith("x")"#, false),
            ("event.data.n == 1.5", true), ("event.data.n > 1.5", false),
        ] {
            do {
                let rule = try Rule(made(source))
                equal(try rule.matches(RuleEvent(tree)), isMatch, source)
            } catch {
                equal("\(error)", "no error", source)
            }
        }
    }
}
