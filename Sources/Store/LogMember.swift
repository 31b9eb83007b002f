package import Messaging

/// One subscription in a group.
package final class LogMember {
    let number: Int32
    let inlet: any Inlet
    let group: LogGroup
    private(set) var isPaused = false

    init(_ number: Int32, _ inlet: any Inlet, _ group: LogGroup) {
        self.number = number
        self.inlet = inlet
        self.group = group
    }

    /// What was settled in this turn.
    package func settle(_ batch: borrowing SettledBatch) { group.settle(batch) }

    /// The inlet has credit again.
    package func creditReturned() { group.notePump() }

    /// No more messages until `resume()`.
    package func pause() { isPaused = true }

    /// Messages again.
    package func resume() {
        isPaused = false
        group.notePump()
    }

    /// Events of the topic that the group has not settled; `nil` where the log is not open.
    ///
    /// What lies in memory is counted at once; the rest is counted in the file, a slice at a time, with whatever is published going before.
    package func lag() async -> Int? { await group.lag() }

    /// Ends the membership. What it did not settle goes to the others, or stays.
    package func cancel() { group.remove(self) }
}
