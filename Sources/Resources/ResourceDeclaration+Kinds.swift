internal import Messaging

extension ResourceDeclaration {
    /// A broker or another thing that events go through (spec 3.1).
    static let component = ResourceDeclaration(
        .component, "A broker, a secret store, or another thing outside the process that the app uses by its name.",
        [
            ResourceField(
                "spec",
                .object([
                    ResourceField(
                        "type", .value(.text), required: true,
                        "What it is, such as `pubsub.redis`; `martlet explain` lists the types there are."),
                    ResourceField(
                        "version", .value(.text), default: "v1",
                        "The version of the type; nothing, `v0` and `v1` are the same."),
                    ResourceField(
                        "ignoreErrors", .value(.bool), default: "false",
                        "Whether the sidecar starts without it where it cannot be made."),
                    ResourceField(
                        "initTimeout", .value(.duration(bareUnit: .nanoseconds(1))), default: "5s",
                        "How long its start may take."),
                    ResourceField(
                        "metadata", .objects(item),
                        "Its settings, one item each; which ones there are depends on the type."),
                ]), required: true, "What it is and how it is set."),
            ResourceField(
                "auth", .object([ResourceField("secretStore", .value(.text), "The secret store's component name.")]),
                "Where values with a `secretKeyRef` come from."),
            scopes,
        ])

    private static let item = [
        ResourceField("name", .value(.text), required: true, "The setting; compared without case."),
        ResourceField(
            "value", .any,
            "Its value. `{uuid}`, `{podName}`, `{namespace}` and `{appID}` in it are replaced."),
        ResourceField(
            "secretKeyRef",
            .object([
                ResourceField("name", .value(.text), required: true, "The secret."),
                ResourceField("key", .value(.text), "The key in it; the secret's name where there is none."),
            ]), "Takes the value from the secret store that `auth.secretStore` names."),
        ResourceField(
            "envRef", .value(.text),
            "Takes the value from a variable of the sidecar's environment; `DAPR_…` and tokens are refused."),
    ]

    /// Which events an app gets, and where (spec 1.5).
    static let subscription = ResourceDeclaration(
        .subscription, "Which events an app gets, and on which of its paths.",
        [
            ResourceField(
                "spec",
                .object([
                    ResourceField("pubsubname", .value(.text), required: true, "The pub/sub component."),
                    ResourceField(
                        "topic", .value(.text), required: true,
                        "The topic; a pattern where the component's type takes patterns."),
                    ResourceField(
                        "route", .value(.text), only: ResourceKind.firstVersion,
                        "The path on which the app takes the events."),
                    ResourceField(
                        "routes", .object(routes), only: ResourceKind.secondVersion,
                        "The paths on which the app takes the events."),
                    ResourceField(
                        "deadLetterTopic", .value(.text),
                        "Where events go that the app cannot take; they stay with the broker where there is none."),
                    delivery,
                    ResourceField(
                        "bulkSubscribe", .object(bulk), "Whether the app takes several events in one call."),
                    ResourceField(
                        "metadata", .pairs,
                        "Further settings; `rawPayload: \"true\"` says that the events are no CloudEvents."),
                ]), required: true, "What is subscribed to."),
            scopes,
        ])

    private static let routes = [
        ResourceField(
            "rules",
            .objects([
                ResourceField(
                    "match", .value(.text),
                    "A CEL expression over `event`, such as `event.type == \"order\"`; a blank one always matches."),
                ResourceField("path", .value(.text), required: true, "The path on which the app takes the events."),
            ]), "Tried in their order; the first one that matches counts."),
        ResourceField(
            "default", .value(.text), "The path where no rule matches; without one such events are dropped."),
    ]

    private static let bulk = [
        ResourceField("enabled", .value(.bool), default: "false", "Whether it is on."),
        ResourceField("maxMessagesCount", .value(.integer(0...Int(Int32.max))), "The most events of one call."),
        ResourceField(
            "maxAwaitDurationMs", .value(.integer(0...Int(Int32.max))),
            "How long a call waits until it is full, in milliseconds."),
    ]
}
