internal import Bytes
package import HTTP

/// What a request asks for, from its method and its target.
///
/// The escaped path is cleaned first, then matched segment by segment in its escaped form, then each variable is unescaped on its own
/// (spec 1.1, "Path handling"): `%2F` in a topic is a slash of the topic, and `/v1.0/%68ealthz` is no health check.
package enum APIRoute: Equatable {
    case publish(pubsub: String, topic: String)
    case bulkPublish(pubsub: String, topic: String)
    case health
    case outboundHealth
    case metadata
    case setMetadata(key: String)
    case shutdown
    /// A building block that there is none of: state, secrets, configuration, lock, bindings, invocation.
    case block(APIBlock)
    /// Everything else: in daprd a service invocation without an app id.
    case unknown

    /// Whether the public port serves it.
    var isPublic: Bool {
        switch self {
        case .health, .outboundHealth, .metadata, .setMetadata: true
        case .publish, .bulkPublish, .shutdown, .block, .unknown: false
        }
    }

    /// Reads a target's path; nil for a bad escape, which the HTTP layer answers.
    package static func of(method: HTTPMethod, path: RawSpan) -> APIRoute? {
        if let fast = fastPublish(method: method, path: path) { return fast }
        let clean = URLText.cleanPath(path)
        let segments = segments(of: clean)
        for segment in segments where URLText.queryUnescape(clean.rawSpan.extracting(segment)) == nil { return nil }
        guard segments.count >= 2 else { return .unknown }
        let version = clean.rawSpan.extracting(segments[0])
        if version.equals("v1.0") { return stable(method: method, path: clean, segments) }
        if version.equals("v1.0-alpha1"), isWrite(method), name(clean, segments, 1, "publish"),
            name(clean, segments, 2, "bulk"), segments.count >= 5
        {
            return topicRoute(clean, segments, from: 3, bulk: true)
        }
        return APIBlock.of(method: method, path: clean, segments).map(APIRoute.block) ?? .unknown
    }

    /// Whether answers carry no `traceparent`: daprd leaves every path with a health check in it untraced, once it is unescaped.
    package static func isUntraced(_ path: RawSpan) -> Bool {
        guard path.firstIndex(of: 0x25) != nil, let unescaped = URLText.queryUnescape(path) else {
            return holdsHealthCheck(path)
        }
        return holdsHealthCheck(unescaped.rawSpan)
    }

    private static func holdsHealthCheck(_ path: RawSpan) -> Bool {
        var from = 0
        while let slash = path.firstIndex(of: 0x2F, from: from) {
            if path.extracting(slash..<path.byteCount).starts(with: "/healthz") { return true }
            from = slash + 1
        }
        return false
    }

    // MARK: Matching

    /// The path of nearly every request, without cleaning: `/v1.0/publish/NAME/TOPIC` in plain characters.
    private static func fastPublish(method: HTTPMethod, path: RawSpan) -> APIRoute? {
        let prefix: StaticString = "/v1.0/publish/"
        guard method == .post, path.starts(with: prefix) else { return nil }
        let start = prefix.utf8CodeUnitCount
        guard let slash = path.firstIndex(of: 0x2F, from: start), slash > start, slash + 1 < path.byteCount else {
            return nil
        }
        for offset in start..<path.byteCount where offset != slash && !isPlain(path[offset]) { return nil }
        let name = path.extracting(start..<slash)
        return .publish(
            pubsub: String(utf8Repaired: name),
            topic: String(utf8Repaired: path.extracting((slash + 1)..<path.byteCount)))
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        ASCII.isDigit(byte) || ASCII.lowercased(byte) &- 0x61 < 26 || byte == 0x2D || byte == 0x5F
    }

    private static func stable(method: HTTPMethod, path: [UInt8], _ segments: [Range<Int>]) -> APIRoute {
        if name(path, segments, 1, "publish"), isWrite(method), segments.count >= 4 {
            let isBulk = name(path, segments, 2, "bulk") && segments.count >= 5
            return topicRoute(path, segments, from: isBulk ? 3 : 2, bulk: isBulk)
        }
        if name(path, segments, 1, "healthz"), method == .get {
            if segments.count == 2 { return .health }
            if segments.count == 3, name(path, segments, 2, "outbound") { return .outboundHealth }
        }
        if name(path, segments, 1, "metadata") {
            if segments.count == 2, method == .get { return .metadata }
            if segments.count == 3, method == .put { return .setMetadata(key: text(path, segments[2])) }
        }
        if name(path, segments, 1, "shutdown"), segments.count == 2, method == .post { return .shutdown }
        return APIBlock.of(method: method, path: path, segments).map(APIRoute.block) ?? .unknown
    }

    /// The topic is the whole rest of the path, slashes included.
    private static func topicRoute(_ path: [UInt8], _ segments: [Range<Int>], from index: Int, bulk: Bool) -> APIRoute {
        let pubsub = text(path, segments[index])
        let topic = text(path, segments[index + 1].lowerBound..<path.count)
        return bulk ? .bulkPublish(pubsub: pubsub, topic: topic) : .publish(pubsub: pubsub, topic: topic)
    }

    static func isWrite(_ method: HTTPMethod) -> Bool { method == .post || method == .put }

    static func name(_ path: [UInt8], _ segments: [Range<Int>], _ index: Int, _ expected: StaticString) -> Bool {
        index < segments.count && path.rawSpan.extracting(segments[index]).equals(expected)
    }

    static func text(_ path: [UInt8], _ range: Range<Int>) -> String {
        URLText.queryUnescapedText(path.rawSpan.extracting(range)) ?? ""
    }

    static func segments(of path: [UInt8]) -> [Range<Int>] {
        var segments: [Range<Int>] = []
        var start = 0
        while start < path.count {
            let end = path[start...].firstIndex(of: 0x2F) ?? path.count
            if end > start { segments.append(start..<end) }
            start = end + 1
        }
        return segments
    }
}
