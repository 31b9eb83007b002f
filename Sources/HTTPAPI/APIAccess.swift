internal import Bytes

/// Which APIs a Configuration allows and denies (spec 4.1).
///
/// A rule names a group, such as `v1/publish`, or in its old form the beginning of a route, such as `v1.0/publish`. What is refused is as if
/// it were not there. Health checks are always allowed.
package struct APIAccess: Sendable, Equatable {
    private let allowed: [String]
    private let denied: [String]

    /// Rules as `version/name`; nil where there are none, so that asking costs nothing.
    package init?(allowed: [String], denied: [String]) {
        guard !allowed.isEmpty || !denied.isEmpty else { return nil }
        self.allowed = allowed
        self.denied = denied
    }

    /// Whether what a request asks for may be served. `path` is the request's.
    package func allows(_ route: APIRoute, path: RawSpan) -> Bool {
        let endpoint: Endpoint
        switch route {
        case .health, .outboundHealth: return true
        case .unknown: return allowsInvocation
        default: endpoint = Endpoint(route, version: APIAccess.version(path))
        }
        return allows(endpoint)
    }

    /// Whether unknown paths end in a service invocation; without it they are plainly not found.
    package var allowsInvocation: Bool { allows(Endpoint(.block(.invoke(appID: "")), version: "v1.0")) }

    private func allows(_ endpoint: Endpoint) -> Bool {
        if denied.contains(where: endpoint.matches) { return false }
        return allowed.isEmpty || allowed.contains(where: endpoint.matches)
    }

    /// The first segment of a path.
    private static func version(_ path: RawSpan) -> String {
        let clean = URLText.cleanPath(path)
        let first = APIRoute.segments(of: clean).first ?? 0..<0
        return String(decoding: clean[first], as: UTF8.self)
    }

    /// One route as daprd registers it.
    private struct Endpoint {
        let group: String
        let route: String

        init(_ route: APIRoute, version: String) {
            let (name, rest) = Endpoint.parts(of: route)
            self.route = "\(version)/\(name)\(rest)"
            // `v1.0-alpha1` is `v1alpha1` in a group.
            let stage = version.split(separator: "-", maxSplits: 1).dropFirst().first ?? ""
            group = "v1\(stage)/\(name)"
        }

        func matches(_ rule: String) -> Bool { rule == group || route.hasPrefix(rule) }

        private static func parts(of route: APIRoute) -> (name: String, rest: String) {
            switch route {
            case .publish: ("publish", "/{pubsubname}/*")
            case .bulkPublish: ("publish", "/bulk/{pubsubname}/*")
            case .health, .outboundHealth: ("healthz", "")
            case .metadata: ("metadata", "")
            case .setMetadata: ("metadata", "/{key}")
            case .shutdown: ("shutdown", "")
            case .block(let block): (block.group, "/")
            case .unknown: ("invoke", "/")
            }
        }
    }
}
