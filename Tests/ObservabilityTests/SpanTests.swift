import Delivery
import Events
import Testing

@testable import Observability

/// A span for tests; the number tells it from others.
private func span(_ number: UInt64, parent: UInt64 = 0, status: Int = 204, state: String = "") -> FinishedSpan {
    FinishedSpan(
        context: TraceContext(
            traceHigh: 0x0af7_6519_16cd_43dd, traceLow: 0x8448_eb21_1c80_319c, span: number, flags: 1),
        parent: parent, traceState: state, name: "pubsub/\"a\"", start: 1_700_000_000_000_000_123,
        end: 1_700_000_000_001_500_123, attributes: [.init("messaging.system", "pubsub")], status: status)
}

@Suite struct SpanTests {
    // MARK: The queue

    @Test func `spans leave in batches, one request at a time`() {
        var queue = SpanQueue()
        #expect(next(&queue) == nil)
        for number in 1..<UInt64(SpanQueue.batch) {
            let isDue = queue.add(span(number))
            #expect(!isDue)
        }
        let isFull = queue.add(span(UInt64(SpanQueue.batch)))
        #expect(isFull)
        for number in 1...10 as ClosedRange<UInt64> { _ = queue.add(span(1000 + number)) }
        #expect(next(&queue)?.count == SpanQueue.batch)
        #expect(next(&queue) == nil)
        #expect(ended(&queue, .accepted) == SpanQueue.period)
        #expect(queue.exported == SpanQueue.batch)
        #expect(next(&queue)?.count == 10)
        #expect(ended(&queue, .accepted) == nil)
        #expect(queue.depth == 0)
    }

    @Test func `a batch that failed is sent again, later and later, and nothing of it is lost`() {
        var queue = SpanQueue()
        _ = queue.add(span(1))
        for wait in [1, 2, 4, 8, 16, 30, 30] {
            #expect(next(&queue)?.map(\.context.span) == [1])
            #expect(ended(&queue, .failed) == .seconds(wait))
            _ = queue.add(span(2))
        }
        #expect(next(&queue)?.map(\.context.span) == [1])
        #expect(ended(&queue, .accepted) == SpanQueue.period)
        #expect(queue.failures == 0 && queue.exported == 1)
        #expect(next(&queue)?.count == 7)
    }

    @Test func `while a collector fails new spans wait up to the bound, then they are dropped and counted`() {
        var queue = SpanQueue()
        _ = queue.add(span(1))
        _ = queue.next()
        _ = queue.ended(.failed)
        for number in 0..<UInt64(SpanQueue.capacity + 7) {
            let isDue = queue.add(span(number))
            #expect(!isDue)
        }
        #expect(queue.overflowed == 7)
        #expect(queue.depth == SpanQueue.capacity + 1)
    }

    @Test(
        arguments: [
            (200, .accepted), (202, .accepted), (400, .refused), (401, .refused), (404, .refused), (408, .failed),
            (413, .refused), (429, .failed), (500, .failed), (503, .failed), (301, .refused),
        ] as [(Int, SpanQueue.Ending)])
    func `an answer tells whether to try again`(status: Int, ending: SpanQueue.Ending) {
        #expect(SpanQueue.Ending(status: status) == ending)
        var queue = SpanQueue()
        _ = queue.add(span(1))
        _ = queue.next()
        _ = queue.ended(ending)
        #expect(queue.depth == (ending == .failed ? 1 : 0))
        #expect(queue.refused == (ending == .refused ? 1 : 0))
    }

    // MARK: Formats

