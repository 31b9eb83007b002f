import Bytes
import Delivery
import Events
import Messaging
import MessagingTesting
import Testing

/// Notes how each entry ended.
private final class Endings: PublishCompletion {
    var ended: [UInt64] = []
    func published(_ outcome: PublishOutcome, token: UInt64) { ended.append(token) }
}

/// A publisher with one broker, under the test's hand.
private struct Desk {
    let clock = ManualScheduler()
    let source = ScriptedBroker()
    let publisher: Publisher
    let tracer: Tracer

    init(capabilities: Set<Capability> = [.durable], mode: Tracer.Mode = .passThrough) {
        let random = RandomPool()
        tracer = Tracer(mode: mode, random: random)
        publisher = Publisher(appID: "me", writer: EnvelopeWriter(random: random), scheduler: clock)
        publisher.add(
            Broker(
                name: "bus", type: "pubsub.test", version: "v1", capabilities: capabilities,
                permissions: .init(mayPublish: { $0 != "secret" }, maySubscribe: { _ in true }), topicPrefix: "ns-",
                adapter: source, scheduler: clock))
    }

    func prepare(
        _ body: String, topic: String = "t", metadata: [(String, String)] = [], trace: TraceContext? = nil,
        pubsub: String = "bus"
    ) throws(PublishRefusal) -> PreparedBulk {
        let request = BulkPublishRequest(
            pubsub: pubsub, topic: topic, body: Array(body.utf8), metadata: Metadata(metadata), trace: trace,
            traceState: "")
        return try publisher.prepare(request, tracer)
    }

    /// The entries that reach the broker.
    func publish(_ body: String, metadata: [(String, String)] = [], trace: TraceContext? = nil) throws -> [PublishEntry]
    {
        let bulk = try prepare(body, metadata: metadata, trace: trace)
        publisher.publish(bulk, completion: Endings())
        #expect(source.published.isEmpty)
        clock.runTurn()
        return source.published
    }
}

