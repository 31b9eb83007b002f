import Bytes
import Testing

@testable import Events

/// A request of the table and what came of it.
struct PublishCase: CustomTestStringConvertible, Sendable {
    var name: String
    var body: [UInt8]
    var context: EnvelopeContext
    var expected: String?
    var error: String?

    var testDescription: String { name }

    static let all: [PublishCase] = publishTable.split(separator: "\n").compactMap { line in
        guard let fields = parsed(String(line)) else { return nil }
        return PublishCase(fields)
    }

    init?(_ fields: JSONValue) {
        guard let name = fields["name"]?.text else { return nil }
        self.name = name
        body = fields["body"]?.text.map { Array($0.utf8) } ?? []
        if let base64 = fields["base64"]?.text { body = Base64.decode(Array(base64.utf8).rawSpan) ?? [] }
        expected = fields["expect"]?.text
        error = fields["error"]?.text
        let tree = expected.flatMap { parsed($0) }
        context = EnvelopeContext(
            topic: tree?["topic"]?.text ?? "t", pubsubName: tree?["pubsubname"]?.text ?? "pubsub",
            appID: fields["app"]?.text ?? "golden",
            contentType: fields["type"]?.text ?? "")
        if case .array(let pairs)? = fields["metadata"] {
            for case .array(let pair) in pairs { PublishCase.take(pair[0].text ?? "", pair[1].text ?? "", &context) }
        }
        context.trace = fields["traceparent"]?.text.flatMap { TraceContext($0) }
        if context.trace != nil { context.traceState = TraceState.normalized(fields["tracestate"]?.text ?? "") }
    }

    private static func take(_ key: String, _ value: String, _ context: inout EnvelopeContext) {
        if context.overrides.take(key: key, value: value) { return }
        if ASCII.equalIgnoringCase(key, "ttl")
            || ASCII.equalIgnoringCase(key, "ttlInSeconds") && context.expiration == nil
        {
            context.expiration = EventTTL.nanoseconds(value).map { EventTTL.expiration(after: $0, now: testMoment) }
        }
    }

    /// The expected event with the placeholders filled in.
    func expected(id: String) -> String? {
        guard var text = expected else { return nil }
        if let start = text.range(of: "\"<uuid-"), let end = text[start.upperBound...].firstIndex(of: ">") {
            text.replaceSubrange(start.lowerBound...text.index(after: end), with: "\"\(id)\"")
        }
        text = text.replacing("<rfc3339>", with: "2026-11-21T00:00:00Z").replacing(
            "<rfc3339+1s>", with: "2026-11-21T00:00:01Z")
        text = text.replacing("<rfc3339+30s>", with: "2026-11-21T00:00:30Z").replacing(
            "<rfc3339+60s>", with: "2026-11-21T00:01:00Z")
        text = text.replacing("<rfc3339+90s>", with: "2026-11-21T00:01:30Z").replacing(
            "<rfc3339+600s>", with: "2026-11-21T00:10:00Z")
        // daprd adds 292 years to now; ours is the last moment that 64 bits of nanoseconds hold.
        return text.replacing("<rfc3339+far>", with: "2262-04-11T23:47:16Z")
    }
}

extension String {
    fileprivate func range(of part: String) -> Range<String.Index>? { firstRange(of: part) }
}

@Suite struct `Publishing as daprd does` {
    @Test func `the table is complete`() { #expect(PublishCase.all.count == 307) }

    @Test(arguments: PublishCase.all)
    func `the event equals daprd's`(_ publish: PublishCase) throws {
        let writer = EnvelopeWriter(random: RandomPool(), zone: .utc)
        do {
            let envelope = try writer.envelope(publish.body.rawSpan, publish.context, now: testMoment)
            #expect(publish.error == nil)
            let id = parsed(string(envelope))?["id"]?.text ?? ""
            #expect(canonical(envelope) == publish.expected(id: id).flatMap { canonical(Array($0.utf8)) })
            #expect(EventView(envelope) != nil)
        } catch {
            #expect("\(error.self)".isEmpty == false)
            #expect(publish.error == (error == .null ? "null" : "notAnObject"))
        }
    }
}

@Suite struct `Envelopes` {
    let writer = EnvelopeWriter(random: RandomPool(), zone: .utc)

