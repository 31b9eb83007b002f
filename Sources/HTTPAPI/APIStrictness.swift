internal import Bytes
package import Events
internal import HTTP

/// What is refused although daprd takes it: `spec.martlet.api` of a Configuration. Each part is off unless it is asked for.
package struct APIStrictness: Sendable, Equatable {
    /// A body beyond its bound is answered with 413, before it is read.
    package var refusesLargeBodies = false
    /// A JSON body in which an object has two members of one name is answered with 400.
    package var refusesDuplicateMembers = false
    /// A body of text or JSON that is not UTF-8, or escapes half a surrogate pair, is answered with 400.
    package var refusesInvalidText = false
    /// A body that says that it is JSON and is none, is nested too deep, or holds a number that no double holds, is answered with 400.
    package var refusesInvalidJSON = false
    /// Host names, in lower case and without port, under which the API may be called; another one is answered with 421. Empty allows all.
    package var allowedHosts: [String] = []

    package init() {}

    /// Whether anything at all is asked for.
    package var isStrict: Bool { self != APIStrictness() }

    /// Why a request is refused; nil where it is not.
    func refusal(of exchange: HTTPExchange) -> APIError? {
        if !allowedHosts.isEmpty, !allowedHosts.contains(APIStrictness.host(of: exchange)) {
            return APIError(
                status: 421, code: "ERR_HOST_NOT_ALLOWED", message: "the API is not served under this host name")
        }
        if exchange.isBodyTooLarge {
            guard refusesLargeBodies else { return nil }
            return APIError(status: 413, code: "ERR_BODY_TOO_LARGE", message: "the request body is too large")
        }
        guard !exchange.body.isEmpty else { return nil }
        return complaint(about: exchange.body, ContentKind(exchange.fields.text("content-type") ?? "")).map {
            APIError(status: 400, code: "ERR_MALFORMED_REQUEST", message: $0)
        }
    }

    /// What is wrong with a body; nil where it passes. It never says what stands there.
    package func complaint(about body: [UInt8], _ kind: ContentKind) -> String? {
        switch kind {
        case .binary, .protobuf: return nil
        case .json, .cloudEvent: break
        case .text, .other: return refusesInvalidText ? APIStrictness.textComplaint(body) : nil
        }
        if refusesInvalidText {
            if let complaint = APIStrictness.textComplaint(body) { return complaint }
            if JSONScanner.onlyValue(in: body.rawSpan)?.needsRepair == true {
                return "the body escapes half of a surrogate pair"
            }
        }
        guard refusesInvalidJSON || refusesDuplicateMembers else { return nil }
        do {
            return treeComplaint(try JSONValue.parse(body))
        } catch {
            return refusesInvalidJSON ? "\(error)" : nil
        }
    }

    private static func textComplaint(_ body: [UInt8]) -> String? {
        UTF8Text.firstInvalid(body.rawSpan).map { "the body is not UTF-8 at byte \($0)" }
    }

    /// As deep as the parser allows, 512 levels.
    private func treeComplaint(_ value: JSONValue) -> String? {
        switch value {
        case .null, .bool, .string: return nil
        case .number(let literal):
            guard refusesInvalidJSON, Double(literal)?.isFinite != true else { return nil }
            return "the body holds a number that is beyond a double"
        case .array(let elements):
            for element in elements { if let complaint = treeComplaint(element) { return complaint } }
            return nil
        case .object(let members):
            // Bytes, not texts: two spellings of one accented letter are two names.
            var names: Set<[UInt8]> = []
            for member in members {
                if refusesDuplicateMembers, !names.insert(Array(member.name.utf8)).inserted {
                    return "the body has an object with two members of one name"
                }
                if let complaint = treeComplaint(member.value) { return complaint }
            }
            return nil
        }
    }

    /// The host that a request was sent to, in lower case and without port.
    private static func host(of exchange: HTTPExchange) -> String {
        let bytes: ArraySlice<UInt8>
        if let authority = exchange.head.target.authority {
            bytes = exchange.fields.bytes[authority]
        } else {
            bytes = exchange.fields.first("host") ?? []
        }
        let host = String(decoding: bytes, as: UTF8.self).lowercased()
        if host.hasPrefix("[") { return String(host.prefix { $0 != "]" }.dropFirst()) }
        return String(host.prefix { $0 != ":" })
    }
}
