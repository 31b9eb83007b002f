internal import Bytes
internal import HTTP

/// What the paths of recent publishes ask for, so that a path is taken apart once and not for every event. No promise: a path that is not here
/// is taken apart again.
struct RecentPaths {
    /// One path of `POST` requests.
    final class Entry {
        let path: [UInt8]
        let route: APIRoute
        let isUntraced: Bool

        init(path: [UInt8], route: APIRoute, isUntraced: Bool) {
            self.path = path
            self.route = route
            self.isUntraced = isUntraced
        }
    }

    /// Places, by the last bytes of the path; two paths at one place take turns.
    private static let places = 256
    /// A longer path is not kept.
    private static let longest = 256

    private var entries: [Entry?] = []
    private var last: Entry?

    /// What is known of the request's path.
    mutating func entry(of exchange: HTTPExchange) -> Entry? {
        guard exchange.method == .post else { return nil }
        if let last, exchange.hasPath(last.path) { return last }
        guard !entries.isEmpty, let entry = entries[exchange.withPath(RecentPaths.place)],
            exchange.hasPath(entry.path)
        else { return nil }
        last = entry
        return entry
    }

    /// Keeps what a publish asked for.
    mutating func note(_ exchange: HTTPExchange, _ route: APIRoute, isUntraced: Bool) {
        guard exchange.method == .post, case .publish = route, exchange.path.count <= RecentPaths.longest else {
            return
        }
        if entries.isEmpty { entries = Array(repeating: nil, count: RecentPaths.places) }
        let entry = Entry(path: Array(exchange.path), route: route, isUntraced: isUntraced)
        entries[exchange.withPath(RecentPaths.place)] = entry
        last = entry
    }

    private static func place(_ path: RawSpan) -> Int {
        guard path.byteCount >= 8 else { return 0 }
        return Int((path.loadUInt64(at: path.byteCount - 8) &* 0x9E37_79B9_7F4A_7C15) >> 56)
    }
}
