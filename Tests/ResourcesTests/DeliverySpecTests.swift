import Events
import Testing

@testable import Resources

@Suite struct DeliverySpecTests {
    private func load(_ delivery: String, version: String = "v1alpha1") -> LoadedResources {
        let route = version == "v1alpha1" ? "route: /t" : "routes: {default: /t}"
        let text = """
            apiVersion: dapr.io/\(version)
            kind: Subscription
            metadata: {name: s}
            spec:
              pubsubname: bus
              topic: t
              \(route)
              deadLetterTopic: dead
              delivery:
            """
        let lines = delivery.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
        return ResourceLoader.read(
            Array((text + "\n" + lines).utf8), file: "s.yaml",
            context: ResourceContext(appID: "app", environment: [:]))
    }

    private static let all = """
        schedule: {initial: 1s, factor: 2, cap: 10m, jitter: 0.2}
        attempts: 5
        deadline: 10s
        outcome: {404: retry, 5xx: retry, "4xx": deadLetter, 410: drop, 409: success, error: retry}
        retryAfter: honour
        concurrency: 8
        rate: 50.5
        order: key
        """

    private static var expected: DeliverySpec {
        var spec = DeliverySpec()
        var schedule = DeliverySpec.Schedule()
        schedule.initial = .seconds(1)
        schedule.factorPercent = 200
        schedule.cap = .seconds(600)
        schedule.jitter = 0.2
        spec.schedule = schedule
        spec.attempts = 5
        spec.deadline = .seconds(10)
        spec.statuses = [404: .retry, 410: .drop, 409: .success]
        spec.classes = [5: .retry, 4: .deadLetter]
        spec.noAnswer = .retry
        spec.honoursRetryAfter = true
        spec.concurrency = 8
        spec.rate = 50.5
        spec.order = .key
        return spec
    }

    @Test(arguments: ["v1alpha1", "v2alpha1"])
    func `a resource may say how its events are delivered`(version: String) {
        let loaded = load(Self.all, version: version)
        #expect(loaded.subscriptions.first?.delivery == Self.expected)
        #expect(loaded.findings.isEmpty)
    }

    @Test func `an app may say the same in its own list`() throws {
        let body = """
            [{"pubsubname":"bus","topic":"t","route":"/t","delivery":{"schedule":{"initial":"1s","factor":2,"cap":"10m",
            "jitter":0.2},"attempts":5,"deadline":"10s","outcome":{"404":"retry","5xx":"retry","4xx":"deadLetter",
            "410":"drop","409":"success","error":"retry"},"retryAfter":"honour","concurrency":8,"rate":50.5,"order":"key"},"deadLetterTopic":"dead"},
            {"pubsubname":"bus","topic":"u","route":"/u","delivery":null}]
            """
        let list = try ProgrammaticSubscriptions.parse(body: Array(body.utf8))
        #expect(list.subscriptions.first?.delivery == Self.expected)
        #expect(list.subscriptions.last?.delivery == nil)
    }

    @Test func `what is not given is as without the block`() {
        let spec = load("attempts: 3").subscriptions.first?.delivery
        #expect(spec?.retries == true && spec?.schedule == nil && spec?.order == nil && spec?.deadline == nil)
        #expect(load("{}").subscriptions.first?.delivery == DeliverySpec())
    }

    struct Broken: Sendable, CustomTestStringConvertible {
        var text: String
        var field: String
        var line = 10
        var reason: String
        var testDescription: String { text }
    }

    static let broken: [Broken] = [
        Broken(text: "attempts: 0", field: "attempts", reason: "is no whole number from 1 to 1000000"),
        Broken(text: "attempts: '5'", field: "attempts", reason: "is no whole number"),
        Broken(
            text: "attempts: 5\nschedule:\n  initial: soon", field: "schedule.initial", line: 12,
            reason: "is no duration above zero"),
        Broken(text: "schedule: {initial: 500}", field: "schedule.initial", reason: "write one with its unit"),
        Broken(text: "schedule: {initial: 5m, cap: 1m}", field: "schedule.cap", reason: "is shorter than"),
        Broken(text: "schedule: {factor: 0.5}", field: "schedule.factor", reason: "is no number from 1 up to 100"),
        Broken(text: "schedule: {jitter: 2}", field: "schedule.jitter", reason: "is no number from 0 up to 1"),
        Broken(text: "schedule: {intial: 5m}", field: "schedule.intial", reason: "did you mean initial?"),
        Broken(text: "schedule: 5s", field: "schedule", reason: "is no object"),
        Broken(text: "deadline: 0s", field: "deadline", reason: "is no duration above zero"),
        Broken(text: "outcome: {404: retyr}", field: "outcome.404", reason: "did you mean retry?"),
        Broken(text: "outcome: {6xx: retry}", field: "outcome.6xx", reason: "is no status"),
        Broken(text: "outcome: {99: retry}", field: "outcome.99", reason: "is no status"),
        Broken(text: "retryAfter: yes", field: "retryAfter", reason: "is none of honour, ignore"),
        Broken(text: "concurrency: 100000", field: "concurrency", reason: "is no whole number from 1 to 2048"),
        Broken(text: "rate: 0", field: "rate", reason: "is no number above 0 up to 1000000"),
        Broken(text: "order: keys", field: "order", reason: "is none of key, none, topic; did you mean key?"),
        Broken(text: "retries: 3", field: "retries", reason: "unknown field"),
    ]

    @Test(arguments: broken)
    func `a value that cannot be used is a fault with its place`(row: Broken) throws {
        let loaded = load(row.text)
        let finding = try #require(loaded.findings.first)
        #expect(finding.severity == .error && finding.line == row.line, "\(finding)")
        #expect(finding.field == "spec.delivery." + row.field)
        #expect(finding.message.contains(row.reason), "\(finding.message)")
        #expect(loaded.subscriptions.first?.delivery?.faults.count == loaded.findings.count)
    }

    @Test(arguments: [
        #""outcome":{"500":"deadLetter"}"#, #""outcome":{"error":"deadletter"}"#, #""order":"x","rate":-1"#,
    ])
    func `what is wrong in an app's own list is told entry by entry`(delivery: String) throws {
        let body = #"[{"pubsubname":"bus","topic":"t","route":"/t","deadLetterTopic":"t","delivery":{\#(delivery)}}]"#
        let list = try ProgrammaticSubscriptions.parse(body: Array(body.utf8))
        #expect(list.findings.map(\.severity) == (delivery.contains("rate") ? [.error, .error] : [.error]))
        let all = list.findings.allSatisfy { $0.message.hasPrefix("subscription to topic t on pubsub bus: ") }
        #expect(all)
    }

    @Test func `a block that is no object is a fault`() {
        #expect(load("- a").subscriptions.first?.delivery?.faults.first?.field == "delivery")
    }
}