    @Test func `Zipkin gets one array with texts escaped`() {
        let resource = SpanResource(appID: "shop", environment: [:])
        let text = String(
            decoding: ZipkinSpans.encode([span(0xb7ad, parent: 0xff, status: 503)], resource), as: UTF8.self)
        #expect(
            text
                == #"[{"traceId":"0af7651916cd43dd8448eb211c80319c","id":"000000000000b7ad","parentId":"00000000000000ff","#
                + #""kind":"CLIENT","name":"pubsub/\"a\"","timestamp":1700000000000000,"duration":1500,"#
                + #""localEndpoint":{"serviceName":"shop"},"tags":{"service.name":"shop","messaging.system":"pubsub","#
                + #""otel.scope.name":"dapr-diagnostics","otel.status_code":"ERROR","error":"Code(503): Service Unavailable"}}]"#
        )
        #expect(String(decoding: ZipkinSpans.encode([], resource), as: UTF8.self) == "[]")
    }

    @Test(arguments: [
        (FinishedSpan.Kind.client, "CLIENT", "30 03 39"), (.producer, "PRODUCER", "30 04 39"),
        (.consumer, "CONSUMER", "30 05 39"),
    ])
    func `the kind of a span is told in each format`(kind: FinishedSpan.Kind, zipkin: String, otlp: String) {
        var one = span(1)
        one.kind = kind
        let resource = SpanResource(appID: "app", environment: [:])
        #expect(
            String(decoding: ZipkinSpans.encode([one], resource), as: UTF8.self).contains("\"kind\":\"\(zipkin)\""))
        #expect(hex(OTLPTraces.encode([one], resource)).contains(otlp))
    }

    @Test(
        arguments: [
            (0, "08 00"), (1, "08 01"), (127, "08 7f"), (128, "08 80 01"), (300, "08 ac 02"),
            (UInt64.max, "08 ff ff ff ff ff ff ff ff ff 01"),
        ] as [(UInt64, String)])
    func `a number takes as few bytes as it needs`(number: UInt64, bytes: String) {
        var fields = ProtobufFields()
        fields.varint(1, number)
        #expect(hex(fields.bytes) == bytes)
    }

    @Test func `fields of protobuf are written as the specification says`() {
        var fields = ProtobufFields()
        fields.text(2, "testing")
        fields.fixed64(7, 0x0102_0304_0506_0708)
        fields.fixed32(16, 0x0102_0304)
        fields.message(3) { $0.varint(1, 150) }
        #expect(
            hex(fields.bytes)
                == "12 07 74 65 73 74 69 6e 67 39 08 07 06 05 04 03 02 01 85 01 04 03 02 01 1a 03 08 96 01")
    }

    @Test func `OTLP holds ids as bytes, times as fixed numbers, and an error as a status`() {
        let resource = SpanResource(appID: "shop", environment: ["OTEL_RESOURCE_ATTRIBUTES": "a=b"])
        let bytes = hex(OTLPTraces.encode([span(0xb7ad, parent: 0xff, status: 404, state: "k=v")], resource))
        #expect(bytes.contains("0a 10 0a f7 65 19 16 cd 43 dd 84 48 eb 21 1c 80 31 9c"))
        #expect(bytes.contains("12 08 00 00 00 00 00 00 b7 ad"))
        #expect(bytes.contains("1a 03 6b 3d 76"))
        #expect(bytes.contains("22 08 00 00 00 00 00 00 00 ff"))
        #expect(bytes.contains("30 03"))
        #expect(bytes.contains(hex(Array("Code(404): Not Found".utf8)) + " 18 02"))
    }

    @Test(
        arguments: [
            (200, nil), (399, nil), (0, "no answer"), (404, "Code(404): Not Found"), (599, "Code(599): Unknown"),
        ]
            as [(Int, String?)])
    func `a span has failed from status 400 on`(status: Int, failure: String?) {
        #expect(SpanStatus.failure(status) == failure)
    }

    // MARK: Who and where

    @Test(
        arguments: [
            ([:], "app", []), (["OTEL_SERVICE_NAME": "svc"], "svc", []),
            (
                ["OTEL_RESOURCE_ATTRIBUTES": "service.name=svc, zone = a%20b+c ,bad,=x,k=%zz"], "svc",
                [["zone", "a b+c"]]
            ),
            (
                ["OTEL_SERVICE_NAME": "one", "OTEL_RESOURCE_ATTRIBUTES": "service.name=two,b=2,a=1"], "one",
                [["a", "1"], ["b", "2"]]
            ),
        ] as [([String: String], String, [[String]])])
    func `the environment names the service`(environment: [String: String], name: String, attributes: [[String]]) {
        let resource = SpanResource(appID: "app", environment: environment)
        #expect(resource.serviceName == name)
        #expect(resource.attributes.map { [$0.name, $0.value] } == attributes)
    }

    @Test(
        arguments: [
            ("http://host:9411/api/v2/spans", nil, "http://host:9411/api/v2/spans", "host", 9411),
            ("https://host/x?key=1", nil, "https://host/x", "host", 443),
            ("collector:4318", false, "http://collector:4318/v1/traces", "collector", 4318),
            ("collector", true, "https://collector/v1/traces", "collector", 443),
            ("[::1]:4318", false, "http://[::1]:4318/v1/traces", "::1", 4318),
            ("https://host:443", false, "https://host/v1/traces", "host", 443),
        ] as [(String, Bool?, String, String, UInt16)])
    func `an address is read`(text: String, isSecure: Bool?, shown: String, host: String, port: UInt16) throws {
        let address = try CollectorAddress(text, isSecure: isSecure, path: "/v1/traces")
        #expect(address.description == shown && address.host == host && address.port == port)
    }

    @Test(
        arguments: [
            ("host:9411", nil), ("http://user:CANARY@host/", nil), ("http://", nil), ("http://host:0/", nil),
            ("http://host:99999/", nil), ("http://host/a b", nil), ("http://ho st/", nil),
        ] as [(String, Bool?)])
    func `an address that cannot be used is refused without being shown`(text: String, isSecure: Bool?) {
        #expect {
            try CollectorAddress(text, isSecure: isSecure, path: "/")
        } throws: { error in
            !"\(error)".contains("CANARY") && !"\(error)".isEmpty
        }
    }
}

private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined(separator: " ")
}

/// Macros do not take mutating calls.
private func next(_ queue: inout SpanQueue) -> [FinishedSpan]? { queue.next() }

private func ended(_ queue: inout SpanQueue, _ ending: SpanQueue.Ending) -> Duration? { queue.ended(ending) }