    func envelope(_ body: String, _ context: EnvelopeContext) -> String {
        string((try? writer.envelope(Array(body.utf8).rawSpan, context, now: testMoment)) ?? [])
    }

    @Test func `members come in daprd's order and the JSON of the body is kept byte for byte`() {
        var context = EnvelopeContext(topic: "t", pubsubName: "p", appID: "app", contentType: "application/json")
        context.overrides.id = "1"
        context.overrides.subject = "s"
        context.expiration = testMoment
        let head =
            #"{"data":{ "z" : 1.50, "a" : "<" },"datacontenttype":"application/json","expiration":"2026-11-21T00:00:00Z","id":"1","#
        let tail =
            #""pubsubname":"p","source":"app","specversion":"1.0","subject":"s","time":"2026-11-21T00:00:00Z","topic":"t","#
        let end = #""traceid":"","traceparent":"","tracestate":"","type":"com.dapr.event.sent"}"#
        #expect(envelope(#" { "z" : 1.50, "a" : "<" } x"#, context) == head + tail + end)
    }

    @Test func `the allocation has the envelope's size`() throws {
        var context = EnvelopeContext(topic: "ü<>", pubsubName: "p\"", appID: "app", contentType: "text/plain")
        context.trace = TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        context.traceState = "a=b"
        let body = [UInt8](repeating: 0x3C, count: 500) + [0xFF]
        let bytes = try writer.envelope(body.rawSpan, context, now: testMoment)
        #expect(bytes.capacity < bytes.count + 32)
        #expect(parsed(string(bytes))?["data"]?.text == String(repeating: "<", count: 500) + "\u{FFFD}")
    }

    @Test func `members of a CloudEvent that nobody replaces are kept byte for byte and in order`() {
        let context = EnvelopeContext(
            topic: "t", pubsubName: "p", appID: "a", contentType: "application/cloudevents+json")
        let event = envelope(#" { "z" : 1.0 ,"id":"\u0041", "data":{"q" : [1, 2]}, "x":"<" } "#, context)
        #expect(event.hasPrefix(#"{ "z" : 1.0 ,"id":"\u0041", "data":{"q" : [1, 2]}, "x":"<","pubsubname":"p","#))
    }

    @Test func `replaced members are gone in every spelling, also twice`() {
        let context = EnvelopeContext(
            topic: "t", pubsubName: "p", appID: "a", contentType: "application/cloudevents+json")
        let event = envelope(
            #"{"topic":"x","\u0074opic":"y","id":"1","id":"2","pubsubname":{},"own":1,"source":"s","source":null}"#,
            context)
        let names: [String] =
            if case .object(let members)? = parsed(event) { members.map(\.name) } else { [] }
        #expect(
            names == [
                "id", "own", "pubsubname", "source", "specversion", "time", "topic", "traceid", "traceparent",
                "tracestate", "type",
            ])
        #expect(parsed(event)?["id"]?.text == "2")
        #expect(parsed(event)?["source"]?.text == "Dapr")
    }

