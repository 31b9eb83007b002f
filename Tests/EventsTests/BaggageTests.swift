import Events
import Testing

@Suite("Baggage") struct BaggageTests {
    @Test(arguments: [
        "", "k=v", "k1=v1,k2=v2;p=1", "a=1 , b = 2", "k=", "k=v;p", "k=v; p = x ;q", "!#$%&'*+-.^_`|~=%20", "k=a=b",
    ])
    func `a list that parses has no complaint`(text: String) {
        #expect(Baggage.complaint(about: text) == nil)
    }

    @Test(arguments: [
        ("no equals sign", #"invalid baggage list-member: "no equals sign""#),
        ("a=1,", #"invalid baggage list-member: """#), ("=v", #"invalid key: """#), ("k k=v", #"invalid key: "k k""#),
        ("k=v v", #"invalid value: "v v""#), ("k=\"v\"", #"invalid value: "\"v\"""#),
        ("k=v;=x", #"invalid baggage list-member property: "=x""#),
    ])
    func `a list that does not parse is told in Go's words`(text: String, complaint: String) {
        #expect(Baggage.complaint(about: text) == complaint)
    }

    @Test func `lists have bounds`() {
        let long = String(repeating: "v", count: 4096)
        #expect(Baggage.complaint(about: "k=\(long)") == "list-member too large: 4098")
        #expect(Baggage.complaint(about: "k=\(long)\(long)") == "baggage too large: 8194")
        let many = (0..<181).map { "k\($0)=1" }.joined(separator: ",")
        #expect(Baggage.complaint(about: many) == "too many list-members in baggage-string")
    }
}
