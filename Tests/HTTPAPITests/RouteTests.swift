import Bytes
import HTTP
import HTTPAPI
import Testing

@Suite struct RouteTests {
    struct Row: Sendable, CustomStringConvertible {
        var method: HTTPMethod
        var path: String
        var route: APIRoute?
        var description: String { "\(method) \(path)" }

        init(_ method: HTTPMethod, _ path: String, _ route: APIRoute?) {
            self.method = method
            self.path = path
            self.route = route
        }
    }

    static let rows: [Row] = [
        Row(.post, "/v1.0/publish/pubsub/t", .publish(pubsub: "pubsub", topic: "t")),
        Row(.put, "/v1.0/publish/pubsub/t", .publish(pubsub: "pubsub", topic: "t")),
        Row(.get, "/v1.0/publish/pubsub/t", .unknown),
        Row(.post, "/v1.0/publish/pubsub/a/b/c", .publish(pubsub: "pubsub", topic: "a/b/c")),
        Row(.post, "/v1.0/publish/pubsub/a%2Fb", .publish(pubsub: "pubsub", topic: "a/b")),
        Row(.post, "/v1.0/publish/pubsub/a+b", .publish(pubsub: "pubsub", topic: "a b")),
        Row(.post, "/v1.0/publish/pubsub/a//b", .publish(pubsub: "pubsub", topic: "a/b")),
        Row(.post, "/v1.0/publish/pubsub/x/../a", .publish(pubsub: "pubsub", topic: "a")),
        Row(.post, "/v1.0/publish/pubsub/a/", .publish(pubsub: "pubsub", topic: "a")),
        Row(.post, "/v1.0/publish/pubsub/%2F", .publish(pubsub: "pubsub", topic: "/")),
        Row(.post, "/v1.0/publish/%20/t", .publish(pubsub: " ", topic: "t")),
        Row(.post, "/v1.0/publish/pubsub/%zz", nil),
        Row(.post, "/v1.0/publish/pubsub/%2", nil),
        Row(.post, "/v1.0//publish/pubsub/t", .publish(pubsub: "pubsub", topic: "t")),
        Row(.post, "/v1.0/publish/pubsub", .unknown),
        Row(.post, "/v1.0/publish//t", .unknown),
        Row(.post, "/v1.0/publish/bulk", .unknown),
        Row(.post, "/v1.0/publish/bulk/pubsub", .publish(pubsub: "bulk", topic: "pubsub")),
        Row(.post, "/v1.0/publish/bulk/pubsub/t", .bulkPublish(pubsub: "pubsub", topic: "t")),
        Row(.post, "/v1.0-alpha1/publish/bulk/pubsub/t/u", .bulkPublish(pubsub: "pubsub", topic: "t/u")),
        Row(.post, "/v1.0-alpha1/publish/pubsub/t", .unknown),
        Row(.post, "/V1.0/publish/pubsub/t", .unknown),
        Row(.post, "/v1.0/Publish/pubsub/t", .unknown),
        Row(.get, "/v1.0/healthz", .health),
        Row(.get, "/v1.0/healthz/", .health),
        Row(.head, "/v1.0/healthz", .unknown),
        Row(.get, "/v1.0/%68ealthz", .unknown),
        Row(.get, "/v1.0/healthz/outbound", .outboundHealth),
        Row(.get, "/v1.0/healthz/nope", .unknown),
        Row(.get, "/v1.0/metadata", .metadata),
        Row(.put, "/v1.0/metadata/with%20space", .setMetadata(key: "with space")),
        Row(.put, "/v1.0/metadata/key%2Bplus+sign", .setMetadata(key: "key+plus sign")),
        Row(.put, "/v1.0/metadata/a/b", .unknown),
        Row(.put, "/v1.0/metadata", .unknown),
        Row(.post, "/v1.0/shutdown", .shutdown),
        Row(.get, "/v1.0/shutdown", .unknown),
        Row(.get, "/", .unknown),
        Row(.get, "/nope", .unknown),
        Row(.get, "/v1.0/state/s/k", .block(.state(store: "s"))),
        Row(.get, "/v1.0/state/s", .unknown),
        Row(.post, "/v1.0/state/s", .block(.state(store: "s"))),
        Row(.put, "/v1.0/state/s/bulk", .block(.state(store: "s"))),
        Row(.post, "/v1.0/state/s/other", .unknown),
        Row(.delete, "/v1.0/state/s/k", .block(.state(store: "s"))),
        Row(.post, "/v1.0-alpha1/state/s/query", .block(.state(store: "s"))),
        Row(.get, "/v1.0/secrets/s/k", .block(.secrets(store: "s"))),
        Row(.get, "/v1.0-alpha1/configuration/s", .block(.configuration)),
        Row(.post, "/v1.0-alpha1/lock/s", .block(.lock(store: "s"))),
        Row(.post, "/v1.0/lock/s", .unknown),
        Row(.put, "/v1.0/bindings/b%2Fc", .block(.bindings(name: "b/c"))),
        Row(.get, "/v1.0/invoke/app/method/a/b", .block(.invoke(appID: "app"))),
        Row(.get, "/v1.0/invoke/app/a", .unknown),
    ]

    @Test(arguments: rows)
    func `method and path mean what daprd takes them for`(row: Row) {
        let path = Array(row.path.utf8)
        let route = APIRoute.of(method: row.method, path: path.rawSpan)
        #expect(route == row.route)
    }

    @Test(arguments: [
        ("/v1.0/healthz", true), ("/healthz", true), ("/v2.0/healthz", true), ("/v1.0/healthz/nope", true),
        ("/v1.0/%68ealthz", true), ("/v1.0/publish/a/b", false), ("/v1.0/metadata", false),
    ])
    func `answers on paths with a health check carry no trace`(path: String, isUntraced: Bool) {
        let bytes = Array(path.utf8)
        #expect(APIRoute.isUntraced(bytes.rawSpan) == isUntraced)
    }
}
