/// Whether the app is well, decided from the outcomes of its probes alone (spec 1.6).
///
/// It begins unwell: the first good probe makes it well, so many bad ones in a row as the threshold says make it unwell again.
package struct AppHealth: Sendable, Equatable {
    /// What one probe brought.
    package enum Probe: Sendable, Equatable {
        case passed
        case failed(reason: String)
    }

    /// What is to be done about it.
    package enum Change: Sendable, Equatable {
        /// Events may go to the app.
        case becameHealthy
        /// Nothing may go to the app any more; the reason is the last probe's.
        case becameUnhealthy(reason: String)
    }

    private let threshold: Int
    private var failures: Int

    /// - Parameter threshold: one and more; less counts as one.
    package init(threshold: Int) {
        self.threshold = max(threshold, 1)
        failures = self.threshold
    }

    /// Whether the app was well at the last change.
    package var isHealthy: Bool { failures < threshold }

    /// Takes the outcome of the next probe; nil where it changes nothing.
    package mutating func probed(_ probe: Probe) -> Change? {
        let wasHealthy = isHealthy
        switch probe {
        case .passed:
            failures = 0
            return wasHealthy ? nil : .becameHealthy
        case .failed(let reason):
            // At the threshold it stays: the count says no more than that.
            failures = min(failures + 1, threshold)
            return wasHealthy && !isHealthy ? .becameUnhealthy(reason: reason) : nil
        }
    }
}
