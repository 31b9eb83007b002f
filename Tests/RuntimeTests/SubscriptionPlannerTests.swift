import Delivery
import Events
import Messaging
import Resources
import Testing

@testable import Runtime

@Suite struct SubscriptionPlannerTests {
    private func spec(_ delivery: String, deadLetter: String = "dead") throws -> SubscriptionSpec {
        let text =
            #"[{"pubsubname":"bus","topic":"t","route":"/t","deadLetterTopic":"\#(deadLetter)","delivery":\#(delivery)}]"#
        let list = try ProgrammaticSubscriptions.parse(body: Array(text.utf8))
        return try #require(list.subscriptions.first)
    }

    @Test func `a delivery block becomes the rules of its subscription`() throws {
        let spec = try spec(
            #"{"schedule":{"initial":"1s","factor":3,"cap":"9s","jitter":0.1},"attempts":4,"deadline":"2s","#
                + #""outcome":{"404":"retry","5xx":"deadLetter","error":"drop"},"retryAfter":"honour","#
                + #""concurrency":3,"rate":7,"order":"topic"}"#)
        let plan = try SubscriptionPlanner.plan(spec, bounds: SubscriptionBounds())
        let schedule = RetrySchedule(first: .seconds(1), growthPercent: 300, cap: .seconds(9))
        let expected = DeliveryRules(
            retry: RetryPolicy(.growing(schedule, jitter: 0.1), retries: 3, countsEarlierAttempts: true),
            deadline: .seconds(2),
            outcomes: OutcomeTable(statuses: [404: .retry], classes: [5: .deadLetter], noAnswer: .drop),
            honoursRetryAfter: true, callsPerSecond: 7, order: .topic)
        #expect(plan.rules == expected)
        #expect(plan.bounds.concurrency == 3)
    }

    @Test func `without a block there are no rules`() throws {
        let plan = try SubscriptionPlanner.plan(spec("null"), bounds: SubscriptionBounds())
        #expect(plan.rules == nil)
    }

    @Test(arguments: [
        (#"{"attempts":0}"#, "dead", "delivery.attempts: is no whole number"),
        (#"{"outcome":{"500":"deadLetter"}}"#, "", "deadLetter needs a deadLetterTopic"),
        (#"{"outcome":{"500":"deadLetter"}}"#, "t", "deadLetter needs a deadLetterTopic"),
    ])
    func `a block that cannot be kept stops its subscription`(
        delivery: String, deadLetter: String, reason: String
    ) throws {
        let spec = try spec(delivery, deadLetter: deadLetter)
        let error = #expect(throws: SubscriptionPlanner.Failure.self) {
            try SubscriptionPlanner.plan(spec, bounds: SubscriptionBounds())
        }
        #expect(error.map { "\($0)".contains(reason) } == true)
    }
}
