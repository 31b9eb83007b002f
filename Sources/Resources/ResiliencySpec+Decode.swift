internal import Bytes
internal import Rules
internal import YAML

/// A value of a Resiliency that cannot be used, said as daprd says it where it has words.
struct ResiliencyFault {
    var severity = Finding.Severity.error
    var field: String
    var mark: Mark
    var text: String
}

extension ResiliencySpec {
    /// Reads a Resiliency. What is of the wrong kind is noted in the reader; values that make no sense are faults, and with one of them the
    /// whole resource is not used, as in daprd.
    init(
        _ root: DocumentReader.Object, header: ResourceHeader, _ reader: inout DocumentReader,
        _ faults: inout [ResiliencyFault]
    ) {
        self.init(name: header.name)
        namespace = header.namespace
        file = header.file
        line = header.line
        reader.noteUnknown(root, .resiliency)
        var top = root
        top.owner = "Resiliency"
        scopes = reader.texts(top, "scopes")
        let spec = reader.object(top, "spec", owner: "ResiliencySpec", type: "v1alpha1.ResiliencySpec")
        reader.noteUnknown(spec, .resiliency)
        readPolicies(spec, &reader, &faults)
        readTargets(spec, &reader, &faults)
    }

    // MARK: Policies

    private mutating func readPolicies(
        _ spec: DocumentReader.Object, _ reader: inout DocumentReader, _ faults: inout [ResiliencyFault]
    ) {
        let policies = reader.object(spec, "policies", owner: "Policies", type: "v1alpha1.Policies")
        reader.noteUnknown(policies, .resiliency)
        let given = reader.object(policies, "timeouts", owner: "Policies", type: "map[string]string")
        for (name, object) in given.each() {
            let text = reader.text(object, name)
            let place = PolicyPlace("invalid duration \"\(name)\", \(text)", given.path(of: name), object, reader)
            timeouts[name] = place.timeout(text, &faults) ?? .zero
        }
        for (name, retry) in reader.named(policies, "retries", "Retry") {
            let place = PolicyPlace("invalid retry configuration \"\(name)\"", retry.path, retry, reader)
            retries[name] = ResiliencySpec.retry(retry, place, &reader, &faults)
        }
        for (name, breaker) in reader.named(policies, "circuitBreakers", "CircuitBreaker") {
            let place = PolicyPlace("invalid circuit breaker configuration \"\(name)\"", breaker.path, breaker, reader)
            circuitBreakers[name] = ResiliencySpec.breaker(breaker, place, &reader, &faults)
        }
    }

    private static func retry(
        _ object: DocumentReader.Object, _ place: PolicyPlace, _ reader: inout DocumentReader,
        _ faults: inout [ResiliencyFault]
    ) -> Retry {
        reader.noteUnknown(object, .resiliency, at: "spec.policies.retries.*")
        var retry = Retry()
        let policy = reader.text(object, "policy")
        switch policy.lowercased() {
        case "", "constant": break
        case "exponential": retry.isExponential = true
        default:
            let hint = NearestName.hint(for: policy, among: ["constant", "exponential"])
            place.fault("policy", "unexpected back off policy type: \(policy)" + hint, &faults)
        }
        retry.duration = place.duration(reader.text(object, "duration"), "duration", &faults) ?? retry.duration
        let longest = place.duration(reader.text(object, "maxInterval"), "maxInterval", &faults)
        retry.maxInterval = longest ?? retry.maxInterval
        if object.isPresent("maxRetries") { retry.maxRetries = reader.integer(object, "maxRetries") }
        let matching = reader.object(object, "matching", owner: "RetryMatching", type: "v1alpha1.RetryMatching")
        reader.noteUnknown(matching, .resiliency, at: "spec.policies.retries.*.matching")
        retry.httpStatusCodes = place.codes(reader.text(matching, "httpStatusCodes"), .http, &faults)
        retry.grpcStatusCodes = place.codes(reader.text(matching, "gRPCStatusCodes"), .grpc, &faults)
        return retry
    }

