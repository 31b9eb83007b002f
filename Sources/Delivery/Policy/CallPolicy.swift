/// What is done about calls in one direction of one component: retry ( breaker ( timeout ( call ) ) ), each where it is set (spec 4.2).
package struct CallPolicy {
    /// For one attempt; nil has no bound.
    package var timeout: Duration?
    package var retry: RetryPolicy?
    package var breaker: SharedBreaker?
    /// Who counts what they do; nil where nobody does.
    package var observer: (any PolicyObserver)?

    package init(timeout: Duration? = nil, retry: RetryPolicy? = nil, breaker: SharedBreaker? = nil) {
        self.timeout = timeout
        self.retry = retry
        self.breaker = breaker
    }

    /// Whether it changes nothing.
    package var isEmpty: Bool { timeout == nil && retry == nil && breaker == nil }
}