    @Test func `a CloudEvent with broken text is repaired`() throws {
        let context = EnvelopeContext(
            topic: "t", pubsubName: "p", appID: "a", contentType: "application/cloudevents+json")
        let body = Array(#"{"id":"\ud83dx","own":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
        let event = try writer.envelope(body.rawSpan, context, now: testMoment)
        #expect(parsed(string(event))?["id"]?.text == "\u{FFFD}x")
        #expect(parsed(string(event))?["own"]?.text == "\u{FFFD}")
    }

    @Test func `deeper nesting than the bound makes a body text and a CloudEvent an error`() {
        let deep = String(repeating: "[", count: 513) + String(repeating: "]", count: 513)
        let json = EnvelopeContext(topic: "t", pubsubName: "p", appID: "a", contentType: "application/json")
        #expect(parsed(envelope(deep, json))?["data"]?.text == deep)
        let event = EnvelopeContext(
            topic: "t", pubsubName: "p", appID: "a", contentType: "application/cloudevents+json")
        #expect(throws: EnvelopeError.notAnObject) {
            try writer.envelope(Array("{\"data\":\(deep)}".utf8).rawSpan, event, now: testMoment)
        }
    }

    @Test func `an invalid span is no span`() {
        var context = EnvelopeContext(topic: "t", pubsubName: "p", appID: "a")
        context.trace = .zero
        #expect(parsed(envelope("x", context))?["traceparent"]?.text == "")
        context.contentType = "application/cloudevents+json"
        #expect(parsed(envelope("{}", context))?["traceparent"]?.text == "")
    }

    @Test func `protobuf is bytes only where it is a CloudEvent`() {
        let cases: [([UInt8], Bool)] = [
            (Array("abc".utf8), false), ([], true), ([0x0A, 0x01, 0x61], true), ([0x0A, 0x01, 0xFF], false),
            ([0x0A, 0x02, 0x61], false),
            ([0x2A, 0x07, 0x0A, 0x01, 0x61, 0x12, 0x02, 0x1A, 0x00], true), ([0x08, 0x80], false),
            ([0x02, 0x01], false), ([0x08, 0x01], true),
            ([0x32, 0x01, 0xFF], true), ([0x3A, 0x01, 0xFF], false), ([0x0D, 0, 0, 0, 0], true), ([0x09, 0], false),
            ([0x0B, 0x0C], false),
            ([UInt8](repeating: 0xFF, count: 11), false),
        ]
        for (bytes, isOne) in cases { #expect(ProtobufCloudEvent.isOne(bytes.rawSpan) == isOne) }
    }

    @Test func `overrides know their keys in any case`() {
        var overrides = EnvelopeOverrides()
        #expect(overrides.take(key: "CloudEvent.TraceParent", value: "x") == true)
        #expect(overrides.traceParent == "x")
        for key in ["cloudevent.", "cloudevent.time", "cloudevent.data", "id", "cloudeventid", ""] {
            #expect(overrides.take(key: key, value: "x") == false)
        }
    }

    @Test(
        arguments: [
            ("60", 60_000_000_000), ("+60", 60_000_000_000), ("1m30s", 90_000_000_000), ("0", 0), ("-5s", 0), ("0s", 0),
            ("1ns", 1), ("-1", nil), ("1.5", nil),
            (" 60", nil), ("", nil), ("abc", nil), ("99999999999", Int64.max), ("99999999999999999999", nil), ("-0", 0),
        ] as [(String, Int64?)])
    func `times to live`(_ value: String, _ nanoseconds: Int64?) {
        #expect(EventTTL.nanoseconds(value) == nanoseconds)
        #expect(EventTTL.expiration(after: .max, now: testMoment) == .max)
    }

    @Test(
        arguments: [
            ("application/json", .json), ("Application/JSON; charset=utf-8", .json), ("application/json ; x", .other),
            (" application/json", .other),
            ("application/json, text/plain", .other), ("text/json", .text), ("TEXT/plain", .text),
            ("application/xml", .text), ("text/", .text),
            ("application/octet-stream;x", .binary), ("application/cloudevents+protobuf", .binary),
            ("application/x-protobuf", .protobuf),
            ("application/CloudEvents+json", .cloudEvent), ("application/vnd.x+json", .other), ("", .other),
            (";", .other), ("image/png", .other),
        ] as [(String, ContentKind)])
    func `content types`(_ type: String, _ kind: ContentKind) {
        #expect(ContentKind(type) == kind)
    }
}
