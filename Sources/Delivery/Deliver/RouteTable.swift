package import Rules

/// Where an event goes: the first rule that matches names the path; a rule without an expression always matches.
package struct RouteTable: Sendable {
    /// One line of the table.
    package struct Route: Sendable {
        /// Nil matches every event.
        package var rule: Rule?
        /// The path as the app gave it; empty means `/`.
        package var path: String

        package init(rule: Rule?, path: String) {
            self.rule = rule
            self.path = path
        }
    }

    /// Where one event goes.
    package enum Outcome: Equatable {
        case path(String)
        case noMatch
        /// A rule could not be evaluated; neither later rules nor the default are tried (spec 1.5).
        case error(String)
    }

    private let routes: [Route]
    /// Whether a rule looks into events, so that one has to be read before it is routed.
    package let needsEvent: Bool

    package init(_ routes: [Route]) {
        self.routes = routes.map { Route(rule: $0.rule, path: RouteTable.normalised($0.path)) }
        needsEvent = routes.contains { $0.rule != nil }
    }

    /// Whether no event can ever match.
    package var isEmpty: Bool { routes.isEmpty }

    /// Finds the path of an event.
    package func route(_ event: () -> RuleEvent) -> Outcome {
        var made: RuleEvent?
        for route in routes {
            guard let rule = route.rule else { return .path(route.path) }
            let subject = made ?? event()
            made = subject
            do {
                if try rule.matches(subject) { return .path(route.path) }
            } catch {
                return .error("\(error)")
            }
        }
        return .noMatch
    }

    /// The path as it is requested: with a leading slash.
    private static func normalised(_ path: String) -> String { path.hasPrefix("/") ? path : "/" + path }
}
