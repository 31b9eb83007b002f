/// All Resiliency resources of this app as one: of several policies or targets with one name the later one counts (spec 4.2).
package struct ResiliencySet: Sendable, Equatable {
    /// Whether a component is called or calls.
    package enum Direction: String, Sendable {
        case inbound = "Inbound"
        case outbound = "Outbound"
    }

    package private(set) var timeouts: [String: Duration] = [:]
    package private(set) var retries: [String: ResiliencySpec.Retry] = [:]
    package private(set) var circuitBreakers: [String: ResiliencySpec.Breaker] = [:]
    private var components: [String: ResiliencySpec.Component] = [:]

    /// - Parameter specs: in load order.
    package init(_ specs: [ResiliencySpec] = []) {
        for spec in specs {
            timeouts.merge(spec.timeouts) { $1 }
            retries.merge(spec.retries) { $1 }
            circuitBreakers.merge(spec.circuitBreakers) { $1 }
            components.merge(spec.components) { $1 }
        }
    }

    /// Whether no policy can hold for anything.
    package var isEmpty: Bool { timeouts.isEmpty && retries.isEmpty && circuitBreakers.isEmpty }

    /// The names of the policies that hold for a component: those of its target, else the reserved names, the most specific first (spec 4.3).
    /// - Parameter kind: as reserved names have it, such as `Pubsub`.
    package func names(component: String, kind: String, _ direction: Direction) -> ResiliencySpec.Names {
        if let target = components[component] { return direction == .inbound ? target.inbound : target.outbound }
        let levels = ["\(kind)Component\(direction.rawValue)", "Component\(direction.rawValue)", "Component", ""]
        func first(_ suffix: String, _ isKnown: (String) -> Bool) -> String {
            levels.map { "Default\($0)\(suffix)" }.first(where: isKnown) ?? ""
        }
        return ResiliencySpec.Names(
            timeout: first("TimeoutPolicy") { timeouts[$0] != nil },
            retry: first("RetryPolicy") { retries[$0] != nil },
            circuitBreaker: first("CircuitBreakerPolicy") { circuitBreakers[$0] != nil })
    }

    /// Names of policies that are nowhere defined, and targets that are probably misspelt; daprd says nothing of either.
    package func findings(in specs: [ResiliencySpec], components known: [String]) -> [Finding] {
        var findings: [Finding] = []
        for spec in specs {
            for (name, target) in spec.components.sorted(by: { $0.key < $1.key }) {
                let path = "spec.targets.components.\(name)"
                check(target.inbound, "\(path).inbound", spec, &findings)
                check(target.outbound, "\(path).outbound", spec, &findings)
                guard !known.contains(name) else { continue }
                let hint = NearestName.hint(for: name, among: known)
                let text = "no component of this app is called \(name)" + hint
                findings.append(
                    Finding(
                        hint.isEmpty ? .info : .warning, file: spec.file, line: target.line, resource: spec.name,
                        field: path, text))
            }
            for name in spec.retries.keys.sorted() where name.hasPrefix("DaprBuiltIn") {
                let text = "\(name) has no effect: what daprd tries again by it is not there, or has fixed waits"
                findings.append(
                    Finding(
                        .info, file: spec.file, line: spec.line, resource: spec.name,
                        field: "spec.policies.retries.\(name)", text))
            }
            for (name, target) in spec.apps.sorted(by: { $0.key < $1.key }) {
                check(target, "spec.targets.apps.\(name)", spec, &findings)
            }
        }
        return findings
    }

    private func check(
        _ names: ResiliencySpec.Names, _ path: String, _ spec: ResiliencySpec, _ findings: inout [Finding]
    ) {
        func check(_ name: String, _ field: String, _ known: [String]) {
            guard !name.isEmpty, !known.contains(name) else { return }
            let text = "no policy is called \(name), so there is none" + NearestName.hint(for: name, among: known)
            findings.append(
                Finding(
                    .warning, file: spec.file, line: names.line, resource: spec.name, field: "\(path).\(field)", text))
        }
        check(names.timeout, "timeout", timeouts.keys.sorted())
        check(names.retry, "retry", retries.keys.sorted())
        check(names.circuitBreaker, "circuitBreaker", circuitBreakers.keys.sorted())
    }
}
