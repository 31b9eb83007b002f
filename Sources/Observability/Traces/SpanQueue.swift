package import Delivery
internal import Messaging

/// What of one collector's spans waits, is on its way, or is given up. Pure: facts in, the next step out.
///
/// A batch that failed is sent again, after a wait that grows; meanwhile new spans wait behind it up to the bound, and beyond it they are
/// dropped and counted. A batch that the collector refuses for good is dropped: it would be refused again.
package struct SpanQueue {
    /// Spans that wait, besides the batch on its way. Beyond it new ones are dropped.
    package static let capacity = 2048
    /// Spans of one request.
    package static let batch = 512
    /// How long a span waits for others.
    package static let period: Duration = .seconds(1)

    /// How a request ended.
    package enum Ending: Sendable, Equatable {
        case accepted
        /// The collector will not take it.
        case refused
        /// It may take it later: no answer, 429, or a fault of its own.
        case failed

        /// By the status of an answer.
        package init(status: Int) {
            switch status {
            case 200..<300: self = .accepted
            case 408, 429, 500...: self = .failed
            default: self = .refused
            }
        }
    }

    private var waiting: [FinishedSpan] = []
    private var sending: [FinishedSpan] = []
    private(set) var isOnItsWay = false
    /// Failures in a row.
    package private(set) var failures = 0
    package private(set) var exported = 0
    /// Dropped because too many waited.
    package private(set) var overflowed = 0
    /// Dropped because the collector refused them.
    package private(set) var refused = 0
    private static let schedule = RetrySchedule(first: .seconds(1), growthPercent: 200, cap: .seconds(30))

    package init() {}

    /// Spans that are not exported yet.
    package var depth: Int { waiting.count + sending.count }

    /// Takes a span. True where a whole batch waits, so that there is no reason to wait longer.
    package mutating func add(_ span: FinishedSpan) -> Bool {
        guard waiting.count < SpanQueue.capacity else {
            overflowed += 1
            return false
        }
        waiting.append(span)
        return waiting.count >= SpanQueue.batch && !isOnItsWay && failures == 0
    }

    /// The next request's spans; nil where one is on its way, or nothing waits.
    package mutating func next() -> [FinishedSpan]? {
        guard !isOnItsWay else { return nil }
        if sending.isEmpty {
            sending = Array(waiting.prefix(SpanQueue.batch))
            waiting.removeFirst(sending.count)
        }
        guard !sending.isEmpty else { return nil }
        isOnItsWay = true
        return sending
    }

    /// A request ended. How long to wait before the next one; nil where nothing waits.
    package mutating func ended(_ ending: Ending) -> Duration? {
        isOnItsWay = false
        switch ending {
        case .accepted: exported += sending.count
        case .refused: refused += sending.count
        case .failed:
            failures += 1
            return SpanQueue.schedule.wait(afterFailures: failures)
        }
        failures = 0
        sending = []
        guard !waiting.isEmpty else { return nil }
        return waiting.count >= SpanQueue.batch ? .zero : SpanQueue.period
    }
}
