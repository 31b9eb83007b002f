import Foundation
import Testing

@testable import Bytes

@Suite struct `Base64` {
    @Test func `every length agrees with Foundation`() {
        for length in 0..<100 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length) }
            let text = [UInt8](capacity: Bytes.Base64.encodedLength(length)) { $0.write(base64: bytes.rawSpan) }
            #expect(String(decoding: text, as: UTF8.self) == Data(bytes).base64EncodedString())
            #expect(Bytes.Base64.decode(text.rawSpan) == bytes)
        }
        let all = (0...255).map { UInt8($0) }
        #expect(Bytes.Base64.decode(Array(Data(all).base64EncodedString().utf8).rawSpan) == all)
    }

    @Test(arguments: [
        ("", ""), ("aGVs\nbG8=", "hello"), ("aGVsbG8\r\n=", "hello"), ("aGVsbG8=\n", "hello"),
        ("aG\n\nVsbG8gaGVsbG8=", "hello hello"),
    ])
    func `line ends are skipped`(_ text: String, _ bytes: String) {
        #expect(Bytes.Base64.decode(Array(text.utf8).rawSpan) == Array(bytes.utf8))
    }

    @Test(arguments: [
        "a", "ab", "abc", "ab=", "a===", "====", "=", "abcd=", "abcde", "ab==cd==", "ab=c", "abc-", "abc_", "***",
        "ab c", "abcd====",
        "\u{80}bcd", "abcdefg\u{FF}", "aGVsbG8gaGVs*G8=", "ab===",
    ])
    func `other texts are refused`(_ text: String) {
        #expect(Bytes.Base64.decode(Array(text.utf8).rawSpan) == nil)
    }

    @Test(arguments: [
        ("***", 0), ("AAE", 0), ("__8=", 0), ("AAAA*", 4), ("AAAAA", 4), ("AAAAAA", 4), ("AA=A", 3), ("A===", 1),
        ("AA==x", 4), ("AAA==", 4), ("AA=", 3), ("aGVs\nbG8", 5),
    ])
    func `the place of a fault is the one that Go tells`(_ text: String, _ offset: Int) {
        #expect(Bytes.Base64.decode(Array(text.utf8).rawSpan) == nil)
        #expect(Bytes.Base64.faultOffset(Array(text.utf8).rawSpan) == offset)
    }
}

@Suite struct `Ids` {
    @Test func `a UUID of version 4 has its form`() {
        let pool = RandomPool()
        var seen = Set<String>()
        for _ in 0..<1000 {
            let text = pool.uuid().text
            #expect(text == text.lowercased())
            let uuid = UUID(uuidString: text)
            #expect(uuid != nil)
            #expect(text.utf8.count == UUIDv4.textLength)
            #expect(Array(text)[14] == "4")
            #expect("89ab".contains(Array(text)[19]))
            seen.insert(text)
        }
        #expect(seen.count == 1000)
    }

    @Test func `numbers that follow from a seed are the same each time, and others for another seed`() {
        func numbers(_ pool: RandomPool) -> [UInt64] { (0..<2000).map { _ in pool.next() } }
        let first = numbers(RandomPool(seed: 7))
        #expect(first == numbers(RandomPool(seed: 7)))
        #expect(Set(first).count == 2000)
        #expect(Set(first).isDisjoint(with: numbers(RandomPool(seed: 8))))
    }

    @Test func `bits stand in their order`() {
        #expect(
            UUIDv4(high: 0x123e_4567_e89b_12d3, low: 0xa456_4266_1417_4000).text
                == "123e4567-e89b-42d3-a456-426614174000")
        #expect(UUIDv4(high: .max, low: .max).text == "ffffffff-ffff-4fff-bfff-ffffffffffff")
        #expect(UUIDv4(high: 0, low: 0).text == "00000000-0000-4000-8000-000000000000")
    }
}

@Suite struct `URLs` {
    @Test(
        arguments: [
            ("a+b", "a b"), ("a%2Fb", "a/b"), ("a%2fb", "a/b"), ("%", nil), ("a%2", nil), ("a%zz", nil), ("a%2g", nil),
            ("", ""),
            ("gr%C3%BC%C3%9F", "grüß"), ("a%FFb", "a\u{FFFD}b"), ("a%00b", "a\0b"), ("a%2Bb", "a+b"), ("a%25b", "a%b"),
            ("a;b", "a;b"),
        ] as [(String, String?)])
    func `escapes are decoded as in queries`(_ text: String, _ decoded: String?) {
        #expect(URLText.queryUnescapedText(Array(text.utf8).rawSpan) == decoded)
    }

    @Test(arguments: [
        // The table of Go's path.Clean.
        ("", "."), ("abc", "abc"), ("abc/def", "abc/def"), ("a/b/c", "a/b/c"), (".", "."), ("..", ".."),
        ("../..", "../.."),
        ("../../abc", "../../abc"), ("/abc", "/abc"), ("/", "/"), ("abc/", "abc"), ("abc/def/", "abc/def"),
        ("a/b/c/", "a/b/c"),
        ("./", "."), ("../", ".."), ("../../", "../.."), ("/abc/", "/abc"), ("abc//def//ghi", "abc/def/ghi"),
        ("//abc", "/abc"),
        ("///abc", "/abc"), ("//abc//", "/abc"), ("abc//", "abc"), ("abc/./def", "abc/def"), ("/./abc/def", "/abc/def"),
        ("abc/.", "abc"), ("abc/def/ghi/../jkl", "abc/def/jkl"), ("abc/def/../ghi/../jkl", "abc/jkl"),
        ("abc/def/..", "abc"),
        ("abc/def/../..", "."), ("/abc/def/../..", "/"), ("abc/def/../../..", ".."), ("/abc/def/../../..", "/"),
        ("abc/def/../../../ghi/jkl/../../../mno", "../../mno"), ("abc/./../def", "def"), ("abc//./../def", "def"),
        ("abc/../../././../def", "../../def"), ("/v1.0/publish/p/a%2F..%2Fb", "/v1.0/publish/p/a%2F..%2Fb"),
        ("/../a", "/a"), ("/x/../a.b", "/a.b"), ("...", "..."), ("/a/...", "/a/..."),
    ])
    func `paths are cleaned as Go cleans them`(_ path: String, _ clean: String) {
        #expect(String(decoding: URLText.cleanPath(Array(path.utf8).rawSpan), as: UTF8.self) == clean)
    }

    @Test(
        arguments: [
            ("", []), ("a=1", ["a:1"]), ("a=1&b=2", ["a:1", "b:2"]), ("a", ["a:"]), ("a=", ["a:"]), ("=x", [":x"]),
            ("&&a=1&", ["a:1"]),
            ("a=b=c", ["a:b=c"]), ("a=1;b=2&c=3", ["c:3"]), ("a=%zz&c=3", ["c:3"]), ("%zz=1&c=3", ["c:3"]),
            ("a+b=c+d", ["a b:c d"]),
            ("metadata.cloudevent.id=a%26b", ["metadata.cloudevent.id:a&b"]), ("a=%3B", ["a:;"]),
        ] as [(String, [String])])
    func `pairs that do not parse are left out`(_ query: String, _ pairs: [String]) {
        var found: [String] = []
        URLText.forEachQueryPair(Array(query.utf8).rawSpan) { name, value, _ in found.append(name + ":" + value) }
        #expect(found == pairs)
    }
}
