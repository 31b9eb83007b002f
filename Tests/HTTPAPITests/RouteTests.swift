import Bytes
import HTTP
import HTTPAPI
import Testing

@Suite struct RouteTests {
    struct Row: Sendable, CustomStringConvertible {
        var method: String
        var path: String
        var route: APIRoute?
        var description: String { "\(method) \(path)" }

        init(_ method: String, _ path: String, _ route: APIRoute?) {
            self.method = method
            self.path = path
            self.route = route
        }
    }

    static let rows: [Row] = [
        Row("POST", "/v1.0/publish/pubsub/t", .publish(pubsub: "pubsub", topic: "t")),
        Row("PUT", "/v1.0/publish/pubsub/t", .publish(pubsub: "pubsub", topic: "t")),
        Row("GET", "/v1.0/publish/pubsub/t", .unknown),
        Row("POST", "/v1.0/publish/pubsub/a/b/c", .publish(pubsub: "pubsub", topic: "a/b/c")),
        Row("POST", "/v1.0/publish/pubsub/a%2Fb", .publish(pubsub: "pubsub", topic: "a/b")),
        Row("POST", "/v1.0/publish/pubsub/a+b", .publish(pubsub: "pubsub", topic: "a b")),
        Row("POST", "/v1.0/publish/pubsub/a//b", .publish(pubsub: "pubsub", topic: "a/b")),
        Row("POST", "/v1.0/publish/pubsub/x/../a", .publish(pubsub: "pubsub", topic: "a")),
        Row("POST", "/v1.0/publish/pubsub/a/", .publish(pubsub: "pubsub", topic: "a")),
        Row("POST", "/v1.0/publish/pubsub/%2F", .publish(pubsub: "pubsub", topic: "/")),
        Row("POST", "/v1.0/publish/%20/t", .publish(pubsub: " ", topic: "t")),
        Row("POST", "/v1.0/publish/pubsub/%zz", nil),
        Row("POST", "/v1.0/publish/pubsub/%2", nil),
        Row("POST", "/v1.0//publish/pubsub/t", .publish(pubsub: "pubsub", topic: "t")),
        Row("POST", "/v1.0/publish/pubsub", .unknown),
        Row("POST", "/v1.0/publish//t", .unknown),
        Row("POST", "/v1.0/publish/bulk", .unknown),
        Row("POST", "/v1.0/publish/bulk/pubsub", .publish(pubsub: "bulk", topic: "pubsub")),
        Row("POST", "/v1.0/publish/bulk/pubsub/t", .bulkPublish(pubsub: "pubsub", topic: "t")),
        Row("POST", "/v1.0-alpha1/publish/bulk/pubsub/t/u", .bulkPublish(pubsub: "pubsub", topic: "t/u")),
        Row("POST", "/v1.0-alpha1/publish/pubsub/t", .unknown),
        Row("POST", "/V1.0/publish/pubsub/t", .unknown),
        Row("POST", "/v1.0/Publish/pubsub/t", .unknown),
        Row("GET", "/v1.0/healthz", .health),
        Row("GET", "/v1.0/healthz/", .health),
        Row("HEAD", "/v1.0/healthz", .unknown),
        Row("GET", "/v1.0/%68ealthz", .unknown),
        Row("GET", "/v1.0/healthz/outbound", .outboundHealth),
        Row("GET", "/v1.0/healthz/nope", .unknown),
        Row("GET", "/v1.0/metadata", .metadata),
        Row("PUT", "/v1.0/metadata/with%20space", .setMetadata(key: "with space")),
        Row("PUT", "/v1.0/metadata/key%2Bplus+sign", .setMetadata(key: "key+plus sign")),
        Row("PUT", "/v1.0/metadata/a/b", .unknown),
        Row("PUT", "/v1.0/metadata", .unknown),
        Row("POST", "/v1.0/shutdown", .shutdown),
        Row("GET", "/v1.0/shutdown", .unknown),
        Row("GET", "/", .unknown),
        Row("GET", "/nope", .unknown),
    ]

    @Test(arguments: rows)
    func `method and path mean what daprd takes them for`(row: Row) throws {
        let methods: [String: HTTPMethod] = ["GET": .get, "HEAD": .head, "POST": .post, "PUT": .put]
        let route = try APIRoute.of(method: #require(methods[row.method]), path: Array(row.path.utf8).rawSpan)
        #expect(route == row.route)
    }

    @Test(arguments: [
        ("/v1.0/healthz", true), ("/healthz", true), ("/v2.0/healthz", true), ("/v1.0/healthz/nope", true),
        ("/v1.0/publish/a/b", false), ("/v1.0/metadata", false),
    ])
    func `answers on paths with a health check carry no trace`(path: String, isUntraced: Bool) {
        #expect(APIRoute.isUntraced(Array(path.utf8).rawSpan) == isUntraced)
    }
}
