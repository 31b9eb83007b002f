/// One Resiliency as its file says it: policies by name, and who uses which (spec 4.2).
package struct ResiliencySpec: Sendable, Equatable {
    /// When something that failed is tried again.
    package struct Retry: Sendable, Equatable {
        package var isExponential = false
        /// The wait between attempts of a constant policy.
        package var duration: Duration = .seconds(5)
        /// The longest wait of an exponential policy.
        package var maxInterval: Duration = .seconds(60)
        /// Retries after the first attempt; below zero without end.
        package var maxRetries = -1
        /// Codes for which it holds; nil is all of them.
        package var httpStatusCodes: [ClosedRange<Int>]?
        package var grpcStatusCodes: [ClosedRange<Int>]?

        package init() {}
    }

    /// When nothing is tried any more for a while.
    package struct Breaker: Sendable, Equatable {
        package var maxRequests = 1
        package var interval: Duration = .zero
        package var timeout: Duration = .zero
        /// The condition that opens it; empty where none is given.
        package var trip = ""

        package init() {}
    }

    /// The policies that a target names.
    package struct Names: Sendable, Equatable {
        /// Empty where none is named.
        package var timeout = ""
        package var retry = ""
        package var circuitBreaker = ""
        package var line = 0

        package init(timeout: String = "", retry: String = "", circuitBreaker: String = "", line: Int = 0) {
            self.timeout = timeout
            self.retry = retry
            self.circuitBreaker = circuitBreaker
            self.line = line
        }
    }

    /// The policies of a component, by direction.
    package struct Component: Sendable, Equatable {
        package var inbound = Names()
        package var outbound = Names()
        package var line = 0

        package init() {}
    }

    /// The variables of a breaker's condition.
    package static let tripVariables = [
        "requests", "totalSuccesses", "totalFailures", "consecutiveSuccesses", "consecutiveFailures",
    ]

    package var name: String
    /// `metadata.namespace`; empty where it is not given.
    package var namespace = ""
    package var timeouts: [String: Duration] = [:]
    package var retries: [String: Retry] = [:]
    package var circuitBreakers: [String: Breaker] = [:]
    /// Other apps; they are called by service invocation only, which does not exist here.
    package var apps: [String: Names] = [:]
    package var components: [String: Component] = [:]
    package var scopes: [String] = []
    package var file = ""
    package var line = 0

    package init(name: String) { self.name = name }
}
