import Testing

@testable import Resources

@Suite struct ProgrammaticSubscriptionsTests {
    private func message(_ body: String) -> String? {
        do throws(ProgrammaticSubscriptions.Malformed) {
            _ = try ProgrammaticSubscriptions.parse(body: Array(body.utf8))
            return nil
        } catch {
            return error.message
        }
    }

    @Test(arguments: ["", "null", "[]", "[] x", " null"])
    func `an answer without entries is none`(body: String) throws {
        #expect(try ProgrammaticSubscriptions.parse(body: Array(body.utf8)) == ProgrammaticSubscriptions())
    }

    @Test(arguments: [
        ("{}", "object into Go value of type []pubsub.SubscriptionJSON"),
        ("5", "number into Go value of type []pubsub.SubscriptionJSON"),
        ("[5]", "number into Go value of type pubsub.SubscriptionJSON"),
        (#"[{"topic":5}]"#, "number into Go struct field SubscriptionJSON.topic of type string"),
        (#"[{"routes":"x"}]"#, "string into Go struct field SubscriptionJSON.routes of type pubsub.RoutesJSON"),
        (
            #"[{"routes":{"rules":[{"path":true}]}}]"#,
            "bool into Go struct field RuleJSON.routes.rules.path of type string"
        ),
        (
            #"[{"bulkSubscribe":{"maxMessagesCount":1.5}}]"#,
            "number 1.5 into Go struct field BulkSubscribeJSON.bulkSubscribe.maxMessagesCount of type int32"
        ),
        (#"[{"metadata":{"a":{}}}]"#, "object into Go struct field SubscriptionJSON.metadata of type string"),
    ])
    func `one value of the wrong type spoils the list`(body: String, expected: String) {
        #expect(message(body) == "error getting topics from app: json: cannot unmarshal " + expected)
    }

    @Test func `a body that is no JSON is refused without its text`() {
        #expect(message("[{hunter2")?.hasPrefix("error getting topics from app: ") == true)
        #expect(message("[{hunter2")?.contains("hunter2") == false)
    }

    @Test func `names have no case, the last of equal ones counts, and the default of the routes beats the route`()
        throws
    {
        let body =
            #"[{"PubSubName":"p","pubsubname":"q","TOPIC":"t","Route":"/r","routes":{"DEFAULT":"/d"},"bulksubscribe":{"Enabled":true}}]"#
        let list = try ProgrammaticSubscriptions.parse(body: Array(body.utf8)).subscriptions
        #expect(list.map(\.pubsubName) == ["q"])
        #expect(list.first?.effectiveRules == [.init(match: "", path: "/d")])
        #expect(list.first?.bulk.isEnabled == true)
        #expect(list.first?.origin == .programmatic)
    }

    @Test func `programmatic beats declarative, and of declarative ones the first counts`() {
        var first = SubscriptionSpec(pubsubName: "p", topic: "a")
        first.defaultPath = "/first"
        var second = first
        second.defaultPath = "/second"
        let other = SubscriptionSpec(pubsubName: "p", topic: "b")
        var app = other
        app.origin = .programmatic
        let merged = SubscriptionSpec.merge(declarative: [first, second, other], programmatic: [app])
        #expect(merged == [first, app])
    }
}
