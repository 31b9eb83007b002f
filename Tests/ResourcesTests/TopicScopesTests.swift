import Testing

@testable import Resources

@Suite struct TopicScopesTests {
    @Test(arguments: [
        ("golden=a;other=b", ["a"]), ("other=b", ["a", "b", "c"]), ("golden=", []),
        (" golden = a , b ; other = c ", ["a", "b"]),
        ("golden=a;golden=b", ["a", "b"]), ("golden", ["a", "b", "c"]), ("Golden=a", ["a", "b", "c"]),
        ("", ["a", "b", "c"]),
        ("golden=A", []), ("golden=a=b", ["a"]), (";;golden=c;", ["c"]),
    ])
    func `an app that is mentioned has its own topics alone`(scopes: String, expected: [String]) {
        let publishing = TopicScopes(appID: "golden", publishingScopes: scopes)
        #expect(["a", "b", "c"].filter(publishing.mayPublish(to:)) == expected)
        #expect(["a", "b", "c"].allSatisfy(publishing.maySubscribe(to:)))
        let subscribing = TopicScopes(appID: "golden", subscriptionScopes: scopes)
        #expect(["a", "b", "c"].filter(subscribing.maySubscribe(to:)) == expected)
        #expect(["a", "b", "c"].allSatisfy(subscribing.mayPublish(to:)))
    }

    @Test func `a list of allowed topics is for everybody`() {
        let scopes = TopicScopes(appID: "golden", publishingScopes: "golden=a,c", allowedTopics: "a, b")
        #expect(["a", "b", "c"].filter(scopes.mayPublish(to:)) == ["a"])
        #expect(["a", "b", "c"].filter(scopes.maySubscribe(to:)) == ["a", "b"])
    }

    @Test func `a protected topic wants to be named`() {
        let scopes = TopicScopes(
            appID: "golden", publishingScopes: "golden=b,c", subscriptionScopes: "other=a", protectedTopics: "a,b")
        #expect(["a", "b", "c", "d"].filter(scopes.mayPublish(to:)) == ["b", "c"])
        #expect(["a", "b", "c", "d"].filter(scopes.maySubscribe(to:)) == ["c", "d"])
    }

    @Test func `the fields of a component are found in any case`() {
        let component = ResolvedComponent(
            spec: ComponentSpec(name: "p", type: "pubsub.redis"),
            properties: [.init(name: "PUBLISHINGSCOPES", value: "golden=a")])
        let scopes = TopicScopes(component, appID: "golden")
        #expect(["a", "b"].filter(scopes.mayPublish(to:)) == ["a"])
    }
}