    private static func breaker(
        _ object: DocumentReader.Object, _ place: PolicyPlace, _ reader: inout DocumentReader,
        _ faults: inout [ResiliencyFault]
    ) -> Breaker {
        reader.noteUnknown(object, .resiliency, at: "spec.policies.circuitBreakers.*")
        var breaker = Breaker()
        breaker.maxRequests = reader.integer(object, "maxRequests")
        if breaker.maxRequests < 0 { place.fault("maxRequests", "\(breaker.maxRequests) is below zero", &faults) }
        breaker.interval = place.duration(reader.text(object, "interval"), "interval", &faults) ?? breaker.interval
        breaker.timeout = place.duration(reader.text(object, "timeout"), "timeout", &faults) ?? breaker.timeout
        breaker.trip = reader.text(object, "trip")
        place.check(trip: breaker.trip, &faults)
        return breaker
    }

    // MARK: Targets

    private mutating func readTargets(
        _ spec: DocumentReader.Object, _ reader: inout DocumentReader, _ faults: inout [ResiliencyFault]
    ) {
        let targets = reader.object(spec, "targets", owner: "Targets", type: "v1alpha1.Targets")
        reader.noteUnknown(targets, .resiliency)
        for (name, app) in reader.named(targets, "apps", "EndpointPolicyNames") {
            reader.noteUnknown(app, .resiliency, at: "spec.targets.apps.*")
            apps[name] = ResiliencySpec.names(app, &reader)
            _ = reader.integer(app, "circuitBreakerCacheSize")
        }
        for (name, actor) in reader.named(targets, "actors", "ActorPolicyNames") {
            reader.noteUnknown(actor, .resiliency, at: "spec.targets.actors.*")
            let scope = reader.text(actor, "circuitBreakerScope")
            let place = PolicyPlace("actor \(name)", actor.path, actor, reader)
            if scope.isEmpty, !reader.text(actor, "circuitBreaker").isEmpty {
                place.fault("circuitBreakerScope", "actor circuit breakers must include scope", &faults)
            } else if !["", "type", "id", "both"].contains(scope) {
                place.fault("circuitBreakerScope", "unknown circuit breaker scope value \"\(scope)\"", &faults)
            }
        }
        for (name, component) in reader.named(targets, "components", "ComponentPolicyNames") {
            reader.noteUnknown(component, .resiliency, at: "spec.targets.components.*")
            var policies = Component()
            policies.line = component.mark.line + reader.lineOffset
            for (direction, field) in [(\Component.inbound, "inbound"), (\Component.outbound, "outbound")] {
                let object = reader.object(component, field, owner: "PolicyNames", type: "v1alpha1.PolicyNames")
                reader.noteUnknown(object, .resiliency, at: "spec.targets.components.*.\(field)")
                policies[keyPath: direction] = ResiliencySpec.names(object, &reader)
            }
            components[name] = policies
        }
    }

    private static func names(_ object: DocumentReader.Object, _ reader: inout DocumentReader) -> Names {
        Names(
            timeout: reader.text(object, "timeout"), retry: reader.text(object, "retry"),
            circuitBreaker: reader.text(object, "circuitBreaker"), line: object.mark.line + reader.lineOffset)
    }
}

extension DocumentReader.Object {
    /// Each entry of a mapping whose keys are names of the user's, as an object with that one field.
    func each() -> [(name: String, object: DocumentReader.Object)] {
        entries.map { entry in
            (entry.key, DocumentReader.Object(owner: owner, path: path, entries: [entry], mark: entry.value.mark))
        }
    }

    /// Whether a field is there and not null.
    func isPresent(_ field: String) -> Bool {
        guard let node = value(field) else { return false }
        return node.scalar?.value(.resources) != .null
    }
}

extension DocumentReader {
    /// The objects in a mapping whose keys are names of the user's.
    fileprivate mutating func named(_ parent: Object, _ field: String, _ type: String) -> [(String, Object)] {
        let all = object(parent, field, owner: parent.owner, type: "map[string]v1alpha1." + type)
        return all.each().map { name, single in (name, object(single, name, owner: type, type: "v1alpha1." + type)) }
    }
}
