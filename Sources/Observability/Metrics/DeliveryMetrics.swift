internal import Bytes
package import Delivery
package import Messaging

/// Counts what happens to one subscription's events and tells somebody else, too. Confined to a shard.
///
/// Everything is resolved when the subscription is made, or at the first event of its kind: per event there are additions.
package final class DeliveryMetrics {
    /// Kinds of calls (path, status) of one subscription that are found without a dictionary.
    private static let callLimit = 32

    /// daprd's pairs of `process_status` and `status`.
    private enum Fate: Int, CaseIterable {
        case success
        case retry
        /// The app, or a missing route, said so.
        case drop
        /// 404, expired, or dead-lettered after failures.
        case dropFailed

        init(_ outcome: EndedCall.Outcome) {
            switch outcome {
            case .success: self = .success
            case .retry: self = .retry
            case .dropped: self = .drop
            case .notFound: self = .dropFailed
            }
        }

        var labels: (process: String, status: String) {
            switch self {
            case .success: ("success", "success")
            case .retry: ("retry", "retry")
            case .drop: ("drop", "success")
            case .dropFailed: ("drop", "drop")
            }
        }
    }

    /// Calls of one kind.
    private final class Calls {
        let target: [UInt8]
        let status: Int
        let sent: Distribution
        let latency: Distribution
        let completed: Counter

        init(target: [UInt8], status: Int, sent: Distribution, latency: Distribution, completed: Counter) {
            self.target = target
            self.status = status
            self.sent = sent
            self.latency = latency
            self.completed = completed
        }
    }

    /// What one fate counts.
    private final class Ingress {
        let count: Counter
        let latency: Distribution

        init(count: Counter, latency: Distribution) {
            self.count = count
            self.latency = latency
        }
    }

    private let next: any DeliveryObserver
    private let families: DeliveryFamilies
    private let component: String
    private let topic: String
    private let received: Distribution
    private let retries: Counter
    private let deadLettered: Counter
    private let deadLetterFailures: Counter
    private let lost: Counter
    private var ingress: [Ingress?] = Array(repeating: nil, count: Fate.allCases.count)
    private var drops: [Counter] = []
    private var calls: [Calls] = []
    private var lastCalls: Calls?
    /// Events whose call has just failed: what `attemptFailed` tells next of so many is counted already.
    private var countedFailures = 0
    /// Failed events on their way to the dead letter topic: once there, daprd counts them as dropped.
    private var failedBefore = 0

    /// - Parameter next: is told everything after it was counted.
    package init(_ families: DeliveryFamilies, component: String, topic: String, next: any DeliveryObserver) {
        self.families = families
        self.component = component
        self.topic = topic
        self.next = next
        let ours = [families.settings.appID, component, topic]
        received = families.clientReceived.series([families.settings.appID])
        retries = families.retries.series(ours)
        deadLettered = families.deadLettered.series(ours)
        deadLetterFailures = families.deadLetterFailures.series(ours)
        lost = families.lost.series(ours)
        drops = DropReason.allCases.map {
            families.dropped.series([ours[0], component, DeliveryMetrics.label($0), topic])
        }
    }

    private func ingress(_ fate: Fate) -> Ingress {
        if let found = ingress[fate.rawValue] { return found }
        let values = [
            families.settings.appID, component, families.settings.namespace, fate.labels.process, fate.labels.status,
            topic,
        ]
        let made = Ingress(count: families.ingress.series(values), latency: families.ingressLatencies.series(values))
        ingress[fate.rawValue] = made
        return made
    }

    private func calls(_ target: [UInt8], _ status: Int) -> Calls {
        if let lastCalls, lastCalls.status == status, lastCalls.target == target { return lastCalls }
        for entry in calls where entry.status == status && entry.target == target {
            lastCalls = entry
            return entry
        }
        let app = families.settings.appID
        let method = families.settings.hidesMethods ? "" : "POST"
        let query = target.firstIndex(of: 0x3F) ?? target.count
        let path = families.paths.text(String(decoding: target[..<query], as: UTF8.self))
        // daprd counts a call without an answer as 500.
        let values = [app, method, path, "\(status == 0 ? 500 : status)"]
        let entry = Calls(
            target: target, status: status, sent: families.clientSent.series([app, method, path, ""]),
            latency: families.clientLatencies.series(values), completed: families.clientCompleted.series(values))
        if calls.count < DeliveryMetrics.callLimit { calls.append(entry) }
        lastCalls = entry
        return entry
    }

    private static func label(_ reason: DropReason) -> String {
        switch reason {
        case .appDropped: "app_dropped"
        case .notFound: "not_found"
        case .noRoute: "no_route"
        case .expired: "expired"
        case .configured: "configured"
        }
    }

    private func drop(_ reason: DropReason) -> Counter? {
        DropReason.allCases.firstIndex(of: reason).map { drops[$0] }
    }
}

