internal import Bytes
package import Rules

/// Where an event goes: the first rule that matches names the path; a rule without an expression always matches.
package struct RouteTable: Sendable {
    /// One line of the table.
    package struct Route: Sendable {
        /// Nil matches every event.
        package var rule: Rule?
        /// The path as the app gave it; empty means `/`.
        package var path: String
        /// The path as it is requested.
        let target: [UInt8]

        package init(rule: Rule?, path: String) {
            self.rule = rule
            self.path = path
            target = RouteTable.target(path)
        }
    }

    /// Where one event goes.
    package enum Outcome: Equatable {
        case path([UInt8])
        case noMatch
        /// A rule could not be evaluated; neither later rules nor the default are tried (spec 1.5).
        case error(String)
    }

    package let routes: [Route]
    /// Whether a rule looks into events, so that one has to be read before it is routed.
    package let needsEvent: Bool

    package init(_ routes: [Route]) {
        self.routes = routes
        needsEvent = routes.contains { $0.rule != nil }
    }

    /// Whether no event can ever match.
    package var isEmpty: Bool { routes.isEmpty }

    /// Finds the path of an event.
    package func route(_ event: () -> RuleEvent) -> Outcome {
        var made: RuleEvent?
        for route in routes {
            guard let rule = route.rule else { return .path(route.target) }
            let subject = made ?? event()
            made = subject
            do {
                if try rule.matches(subject) { return .path(route.target) }
            } catch {
                return .error(error.logged)
            }
        }
        return .noMatch
    }

    /// The request target of a path: cleaned, with a leading slash, what a URL may not hold escaped; a query stays, a fragment goes.
    static func target(_ path: String) -> [UInt8] {
        let withoutFragment = Array(path.utf8.prefix { $0 != 0x23 })
        let split = withoutFragment.firstIndex(of: 0x3F) ?? withoutFragment.count
        let path = [0x2F] + withoutFragment[..<split]
        var target = escaped(URLText.cleanPath(path.rawSpan))
        target.append(contentsOf: escaped(Array(withoutFragment[split...])))
        return target
    }

    private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for byte in bytes {
            if byte > 0x20, byte < 0x7F, !unsafeInURL.contains(byte) {
                result.append(byte)
            } else {
                result.append(0x25)
                result.append(upperDigit(byte >> 4))
                result.append(upperDigit(byte & 0xF))
            }
        }
        return result
    }

    private static func upperDigit(_ value: UInt8) -> UInt8 { value < 10 ? value + 0x30 : value + 0x37 }

    private static let unsafeInURL = Array(#""<>\^`{|}"#.utf8)
}
