import Testing

@testable import Resources

@Suite struct ResiliencyTests {
    private func load(_ spec: String, name: String = "res", top: String = "") -> LoadedResources {
        let text = """
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata:
              name: \(name)
            \(top)
            spec:
            """
        return ResourceLoader.read(
            Array((text + "\n" + spec).utf8), file: "r.yaml",
            context: ResourceContext(appID: "app", environment: [:]))
    }

    private func policies(_ text: String) -> LoadedResources {
        load("  policies:\n" + text.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n"))
    }

    @Test func `everything that a Resiliency may say is read`() throws {
        let loaded = load(
            """
              policies:
                timeouts: {general: 5s, short: 500}
                retries:
                  r1:
                    policy: constant
                    duration: 50ms
                    maxRetries: 0
                    matching: {httpStatusCodes: "429,500-599", gRPCStatusCodes: "4,8-14"}
                  r2: {policy: Exponential, maxInterval: 10s}
                circuitBreakers:
                  c: {maxRequests: 2, interval: 8s, timeout: 30s, trip: consecutiveFailures > 1}
              targets:
                apps: {other: {timeout: general, circuitBreakerCacheSize: 10}}
                actors: {a: {retry: r1, circuitBreaker: c, circuitBreakerScope: both}}
                components:
                  orders:
                    inbound: {timeout: general, retry: r1, circuitBreaker: c}
                    outbound: {retry: r2}
            """)
        let spec = try #require(loaded.resiliencySpecs.first)
        #expect(spec.timeouts == ["general": .seconds(5), "short": .milliseconds(500)])
        var first = ResiliencySpec.Retry()
        first.duration = .milliseconds(50)
        first.maxRetries = 0
        first.httpStatusCodes = [429...429, 500...599]
        first.grpcStatusCodes = [4...4, 8...14]
        var second = ResiliencySpec.Retry()
        second.isExponential = true
        second.maxInterval = .seconds(10)
        #expect(spec.retries == ["r1": first, "r2": second])
        var breaker = ResiliencySpec.Breaker()
        breaker.maxRequests = 2
        breaker.interval = .seconds(8)
        breaker.timeout = .seconds(30)
        breaker.trip = "consecutiveFailures > 1"
        #expect(spec.circuitBreakers == ["c": breaker])
        #expect(spec.components["orders"]?.inbound.retry == "r1")
        #expect(spec.components["orders"]?.outbound.retry == "r2")
        #expect(spec.apps["other"]?.timeout == "general")
        #expect(loaded.findings.map(\.severity) == [.info], "only that no component is called orders")
    }

    @Test func `what is not given is as daprd has it`() {
        let retry = ResiliencySpec.Retry()
        #expect(retry.duration == .seconds(5) && retry.maxRetries == -1 && retry.maxInterval == .seconds(60))
        let loaded = policies("retries: {r: {maxRetries: null}}")
        #expect(loaded.resiliencySpecs.first?.retries == ["r": retry])
        #expect(loaded.findings.isEmpty)
    }

    struct Broken: Sendable, CustomTestStringConvertible {
        var policies: String
        var field: String
        var line: Int
        var text: String
        var testDescription: String { policies }
    }

    static let broken: [Broken] = [
        Broken(
            policies: "retries:\n  r:\n    policy: constant\n    duration: soon", field: "retries.r.duration", line: 11,
            text: #"invalid retry configuration "r": error decoding 'duration': invalid duration "soon""#),
        Broken(
            policies: "retries:\n  r: {policy: constnat}", field: "retries.r.policy", line: 9,
            text: "unexpected back off policy type: constnat; did you mean constant?"),
        Broken(
            policies: #"retries: {r: {matching: {httpStatusCodes: "99"}}}"#, field: "retries.r.matching", line: 8,
            text: "invalid pattern 99; write codes from 100 to 599"),
        Broken(
            policies: #"retries: {r: {matching: {httpStatusCodes: "599-500"}}}"#, field: "retries.r.matching", line: 8,
            text: "invalid pattern 599-500"),
        Broken(
            policies: #"retries: {r: {matching: {httpStatusCodes: "500-501-502"}}}"#, field: "retries.r.matching",
            line: 8, text: "invalid pattern 500-501-502"),
        Broken(
            policies: #"retries: {r: {matching: {gRPCStatusCodes: "4,17"}}}"#, field: "retries.r.matching", line: 8,
            text: "invalid pattern 17; write codes from 0 to 16"),
        Broken(
            policies: "timeouts:\n  t: later", field: "timeouts.t", line: 9,
            text: #"invalid duration "t", later: time: invalid duration "later""#),
        Broken(
            policies: "circuitBreakers: {c: {trip: consecutiveFailures >}}", field: "circuitBreakers.c.trip", line: 8,
            text: #"invalid circuit breaker configuration "c": error decoding 'trip': invalid expression"#),
        Broken(
            policies: "circuitBreakers: {c: {trip: 'unknown(requests)'}}", field: "circuitBreakers.c.trip", line: 8,
            text: "invalid expression"),
        Broken(
            policies: "circuitBreakers: {c: {maxRequests: -1}}", field: "circuitBreakers.c.maxRequests", line: 8,
            text: "-1 is below zero"),
    ]

    @Test(arguments: broken)
    func `a value that makes no sense leaves the resource out, with its place`(row: Broken) throws {
        let loaded = policies(row.policies)
        #expect(loaded.resiliencySpecs.isEmpty)
        #expect(loaded.resiliencies.map(\.name) == ["res"])
        let finding = try #require(loaded.findings.first)
        #expect(finding.severity == .error)
        #expect(finding.field == "spec.policies." + row.field)
        #expect(finding.line == row.line)
        #expect(finding.message.hasPrefix("Could not read resiliency policy res: "))
        #expect(finding.message.contains(row.text), "\(finding.message)")
    }

    @Test func `all that is wrong is told at once`() {
        let loaded = policies("timeouts: {t: x}\nretries: {r: {duration: y, maxInterval: z}}")
        #expect(loaded.findings.count == 3)
    }

    @Test(arguments: [
        ("consecutiveFailure > 5", "no such attribute(s): consecutiveFailure; did you mean consecutiveFailures?"),
        ("event.requests > 5", "no such attribute(s): event"), ("totalFailures + 1", "was not a boolean"),
    ])
    func `a condition that can never hold is told, and the rest is used`(trip: String, text: String) throws {
        let loaded = policies("circuitBreakers: {c: {trip: '\(trip)'}}")
        #expect(loaded.resiliencySpecs.count == 1)
        let finding = try #require(loaded.findings.first)
        #expect(finding.severity == .warning && finding.message.contains(text), "\(finding.message)")
    }

    @Test(arguments: [
        "consecutiveFailures > 5", "requests > 10 && totalFailures / requests >= 1", "totalFailures * 2 > requests",
        "totalFailures % 3 == 0",
    ])
    func `conditions count with whole numbers`(trip: String) {
        let loaded = policies("circuitBreakers: {c: {trip: '\(trip)'}}")
        #expect(loaded.findings.isEmpty)
        #expect(loaded.resiliencySpecs.count == 1)
    }

    @Test func `a policy that is nowhere is told with the nearest name, and a field too`() {
        let loaded = load(
            """
              policies: {retries: {pubsubRetry: {duraton: 5s}}}
              targets: {components: {c: {inbound: {retry: pubsubRetri, timeout: t}, inbuond: {}}}}
            """)
        let texts = loaded.findings.filter { $0.severity == .warning }.map(\.message)
        #expect(texts.contains("no policy is called pubsubRetri, so there is none; did you mean pubsubRetry?"))
        #expect(texts.contains("no policy is called t, so there is none"))
        #expect(texts.contains("unknown field, it has no effect; did you mean duration?"))
        #expect(texts.contains("unknown field, it has no effect; did you mean inbound?"))
    }

    @Test func `scopes leave a resource out`() {
        #expect(load("  policies: {}", top: "scopes: [other]").resiliencySpecs.isEmpty)
        #expect(load("  policies: {}", top: "scopes: [app]").resiliencySpecs.count == 1)
    }

    // MARK: All together

    private func set(_ specs: [String]) -> ResiliencySet {
        ResiliencySet(specs.enumerated().flatMap { load($1, name: "r\($0)").resiliencySpecs })
    }

    @Test func `a later resource overrides policies and targets of the same name`() {
        let set = set([
            "  policies: {timeouts: {t: 1s, u: 2s}}\n  targets: {components: {c: {inbound: {timeout: t}}}}",
            "  policies: {timeouts: {t: 9s}}\n  targets: {components: {c: {outbound: {timeout: u}}}}",
        ])
        #expect(set.timeouts == ["t": .seconds(9), "u": .seconds(2)])
        #expect(set.names(component: "c", kind: "Pubsub", .inbound).timeout.isEmpty)
        #expect(set.names(component: "c", kind: "Pubsub", .outbound).timeout == "u")
    }

    @Test(
        arguments: [
            (["DefaultPubsubComponentInboundRetryPolicy", "DefaultComponentInboundRetryPolicy"], 0),
            (["DefaultComponentInboundRetryPolicy", "DefaultComponentRetryPolicy"], 0),
            (["DefaultRetryPolicy", "DefaultComponentRetryPolicy"], 1),
            (["DefaultRetryPolicy", "DefaultPubsubComponentOutboundRetryPolicy"], 0),
            (["DefaultBindingComponentInboundRetryPolicy"], nil),
        ] as [([String], Int?)])
    func `the most specific reserved name holds where there is no target`(names: [String], chosen: Int?) {
        let retries = names.map { "\($0): {}" }.joined(separator: ", ")
        let set = set(["  policies: {retries: {\(retries)}}\n  targets: {components: {other: {}}}"])
        let expected = chosen.map { names[$0] } ?? ""
        #expect(set.names(component: "c", kind: "Pubsub", .inbound).retry == expected)
        #expect(set.names(component: "other", kind: "Pubsub", .inbound).retry.isEmpty)
    }
}
