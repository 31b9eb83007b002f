import Bytes
import Events
import HTTP
import HTTPAPI
import Testing

@Suite struct APIRulesTests {
    private static func allows(_ access: APIAccess?, _ route: APIRoute, _ path: String) -> Bool {
        let bytes = Array(path.utf8)
        return access?.allows(route, path: bytes.rawSpan) ?? true
    }

    private static let publish = APIRoute.publish(pubsub: "p", topic: "t")
    private static let bulk = APIRoute.bulkPublish(pubsub: "p", topic: "t")

    @Test func `without rules there is nothing to ask`() {
        #expect(APIAccess(allowed: [], denied: []) == nil)
    }

    @Test func `a list of allowed APIs refuses everything else but health`() {
        let access = APIAccess(allowed: ["v1/publish"], denied: [])
        #expect(Self.allows(access, Self.publish, "/v1.0/publish/p/t"))
        #expect(Self.allows(access, Self.bulk, "/v1.0/publish/bulk/p/t"))
        #expect(!Self.allows(access, Self.bulk, "/v1.0-alpha1/publish/bulk/p/t"))
        #expect(!Self.allows(access, .metadata, "/v1.0/metadata"))
        #expect(!Self.allows(access, .shutdown, "/v1.0/shutdown"))
        #expect(!Self.allows(access, .unknown, "/nope"))
        #expect(Self.allows(access, .health, "/v1.0/healthz"))
        #expect(Self.allows(access, .outboundHealth, "/v1.0/healthz/outbound"))
    }

    @Test(arguments: [
        "/v1.0-alpha1/publish/bulk/p/t", "//v1.0-alpha1/publish/bulk/p/t", "/x/../v1.0-alpha1/publish/bulk/p/t",
        "/./v1.0-alpha1//publish/bulk/p/t/",
    ])
    func `a denied version stays denied however its path is written`(path: String) {
        let access = APIAccess(allowed: [], denied: ["v1alpha1/publish"])
        #expect(!Self.allows(access, Self.bulk, path))
        #expect(Self.allows(access, Self.bulk, "/v1.0/publish/bulk/p/t"))
        #expect(Self.allows(access, .unknown, "/nope"))
    }

    @Test func `a denied API is refused even where it is allowed too`() {
        let access = APIAccess(allowed: ["v1/publish", "v1/metadata", "v1/invoke"], denied: ["v1/metadata"])
        #expect(!Self.allows(access, .metadata, "/v1.0/metadata"))
        #expect(!Self.allows(access, .setMetadata(key: "k"), "/v1.0/metadata/k"))
        #expect(Self.allows(access, .unknown, "/nope"))
        #expect(access?.allowsInvocation == true)
    }

    @Test func `rules of the old form are beginnings of routes`() {
        let access = APIAccess(allowed: [], denied: ["v1.0/publish/bulk", "v1.0/state"])
        #expect(!Self.allows(access, Self.bulk, "/v1.0/publish/bulk/p/t"))
        #expect(Self.allows(access, Self.publish, "/v1.0/publish/p/t"))
        #expect(!Self.allows(access, .block(.state(store: "s")), "/v1.0/state/s/k"))
    }

    @Test(arguments: [
        ("content-type", "Content-Type"), ("X-API-KEY,dapr-app-id", "X-Api-Key, Dapr-App-Id"),
        ("a\r\nSet-Cookie: b", "Aset-Cookie, B"), ("é, ,", ""),
    ])
    func `names of headers that a page asks for come back in their usual spelling`(asked: String, answer: String) {
        #expect(CORSPolicy.names(asked) == answer)
    }

    private static let strict = {
        var strictness = APIStrictness()
        strictness.refusesDuplicateMembers = true
        strictness.refusesInvalidText = true
        strictness.refusesInvalidJSON = true
        return strictness
    }()

    @Test(arguments: [
        (#"{"a":1,"a":2}"#, "two members of one name"), (#"[{"b":{"a":1,"\u0061":2}}]"#, "two members of one name"),
        (#"{"a":1e400}"#, "beyond a double"), (#""\ud800""#, "half of a surrogate pair"), ("{", "ends inside"),
        (#"{"a":1} x"#, "unexpected character"), ("\"a\u{0}b\"", "unexpected character"),
        (String(repeating: "[", count: 100_000), "nested deeper"),
    ])
    func `a strict API refuses a JSON body and says why without repeating it`(body: String, reason: String) {
        for kind in [ContentKind.json, .cloudEvent] {
            let complaint = Self.strict.complaint(about: Array(body.utf8), kind)
            #expect(complaint?.contains(reason) == true, "\(complaint ?? "nil")")
        }
        #expect(APIStrictness().complaint(about: Array(body.utf8), .json) == nil)
    }

    @Test func `a strict API refuses text that is not UTF-8, and takes bytes`() {
        let bytes: [UInt8] = [0x22, 0x61, 0xFF, 0x22]
        for kind in [ContentKind.json, .text, .other] {
            #expect(Self.strict.complaint(about: bytes, kind) == "the body is not UTF-8 at byte 2")
        }
        #expect(Self.strict.complaint(about: bytes, .binary) == nil)
    }

    @Test(arguments: [
        #"{"a":1,"A":2,"é":3,"e\u0301":4}"#, "[1.50,-0,1e308,123456789012345678901]", #""\ud83d\ude00""#, " null ",
    ])
    func `a strict API takes what is JSON to everybody`(body: String) {
        #expect(Self.strict.complaint(about: Array(body.utf8), .json) == nil)
    }
}