extension DeliveryMetrics: DeliveryObserver {
    package var wantsCalls: Bool { true }

    package func called(_ subscription: Subscription, _ call: EndedCall) {
        let elapsed = Int(truncatingIfNeeded: subscription.elapsed(since: call.began))
        let ingress = ingress(Fate(call.outcome))
        if call.outcome == .retry { countedFailures += 1 }
        let bucket = ingress.latency.bucket(of: elapsed)
        ingress.count.add()
        ingress.latency.record(elapsed, in: bucket)
        count(call, elapsed, in: bucket)
    }

    package func calledInBulk(
        _ subscription: Subscription, _ call: EndedCall, _ outcomes: [EndedCall.Outcome]
    ) {
        let elapsed = Int(truncatingIfNeeded: subscription.elapsed(since: call.began))
        // Once a batch: looking series up is cheap enough.
        func values(_ status: String) -> [String] {
            [families.settings.appID, component, families.settings.namespace, status, topic]
        }
        let latency = families.bulkLatencies.series(values(""))
        let bucket = latency.bucket(of: elapsed)
        families.bulkCalls.series(values("")).add()
        latency.record(elapsed, in: bucket)
        for (status, outcome) in [
            ("SUCCESS", [EndedCall.Outcome.success]), ("RETRY", [.retry]), ("DROP", [.dropped, .notFound]),
        ] {
            let count = outcomes.count { outcome.contains($0) }
            if count > 0 { families.bulkEvents.series(values(status)).add(count) }
            if status == "RETRY" { countedFailures += count }
        }
        count(call, elapsed, in: bucket)
    }

    private func count(_ call: EndedCall, _ elapsed: Int, in bucket: Int) {
        let entry = calls(call.target, call.status)
        entry.latency.record(elapsed, in: bucket)
        entry.completed.add()
        entry.sent.record(call.requestBytes)
        received.record(call.answerBytes)
    }

    package func delivered(_ subscription: Subscription, arrived: Instant) {
        next.delivered(subscription, arrived: arrived)
    }

    package func attemptFailed(
        _ subscription: Subscription, eventID: String, reason: String, failures: Int, retryIn: Duration?
    ) {
        noteFailure()
        if retryIn != nil {
            retries.add()
        } else if subscription.plan.hasDeadLetter {
            failedBefore += 1
        }
        next.attemptFailed(subscription, eventID: eventID, reason: reason, failures: failures, retryIn: retryIn)
    }

    package func dropped(_ subscription: Subscription, eventID: String, reason: DropReason) {
        drop(reason)?.add()
        switch reason {
        case .appDropped, .notFound, .configured: break
        case .noRoute: ingress(.drop).count.add()
        case .expired: ingress(.dropFailed).count.add()
        }
        next.dropped(subscription, eventID: eventID, reason: reason)
    }

    package func deadLettered(_ subscription: Subscription, eventID: String, topic: String) {
        deadLettered.add()
        if failedBefore > 0 {
            failedBefore -= 1
            ingress(.dropFailed).count.add()
        }
        next.deadLettered(subscription, eventID: eventID, topic: topic)
    }

    package func deadLetterFailed(
        _ subscription: Subscription, eventID: String, topic: String, error: ComponentError
    ) {
        deadLetterFailures.add()
        next.deadLetterFailed(subscription, eventID: eventID, topic: topic, error: error)
    }

    package func lost(_ subscription: Subscription, eventID: String, reason: String) {
        noteFailure()
        lost.add()
        next.lost(subscription, eventID: eventID, reason: reason)
    }

    /// What failed without a call, such as a message that is no event, counts as `retry` without a latency.
    private func noteFailure() {
        if countedFailures > 0 { countedFailures -= 1 } else { ingress(.retry).count.add() }
    }
}
