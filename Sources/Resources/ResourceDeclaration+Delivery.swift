internal import Messaging

extension ResourceDeclaration {
    /// The `delivery` block of a subscription, which is ours; `DeliverySpec` reads it.
    static let delivery = ResourceField(
        "delivery",
        .object([
            ResourceField(
                "schedule",
                .object([
                    ResourceField("initial", .value(.text), default: "500ms", "The first wait."),
                    ResourceField("factor", .number, default: "1.5", "What each further wait is multiplied by."),
                    ResourceField("cap", .value(.text), default: "60s", "The longest wait."),
                    ResourceField("jitter", .number, default: "0", "The part by which each wait is moved, 0 to 1."),
                ]), "The waits between attempts."),
            ResourceField(
                "attempts", .value(.integer(1...1_000_000)), "Attempts in all; without end where it is not given."),
            ResourceField("deadline", .value(.text), "How long one call to the app may take, such as `10s`."),
            ResourceField(
                "outcome", .pairs,
                "What an answer means, by status (`404`), class (`5xx`) or `error`: \(DeliverySpec.Outcome.allCases.map(\.rawValue).joined(separator: ", "))."
            ),
            ResourceField(
                "retryAfter", .value(.choice(["honour", "ignore"])), default: "ignore",
                "Whether an answer with `Retry-After` puts off the next call."),
            ResourceField("concurrency", .value(.integer(1...2_048)), "Calls to the app at once."),
            ResourceField("rate", .number, "Calls to the app in a second."),
            ResourceField(
                "order", .value(.choice(DeliverySpec.Order.allCases.map(\.rawValue))), default: "key",
                "Which events wait for each other."),
        ]), "How events are delivered and tried again. An addition of Martlet; daprd ignores it.")
}
