internal import Messaging

extension ResourceDeclaration {
    /// What is done where calls fail: policies by name, and who uses which (spec 4.2).
    static let resiliency = ResourceDeclaration(
        .resiliency, "What is done where calls fail: policies by name, and which component uses which.",
        [
            ResourceField(
                "spec",
                .object([
                    ResourceField("policies", .object(policies), "The policies, each with a name of yours."),
                    ResourceField("targets", .object(targets), "Who uses which policies."),
                ]), required: true, "The policies and their targets."),
            scopes,
        ])

    private static let milliseconds = ResourceField.Shape.value(.duration(bareUnit: .milliseconds(1)))

    private static let policies = [
        ResourceField("timeouts", .pairs, "How long one attempt may take, such as `general: 5s`."),
        ResourceField(
            "retries",
            .named([
                ResourceField(
                    "policy", .value(.choice(["constant", "exponential"])), default: "constant",
                    "Whether the waits stay the same or grow."),
                ResourceField("duration", milliseconds, default: "5s", "The wait of a constant policy."),
                ResourceField(
                    "maxInterval", milliseconds, default: "60s", "The longest wait of an exponential policy."),
                ResourceField(
                    "maxRetries", .value(.integer(Int(Int32.min)...Int(Int32.max))), default: "-1",
                    "Attempts after the first one; below zero there is no bound."),
                ResourceField(
                    "matching",
                    .object([
                        ResourceField(
                            "httpStatusCodes", .value(.text), "Such as `429,500-599`; all where there are none."),
                        ResourceField("gRPCStatusCodes", .value(.text), "Such as `4,8-14`; all where there are none."),
                    ]), "The answers for which it holds."),
            ]), "When something that failed is tried again."),
        ResourceField(
            "circuitBreakers",
            .named([
                ResourceField(
                    "maxRequests", .value(.integer(0...Int(Int32.max))), default: "1",
                    "Calls that a breaker lets through to see whether it may close."),
                ResourceField("interval", milliseconds, default: "0s", "After how long counts begin anew; 0 is never."),
                ResourceField("timeout", milliseconds, default: "60s", "How long it stays open."),
                ResourceField(
                    "trip", .value(.text), default: "consecutiveFailures > 5",
                    "A CEL expression over `requests`, `totalSuccesses`, `totalFailures`, `consecutiveSuccesses` and `consecutiveFailures`."
                ),
            ]), "When nothing is tried any more for a while."),
    ]

    private static let names = [
        ResourceField("timeout", .value(.text), "A name of `timeouts`."),
        ResourceField("retry", .value(.text), "A name of `retries`."),
        ResourceField("circuitBreaker", .value(.text), "A name of `circuitBreakers`."),
    ]

    private static let cacheSize = ResourceField(
        "circuitBreakerCacheSize", .value(.integer(0...Int(Int32.max))), "Without effect.")

    private static let targets = [
        ResourceField(
            "components",
            .named([
                ResourceField("inbound", .object(names), "For deliveries to the app."),
                ResourceField("outbound", .object(names), "For publishing."),
            ]), "By the component's name."),
        ResourceField("apps", .named(names + [cacheSize]), "Without effect: apps do not call each other here."),
        ResourceField(
            "actors",
            .named(
                names + [
                    ResourceField("circuitBreakerScope", .value(.choice(["type", "id", "both"])), "Without effect."),
                    cacheSize,
                ]), "Without effect: there are no actors here."),
    ]
}
