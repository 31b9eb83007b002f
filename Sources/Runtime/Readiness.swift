/// What the sidecar still waits for. `/v1.0/healthz` is good when it waits for nothing.
struct Readiness {
    /// Things that are waited for, in the words of the health answer.
    enum Target: String, Hashable {
        /// A component without `ignoreErrors` was not connected yet.
        case components
        /// The app does not listen yet, or its subscriptions are not started yet.
        case runtime
    }

    private var waiting: Set<Target> = [.components, .runtime]
    private(set) var isListening = false

    /// Names of what is waited for, in the order of the start.
    var targets: [String] {
        // daprd knows one target; a health check that compares the text shall find it alone while only the app is missing.
        [Target.components, .runtime].filter(waiting.contains).map(\.rawValue)
    }

    var isReady: Bool { waiting.isEmpty && isListening }

    /// The app was found and has its subscriptions, or there is none.
    var isServed: Bool { !waiting.contains(.runtime) }

    /// The API answers and every component was connected: events can be published.
    var isOutboundReady: Bool { isListening && !waiting.contains(.components) }

    mutating func reached(_ target: Target) { waiting.remove(target) }

    mutating func listening() { isListening = true }
}
