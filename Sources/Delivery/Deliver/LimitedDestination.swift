package import Messaging

/// A destination with a bound on the calls at it at once, whoever makes them (`--app-max-concurrency`).
///
/// At the bound calls wait in the order in which they came; what waits is bounded by what the subscriptions have at the app at most. The time
/// that a call waits here does not count against its deadline. Confined to a shard.
package final class LimitedDestination {
    private struct Waiting {
        let call: AppCall
        let limit: Duration?
        let completion: any AppCallCompletion
        let token: UInt64
    }

    private let destination: any Destination
    private let scheduler: any Scheduler
    /// Calls at once.
    package let limit: Int
    /// Calls that were made and have not ended.
    package private(set) var running = 0
    private var calls: [(completion: any AppCallCompletion, token: UInt64)?] = []
    private var free: [Int] = []
    private var waiting: [Waiting] = []
    private var first = 0

    package init(_ destination: any Destination, limit: Int, scheduler: any Scheduler) {
        self.destination = destination
        self.limit = max(limit, 1)
        self.scheduler = scheduler
    }

    /// Calls that wait for their turn.
    package var waitingCount: Int { waiting.count - first }

    private func start(_ call: AppCall, _ deadline: Instant?, _ completion: any AppCallCompletion, _ token: UInt64) {
        running += 1
        let ticket = free.popLast() ?? calls.count
        if ticket == calls.count { calls.append((completion, token)) } else { calls[ticket] = (completion, token) }
        destination.deliver(call, deadline: deadline, completion: self, token: UInt64(ticket))
    }

    private func ended(_ ticket: UInt64) -> (completion: any AppCallCompletion, token: UInt64)? {
        let index = Int(ticket)
        guard index < calls.count, let call = calls[index] else { return nil }
        calls[index] = nil
        free.append(index)
        running -= 1
        startWaiting()
        return call
    }

    private func startWaiting() {
        while running < limit, first < waiting.count {
            let next = waiting[first]
            first += 1
            if first == waiting.count || first >= 512 {
                waiting.removeFirst(first)
                first = 0
            }
            guard next.completion.wants(next.token) else { continue }
            start(next.call, next.limit.map { scheduler.now + $0 }, next.completion, next.token)
        }
    }
}

extension LimitedDestination: Destination {
    package func deliver(_ call: AppCall, deadline: Instant?, completion: any AppCallCompletion, token: UInt64) {
        if running < limit, first == waiting.count { return start(call, deadline, completion, token) }
        let limit = deadline.map { $0.elapsed(since: scheduler.now) }
        waiting.append(Waiting(call: call, limit: limit, completion: completion, token: token))
    }
}

extension LimitedDestination: AppCallCompletion {
    package func answered(_ answer: AppAnswer, token: UInt64) {
        guard let (completion, token) = ended(token) else { return }
        completion.answered(answer, token: token)
    }

    package func answered(_ answer: AppAnswer, retryAfter: Duration, token: UInt64) {
        guard let (completion, token) = ended(token) else { return }
        completion.answered(answer, retryAfter: retryAfter, token: token)
    }
}
