import Bytes
import Testing

@testable import Events

@Suite struct `Delivered events` {
    @Test(arguments: [
        ("{}", true), (#" {"z":1,"a":2}"# + "\n", true), ("null", true), (" null ", true), ("hello", false),
        ("[1]", false), ("", false), ("1", false), ("\"x\"", false),
        (#"{"a":1} x"#, false), ("null x", false), ("nullnull", false), ("{} {}", false), (#"{"a":1,}"#, false),
        ("{", false), ("true", false), ("  ", false),
    ])
    func `are exactly one object or null`(_ text: String, _ isEvent: Bool) {
        let view = EventView(Array(text.utf8))
        #expect((view != nil) == isEvent)
        #expect(view?.bytes == (isEvent ? Array(text.utf8) : nil))
        if let view { #expect(view.isNull == text.contains("null")) }
    }

    @Test func `broken text inside of strings passes untouched`() {
        let bytes = Array(#"{"id":""#.utf8) + [0xFF] + Array(#"","type":"\ud83d"}"#.utf8)
        let view = EventView(bytes)
        #expect(view?.bytes == bytes)
        #expect(view?.text(.id) == "\u{FFFD}")
        #expect(view?.text(.type) == "\u{FFFD}")
    }

    @Test func `all known members are found, in any order and by exact name`() {
        for attribute in EventAttribute.allCases {
            let name = "\(attribute.name)"
            let view = EventView(Array(#"{"x":1,"\#(name)":"v","\#(name.uppercased())":"w","\#(name)x":"u"}"#.utf8))
            #expect(view?.text(attribute) == "v")
            for other in EventAttribute.allCases where other != attribute { #expect(view?.range(of: other) == nil) }
            #expect(EventAttribute(name: Array((name + "x").utf8).rawSpan) == nil)
            #expect(EventAttribute(name: Array(name.uppercased().utf8).rawSpan) == nil)
        }
    }

    @Test func `text is asked of strings only`() {
        let view = EventView(Array(#"{"id":5,"type":"a\u0062","source":null,"data":{"n":1,"m":{"k":2}},"id":7}"#.utf8))
        #expect(view?.text(.id) == nil)
        #expect(view?.range(of: .id).map { string(Array(view?.bytes[$0] ?? [])) } == "7")
        #expect(view?.text(.source) == nil)
        #expect(view?.equals(.type, "ab") == true)
        #expect(view?.equals(.type, "a") == false)
        #expect(view?.equals(.source, "null") == false)
        #expect(view?.dataMember("m").map { string(Array(view?.bytes[$0] ?? [])) } == #"{"k":2}"#)
        #expect(view?.dataMember("k") == nil)
        #expect(EventView(Array(#"{"data":"x"}"#.utf8))?.dataMember("k") == nil)
        #expect((try? view?.tree())?["type"]?.text == "ab")
    }

    @Test(
        arguments: [
            (#"{"data":{"a": 1}}"#, #"{"a": 1}"#), (#"{"data":"te\u0078t"}"#, "text"),
            (#"{"data_base64":"aGVsbG8=","data":1}"#, "hello"), (#"{"data":null}"#, "null"), ("{}", nil),
            (#"{"data_base64":"***"}"#, nil), (#"{"data_base64":5}"#, nil),
            (#"{"data_base64":"aGVsbG8\u003d"}"#, "hello"), ("null", nil), (#"{"data":1.50}"#, "1.50"),
        ] as [(String, String?)])
    func `data as the application means it`(_ event: String, _ data: String?) {
        #expect(EventView(Array(event.utf8))?.dataBytes() == data.map { Array($0.utf8) })
    }

    @Test(arguments: [
        (#""2001-01-01T00:00:00Z""#, true), (#""2001-01-01T00:00:00+05:30""#, true),
        (#""2001-01-01T00:00:00.123456789Z""#, true), (#""2099-01-01T00:00:00Z""#, false),
        (#""soon""#, false), (#""""#, false), ("5", false), ("null", false), (#""2001-01-01""#, false),
        (#""2001-01-01T00:00:00""#, false), (#""2001-01-01t00:00:00z""#, false),
        (#""2026-11-21T00:00:00Z""#, false), (#""2026-11-20T23:59:59.999999999Z""#, true),
        (#""2001-01-01T00:00:00\u005a""#, true), (#""9999-12-31T23:59:59Z""#, false),
        (#""0001-01-01T00:00:00Z""#, true),
    ])
    func `expire`(_ value: String, _ isExpired: Bool) {
        #expect(EventView(Array("{\"expiration\":\(value)}".utf8))?.isExpired(at: testMoment) == isExpired)
        #expect(EventView(Array("{\"Expiration\":\(value)}".utf8))?.isExpired(at: testMoment) == false)
    }

    @Test func `the trace is traceparent, else traceid`() {
        let first = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let second = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
        for (event, trace) in [
            (#"{"traceparent":"\#(first)","traceid":"\#(second)"}"#, first), (#"{"traceid":"\#(second)"}"#, second),
            (#"{"traceid":"abc"}"#, nil), (#"{"traceparent":5}"#, nil),
            (#"{"traceparent":"","traceid":"\#(second)"}"#, second), ("{}", nil),
        ] as [(String, String?)] {
            #expect(EventView(Array(event.utf8))?.trace?.text == trace)
        }
    }

    @Test func `a raw message becomes an event`() {
        let writer = EnvelopeWriter(random: RandomPool(), zone: .utc)
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let head =
            #"{"data_base64":"aGVsbG8=","datacontenttype":"application/octet-stream","id":"ID","pubsubname":"pubsub","source":"Dapr","specversion":"1.0","topic":"t","#
        let tail = #""type":"com.dapr.event.sent"}"#
        for (trace, middle) in [
            (CarriedTrace(), ""), (CarriedTrace(id: "abc"), #""traceid":"abc","#),
            (
                CarriedTrace(id: "abc", parent: parent, state: "k=v"),
                #""traceid":"\#(parent)","traceparent":"\#(parent)","tracestate":"k=v","#
            ),
        ] {
            let body = Array("hello".utf8)
            let event = string(writer.wrapRaw(body.rawSpan, topic: "t", pubsubName: "pubsub", trace: trace))
            let id = parsed(event)?["id"]?.text ?? ""
            #expect(id.utf8.count == 36)
            #expect(event == (head + middle + tail).replacing("ID", with: id))
        }
    }

    @Test func `binary mode takes attributes from metadata`() {
        var event = BinaryEvent()
        #expect(event.take(key: "CE_Id", value: "1") == true)
        #expect(event.take(key: "ce_type", value: "a<\"b") == true)
        #expect(event.take(key: "ce_", value: "x") == false)
        #expect(event.take(key: "content-type", value: "x") == false)
        let body: [UInt8] = [0, 255]
        let view = EventView(event.structured(body.rawSpan))
        #expect(view?.text(.id) == "1")
        #expect(view?.text(.type) == "a<\"b")
        #expect(view?.dataBytes() == body)
    }
}

@Suite struct `Trace contexts` {
    @Test(
        arguments: [
            (
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            ),
            (
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff"
            ),
            (
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            ),
            (
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            ),
            (
                "fe-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
            ),
            ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", nil),
            ("00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01", nil),
            ("00-00000000000000000000000000000000-0000000000000000-00", nil),
            ("00-00000000000000000000000000000000-b7ad6b7169203331-01", nil),
            ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", nil), ("00-0af7-b7ad-01", nil), ("hello", nil),
            ("", nil),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra", nil),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", nil),
            (" 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", nil),
            ("00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01", nil),
            ("00-0af7651916cd43dd8448eb211c8031zz-b7ad6b7169203331-01", nil),
            ("0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", nil),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x", nil),
        ] as [(String, String?)])
    func `are read as daprd reads them`(_ text: String, _ written: String?) {
        #expect(TraceContext(text)?.text == written)
    }

    @Test func `spans get new ids`() {
        let random = RandomPool()
        let root = TraceContext.root(isSampled: true, random)
        #expect(root.isValid)
        #expect(root.isSampled)
        let child = root.child(random)
        #expect(
            child.traceHigh == root.traceHigh && child.traceLow == root.traceLow && child.span != root.span
                && child.flags == 1)
        #expect(TraceContext(child.text) == child)
        #expect(TraceContext.zero.text == "00-00000000000000000000000000000000-0000000000000000-00")
        #expect(!TraceContext.zero.isValid)
        #expect(!TraceContext.root(isSampled: false, random).isSampled)
    }

    @Test(arguments: [
        ("a=b", "a=b"), ("congo=t61rcWkgMzE,rojo=00f067aa0ba902b7", "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"),
        ("===,,,", ""), ("", ""), (" a=1 ,\tb=2\t", "a=1,b=2"), ("a=1,,b=2", "a=1,b=2"),
        ("a=1,a=2", ""), ("A=1", ""), ("a", ""), ("a=", ""), ("1a=x", ""), ("1t@s=x", "1t@s=x"), ("t@1s=x", ""),
        ("a=x=y", ""), ("a=\u{7F}", ""), ("a= x", "a= x"), ("a b=x", ""), ("@s=x", ""),
    ])
    func `states are normalized or dropped`(_ text: String, _ normalized: String) {
        #expect(TraceState.normalized(text) == normalized)
    }

    @Test func `a state has at most 32 members`() {
        let members = (0..<33).map { "k\($0)=v" }
        #expect(
            TraceState.normalized(members.dropLast().joined(separator: ","))
                == members.dropLast().joined(separator: ","))
        #expect(TraceState.normalized(members.joined(separator: ",")).isEmpty)
    }
}
