import Foundation
import Messaging
import Testing

@testable import Runtime

@Suite struct TailOutputTests {
    /// What is written on a terminal instead of bytes that would do something to it.
    static let texts: [([UInt8], String)] = [
        (Array("plain ünï 日本".utf8), "plain ünï 日本"),
        (Array("\u{1B}[31mred\u{1B}[0m".utf8), "\\u{1B}[31mred\\u{1B}[0m"),
        (Array("a\r\nb\tc".utf8), "a\\r\\nb\\tc"),
        (Array("bell\u{7} del\u{7F} nel\u{85} csi\u{9B}1m".utf8), "bell\\u{7} del\\u{7F} nel\\u{85} csi\\u{9B}1m"),
        (Array("\u{202E}turned\u{2069} \u{200B}\u{FEFF}".utf8), "\\u{202E}turned\\u{2069} \\u{200B}\\u{FEFF}"),
        (Array("line\u{2028}par\u{2029}".utf8), "line\\u{2028}par\\u{2029}"),
        ([0xFF, 0x41, 0xC0, 0x80, 0xE2, 0x82], "\\xFFA\\xC0\\x80\\xE2\\x82"),
        ([0x00], "\\u{0}"), ([], ""),
    ]

    @Test(arguments: texts)
    func `nothing in a text reaches the terminal that would act on it`(_ bytes: [UInt8], _ expected: String) {
        #expect(TerminalText.escaped(bytes) == expected)
    }

    @Test func `a text that is too long is cut, and says so`() {
        let long = [UInt8](repeating: 0x61, count: TerminalText.longest + 5)
        #expect(TerminalText.escaped(long).hasSuffix("a… (5 bytes more)"))
    }

    @Test func `lines of a text are set behind a margin, so that none looks like ours`() {
        #expect(TerminalText.escaped(Array("a\nb".utf8), margin: "  ") == "a\n  b")
    }

    private func event(_ body: String, metadata: [(String, String)] = []) -> BrowsedMessage {
        BrowsedMessage(
            position: "7-0", time: 1_700_000_000_012_000_000,
            message: Message(topic: "orders", body: Array(body.utf8), metadata: Metadata(metadata)))
    }

    private static let envelope =
        #"{"specversion":"1.0","id":"1","type":"t","source":"s","traceparent":"00-1-2-01","topic":"orders","#

    @Test func `an event in words`() {
        let output = TailOutput(pubsub: "bus", showsData: true, isJSON: false)
        #expect(
            output.text(event(Self.envelope + #""data":{"a":[1]}}"#)) == """
                2023-11-14T22:13:20.012Z orders 114 bytes, at 7-0
                  id          1
                  type        t
                  source      s
                  traceparent 00-1-2-01
                  data        {"a":[1]}

                """)
        #expect(
            output.text(event("raw\u{1B}c", metadata: [("k", "v\n")])) == """
                2023-11-14T22:13:20.012Z orders 5 bytes, at 7-0
                  metadata    k=v\\n
                  event       no CloudEvent
                  data        raw\\u{1B}c

                """)
    }

    @Test func `without data nothing of it is shown`() {
        for isJSON in [true, false] {
            let output = TailOutput(pubsub: "bus", showsData: false, isJSON: isJSON)
            #expect(!output.text(event(Self.envelope + #""data":"hidden"}"#)).contains("hidden"))
            #expect(!output.text(event("hidden")).contains("hidden"))
        }
    }

    /// A body, and the member of the line that holds its data.
    static let data: [(String, String)] = [
        (envelope + #""data":{"a": [1, 2.50]}}"#, #""data":{"a":[1,2.50]}}"#),
        (envelope + #""data":"text\n"}"#, #""data":"text\n"}"#),
        (envelope + #""data_base64":"aGk="}"#, #""data":"hi"}"#),
        (envelope + #""data_base64":"/w=="}"#, #""data_base64":"/w=="}"#),
        ("raw\nlines", #""data":"raw\nlines"}"#),
        (#"{"no": "event"}"#, #""data":"{\"no\": \"event\"}"}"#),
    ]

    @Test(arguments: data)
    func `an event as a line of JSON`(_ body: String, _ expected: String) throws {
        let line = TailOutput(pubsub: "bus", showsData: true, isJSON: true).text(event(body))
        #expect(line.hasSuffix(expected + "\n"), "\(line)")
        #expect(line.dropLast().contains("\n") == false)
        let json = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(json?["position"] as? String == "7-0")
        #expect(json?["time"] as? String == "2023-11-14T22:13:20.012Z")
        #expect(json?["size"] as? Int == body.utf8.count)
    }

    @Test func `tail takes one topic, and finds the usual places`() throws {
        let plain = try TailOptions.parse(["orders"], environment: ["HOME": "/h"]) { _ in false }
        #expect(plain.hasImplicitBroker && plain.topic == "orders" && plain.appID == "app" && plain.pubsub == nil)
        let home = try TailOptions.parse(["-t", "orders", "--max", "3"], environment: ["HOME": "/h"]) { _ in true }
        #expect(home.resourcesPaths == ["/h/.dapr/components"] && !home.hasImplicitBroker && home.maximum == 3)
        for words in [[], ["a", "b"], ["a", "-t", "b"], ["a", "-o", "xml"]] as [[String]] {
            #expect(throws: OptionError.self) { try TailOptions.parse(words, environment: [:]) { _ in false } }
        }
    }
}
