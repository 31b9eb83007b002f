import Delivery
import Messaging
import MessagingTesting
import Resources
import Testing

@testable import Observability
@testable import Runtime

@Suite struct PoliciesTests {
    let clock = ManualScheduler()

    private func policies(
        _ spec: String, families: PolicyFamilies? = nil, report: @escaping (String) -> Void = { _ in }
    ) -> Policies {
        let text = "apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: {name: r}\nspec:\n" + spec
        let loaded = ResourceLoader.read(
            Array(text.utf8), file: "r.yaml", context: ResourceContext(appID: "app", environment: [:]))
        return Policies(loaded.resiliencySpecs, scheduler: clock, families: families, report: report)
    }

    @Test func `a target gets what it names in each direction`() {
        let policies = policies(
            """
              policies:
                timeouts: {t: 2s, none: 0s}
                retries:
                  r: {duration: 1s, maxRetries: 2, matching: {httpStatusCodes: "500"}}
                  e: {policy: exponential, maxInterval: 9s}
              targets: {components: {bus: {inbound: {timeout: t, retry: r}, outbound: {timeout: none, retry: e}}}}
            """)
        let inbound = policies.policy(of: "bus", .inbound)
        #expect(inbound?.timeout == .seconds(2))
        #expect(
            inbound?.retry
                == RetryPolicy(.constant(.seconds(1)), retries: 2, matching: CodeMatching(http: [500...500])))
        let outbound = policies.policy(of: "bus", .outbound)
        #expect(outbound?.timeout == nil)
        #expect(
            outbound?.retry
                == RetryPolicy(.growing(RetrySchedule(cap: .seconds(9)), jitter: 0.5), limit: .seconds(900)))
        #expect(policies.policy(of: "other", .inbound) == nil)
    }

    @Test func `a name that is nowhere is no policy`() {
        let policies = policies(
            "  policies: {retries: {r: {}}}\n  targets: {components: {bus: {inbound: {retry: other}}}}")
        #expect(policies.policy(of: "bus", .inbound) == nil)
    }

    @Test func `without a target the reserved names hold`() {
        let policies = policies("  policies: {timeouts: {DefaultComponentInboundTimeoutPolicy: 3s}}")
        #expect(policies.policy(of: "bus", .inbound)?.timeout == .seconds(3))
        #expect(policies.policy(of: "bus", .outbound) == nil)
    }

    @Test func `a component has one breaker of a policy, and another component another one`() throws {
        var lines: [String] = []
        let policies = policies(
            """
              policies: {circuitBreakers: {c: {timeout: 1s, trip: totalFailures >= 2}}}
              targets:
                components:
                  one: {inbound: {circuitBreaker: c}, outbound: {circuitBreaker: c}}
                  two: {inbound: {circuitBreaker: c}}
            """
        ) { lines.append($0) }
        let inbound = try #require(policies.policy(of: "one", .inbound)?.breaker)
        #expect(policies.policy(of: "one", .outbound)?.breaker === inbound)
        #expect(policies.policy(of: "two", .inbound)?.breaker !== inbound)
        for _ in 0..<2 {
            guard case .admitted(let ticket) = inbound.admit() else { return }
            inbound.ended(ticket: ticket, isSuccess: false)
        }
        clock.advance(by: .milliseconds(1001))
        _ = inbound.admit()
        #expect(
            lines == [
                "Circuit breaker \"c-one\" changed state from closed to open",
                "Circuit breaker \"c-one\" changed state from open to half-open",
            ])
    }

    @Test func `what policies do is counted under daprd's names`() throws {
        let registry = MetricRegistry(MetricSettings(appID: "app"))
        let families = PolicyFamilies(registry)
        families.resiliencyLoaded(name: "r", namespace: "")
        let policies = policies(
            """
              policies: {timeouts: {t: 1s}, retries: {r: {}}, circuitBreakers: {c: {trip: totalFailures >= 1}}}
              targets: {components: {bus: {outbound: {timeout: t, retry: r, circuitBreaker: c}}}}
            """, families: families)
        #expect(policies.policy(of: "other", .outbound) == nil)
        let policy = try #require(policies.policy(of: "bus", .outbound))
        let observer = try #require(policy.observer)
        let breaker = try #require(policy.breaker)
        observer.applied(policy)
        observer.timedOut()
        for _ in 0..<2 { observer.retried() }
        guard case .admitted(let ticket) = breaker.admit(for: observer) else { return }
        breaker.ended(ticket: ticket, isSuccess: false, for: observer)
        observer.applied(policy)
        var page = MetricPage()
        PolicyFamilies.writeStates(policies.metrics, to: &page)
        let lines = String(decoding: registry.page() + page.bytes, as: UTF8.self).split(separator: "\n")
        func value(_ name: String, _ policy: String, _ status: String = "") -> Substring? {
            let labels =
                #"app_id="app",flow_direction="outbound",name="r",namespace="",policy="\#(policy)",status="\#(status)",target="Pubsub_bus""#
            let head = "dapr_resiliency_\(name){\(labels)} "
            return lines.first { $0.hasPrefix(head) }?.dropFirst(head.count)
        }
        #expect(lines.contains(#"dapr_resiliency_loaded{app_id="app",name="r",namespace=""} 1"#))
        #expect(value("count", "timeout") == "2" && value("count", "retry") == "2")
        #expect(value("count", "circuitbreaker", "closed") == "1" && value("count", "circuitbreaker", "open") == "1")
        #expect(value("activations_total", "timeout") == "1" && value("activations_total", "retry") == "2")
        #expect(value("activations_total", "circuitbreaker", "open") == "1")
        let states = ["closed", "half-open", "open", "unknown"].map { value("cb_state", "circuitbreaker", $0) }
        #expect(states == ["0", "0", "1", "0"])
    }
}
