internal import Bytes
internal import HTTP

/// Which origins' pages may call the API: `--allowed-origins` (spec 6.3), with the answers of the middleware that daprd uses.
package struct CORSPolicy: Sendable, Equatable {
    /// What a policy adds to the answer of one request.
    enum Addition: Sendable, Equatable {
        /// There is no policy.
        case none
        /// The answer depends on the origin, and this one is not allowed.
        case vary
        /// The answer may be read by this origin, or by all (`*`).
        case allow(origin: String)
    }

    /// One allowed origin, in lower case; a `*` in it stands for any text.
    private struct Pattern: Equatable {
        var prefix: String
        var suffix: String?

        func matches(_ origin: String) -> Bool {
            guard let suffix else { return origin == prefix }
            return origin.utf8.count >= prefix.utf8.count + suffix.utf8.count && origin.hasPrefix(prefix)
                && origin.hasSuffix(suffix)
        }
    }

    private static let methods: Set<String> = ["HEAD", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    private let allowsAll: Bool
    private let patterns: [Pattern]

    /// Reads the flag: origins with commas between them. Nil where it is empty: CORS is off.
    package init?(_ flag: String) {
        guard !flag.isEmpty else { return nil }
        let origins = flag.split(separator: ",").map { $0.lowercased() }
        allowsAll = origins.contains("*")
        patterns = origins.map { origin in
            let parts = origin.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
            return Pattern(prefix: String(parts[0]), suffix: parts.count > 1 ? String(parts[1]) : nil)
        }
    }

    /// What an answer to this request gets.
    func addition(to exchange: HTTPExchange) -> Addition {
        guard let origin = allowedOrigin(exchange.fields), CORSPolicy.methods.contains(exchange.methodText.uppercased())
        else { return .vary }
        return .allow(origin: origin)
    }

    /// Answers a browser that asks before it sends; false where the request is none of these.
    func answerPreflight(_ exchange: HTTPExchange, _ trace: RequestTrace) -> Bool {
        guard exchange.method == .options,
            let asked = exchange.fields.text("access-control-request-method"), !asked.isEmpty
        else { return false }
        let method = asked.uppercased()
        let origin = CORSPolicy.methods.contains(method) ? allowedOrigin(exchange.fields) : nil
        exchange.respond(200) { fields in
            fields.add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
            if let origin {
                fields.add("Access-Control-Allow-Origin", origin)
                fields.add("Access-Control-Allow-Methods", method)
                let names = CORSPolicy.names(exchange.fields.text("access-control-request-headers") ?? "")
                if !names.isEmpty { fields.add("Access-Control-Allow-Headers", names) }
            }
            trace.append(to: &fields)
        }
        return true
    }

    /// What `Access-Control-Allow-Origin` says to the request's origin; nil where it is not allowed.
    private func allowedOrigin(_ fields: HTTPFields) -> String? {
        guard let origin = fields.text("origin"), !origin.isEmpty else { return nil }
        if allowsAll { return "*" }
        let lowered = origin.lowercased()
        return patterns.contains { $0.matches(lowered) } ? origin : nil
    }

    /// Names of headers in their usual spelling: `content-type` is `Content-Type`. What belongs into no name is left out.
    package static func names(_ list: String) -> String {
        var names: [String] = []
        for word in list.split(whereSeparator: { $0 == "," || $0 == " " }) {
            var name = ""
            var isFirst = true
            for scalar in word.unicodeScalars where scalar.isASCII {
                let character = Character(scalar)
                guard character.isLetter || character.isNumber || "-_.".contains(character) else { continue }
                name += isFirst ? character.uppercased() : character.lowercased()
                isFirst = character == "-"
            }
            if !name.isEmpty { names.append(name) }
        }
        return names.joined(separator: ", ")
    }
}

extension HTTPExchange {
    /// The method as it came.
    var methodText: String { String(decoding: fields.bytes[head.methodRange], as: UTF8.self) }
}