@Suite struct BulkPublishTests {
    @Test func `all entries of a request are in the batch of the turn, and each ends once`() throws {
        let desk = Desk()
        let endings = Endings()
        let bulk = try desk.prepare(
            #"[{"entryId":"a","event":{"x": 1},"contentType":"application/json"},"#
                + #"{"entryId":"b","event":"hi","contentType":"text/plain"}]"#)
        #expect(bulk.ids == ["a", "b"])
        desk.publisher.publish(bulk, completion: endings)
        desk.clock.runTurn()
        #expect(desk.source.published.map(\.topic) == ["ns-t", "ns-t"])
        desk.source.end(Stage.refused)
        desk.source.end(.stored)
        #expect(endings.ended == [0, 1])
    }

    @Test(arguments: [
        (#""event":{"x": 1},"contentType":"application/json""#, "data", #"{"x": 1}"#),
        (#""contentType":"application/json""#, "data", "null"),
        (#""event":"a\nb","contentType":"text/plain""#, "data", #""a\nb""#),
        (#""event":"<a/>","contentType":"application/xml""#, "data", #""\u003ca/\u003e""#),
        (#""event":"AAH\/","contentType":"application/octet-stream; x""#, "data_base64", #""AAH/""#),
    ])
    func `the content type says what an event is`(entry: String, member: String, expected: String) throws {
        let desk = Desk()
        let entries = try desk.publish("[{\"entryId\":\"1\",\(entry)}]")
        let view = try #require(EventView(entries[0].body))
        let range = try #require(view.range(of: member == "data" ? .data : .dataBase64))
        #expect(String(decoding: entries[0].body[range], as: UTF8.self) == expected)
        #expect(view.text(.topic) == "t" && view.text(.pubsubName) == "bus" && view.text(.source) == "me")
    }

    static let refusals: [(String, String)] = [
        (#"[{"entryId":"1","event":1,"contentType":"text/plain"}]"#, "entryContent(mismatch)"),
        (#"[{"entryId":"1","event":1,"contentType":"application/octet-stream"}]"#, "entryContent(mismatch)"),
        (#"[{"entryId":"1","event":"x"}]"#, "entryContent(mismatch)"), ("[null]", "entryContent(mismatch)"),
        (
            #"[{"entryId":"1","event":"x","contentType":"application/cloudevents+protobuf"}]"#,
            "entryContent(mismatch)"
        ),
        (#"[{"entryId":"1","event":"AAAA*","contentType":"application/octet-stream"}]"#, "entryContent(base64 4)"),
        (#"[{"event":1,"contentType":"application/json"}]"#, "entryIDs"),
        (
            #"[{"entryId":"1","contentType":"application/json"},{"entryId":"1","contentType":"application/json"}]"#,
            "entryIDs"
        ),
        (
            // Contents of all entries are looked at before the first envelope is made.
            #"[{"entryId":"1","event":"x","contentType":"application/cloudevents+json"},{"entryId":"2","event":1}]"#,
            "entryContent(mismatch)"
        ),
        (#"[{"entryId":"1","event":[],"contentType":"application/cloudevents+json"}]"#, "notACloudEvent"),
        (#"[{"entryId":"1","event":null,"contentType":"application/cloudevents+json"}]"#, "notACloudEvent null"),
        ("{bad", "malformedBulk"), ("[1]", "malformedBulk"),
    ]

    @Test(arguments: refusals)
    func `one bad entry refuses all`(body: String, expected: String) throws {
        let desk = Desk()
        // The scopes are asked last.
        for topic in ["t", "secret"] {
            do {
                _ = try desk.prepare(body, topic: topic)
                Issue.record("it was not refused")
            } catch {
                #expect(BulkPublishTests.name(error) == expected)
            }
        }
    }

    private static func name(_ refusal: PublishRefusal) -> String {
        switch refusal {
        case .unknownComponent: "unknownComponent"
        case .badRawPayload: "badRawPayload"
        case .notACloudEvent(let error, _): error == .null ? "notACloudEvent null" : "notACloudEvent"
        case .malformedBulk: "malformedBulk"
        case .entryContent(.mismatch): "entryContent(mismatch)"
        case .entryContent(.base64(let offset)): "entryContent(base64 \(offset))"
        case .entryIDs: "entryIDs"
        case .forbidden: "forbidden"
        case .broker: "broker"
        }
    }

    @Test func `component and raw flag are looked at before the body, scopes after it`() throws {
        let desk = Desk()
        func refusal(_ pubsub: String, _ topic: String, _ metadata: [(String, String)], _ body: String) -> String {
            do {
                _ = try desk.prepare(body, topic: topic, metadata: metadata, pubsub: pubsub)
                return ""
            } catch {
                return BulkPublishTests.name(error)
            }
        }
        #expect(refusal("nope", "secret", [("rawPayload", "maybe")], "{bad") == "unknownComponent")
        #expect(refusal("bus", "secret", [("rawPayload", "maybe")], "{bad") == "badRawPayload")
        #expect(refusal("bus", "secret", [], "[]") == "forbidden")
        #expect(refusal("bus", "t", [], "[]") == "")
    }

    static let pairs: [(String, Set<Capability>, [String: String])] = [
        (#"{"foo":"bar"}"#, [], ["x": "y", "foo": "bar"]), ("{}", [], ["x": "y", "foo": "request"]),
        ("null", [], [:]), ("null", [.bulkPubSub], ["x": "y", "foo": "request"]),
    ]

    @Test(arguments: pairs)
    func `pairs of the request reach entries that have pairs, and brokers that take bulks`(
        own: String, capabilities: Set<Capability>, expected: [String: String]
    ) throws {
        let desk = Desk(capabilities: capabilities)
        let entries = try desk.publish(
            #"[{"entryId":"1","contentType":"application/json","metadata":\#(own)}]"#,
            metadata: [("x", "y"), ("foo", "request")])
        let found = entries[0].metadata.pairs.map { ($0.key, $0.value) }
        #expect(Dictionary(found, uniquingKeysWith: { $1 }) == expected)
    }

    @Test func `overrides, expiry and key come from an entry's own pairs`() throws {
        let desk = Desk()
        let entries = try desk.publish(
            #"[{"entryId":"1","contentType":"application/json","#
                + #""metadata":{"cloudevent.id":"mine","ttlInSeconds":"60","partitionKey":"k"}}]"#)
        let view = try #require(EventView(entries[0].body))
        #expect(view.text(.id) == "mine" && view.text(.expiration) != nil)
        #expect(entries[0].key == Array("k".utf8))
    }

    @Test func `raw entries are stored as they are`() throws {
        let desk = Desk()
        let entries = try desk.publish(
            #"[{"entryId":"1","event":{"a": 1},"contentType":"application/json"},"#
                + #"{"entryId":"2","event":"hi","contentType":"text/plain"}]"#, metadata: [("rawPayload", "true")])
        #expect(entries.map { String(decoding: $0.body, as: UTF8.self) } == [#"{"a": 1}"#, "hi"])
    }

    @Test func `each entry has a span of its own below the request's, where ids are made`() throws {
        let request = TraceContext(traceHigh: 1, traceLow: 2, span: 3, flags: 1)
        let body =
            #"[{"entryId":"1","contentType":"application/json"},{"entryId":"2","contentType":"application/json"}]"#
        let made = try Desk(mode: .generate(samplingRate: 1)).publish(body, trace: request)
            .compactMap { EventView($0.body)?.trace }
        #expect(made.allSatisfy { $0.traceLow == 2 && $0.span != 3 })
        #expect(made.count == 2 && made[0].span != made[1].span)
        let passed = try Desk().publish(body, trace: request).compactMap { EventView($0.body)?.trace }
        #expect(passed == [request, request])
    }
}
