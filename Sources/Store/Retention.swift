/// Which events are deleted next. It is pure: levels in, one bounded step out.
///
/// Ids ascend over all topics. As long as every topic is settled at the front, whole ranges go at once; where one topic keeps its events there,
/// the others are swept one by one behind it. The newest event of the log is never deleted, or its id would be given again.
package enum Retention {
    /// One topic's part in the decision.
    package struct Level: Sendable, Equatable {
        /// The topic's row.
        package var topic: Int64
        /// Every event of the topic up to this id may go.
        package var settled: UInt64
        /// Events of the topic up to this id may go, but for some that are kept. Never less than `settled`.
        package var reach: UInt64
        /// Events of the topic up to this id are gone.
        package var swept: UInt64

        /// Joins the parts; without a reach there is no event to be kept before `settled`.
        package init(topic: Int64, settled: UInt64, reach: UInt64? = nil, swept: UInt64 = 0) {
            self.topic = topic
            self.settled = settled
            self.reach = reach ?? settled
            self.swept = swept
        }
    }

    /// What to delete: ids above `after` and up to `through`.
    package enum Step: Sendable, Equatable {
        /// Events of every topic.
        case all(after: UInt64, through: UInt64)
        /// Events of one topic, given as an index into the levels, but for those that are kept.
        case topic(Int, after: UInt64, through: UInt64)
    }

    /// A sweep of one topic looks at no more ids than this in one step.
    package static let sweepSpan: UInt64 = 4_096

    /// The next step, `nil` where nothing may go. `head`: everything up to it is gone. `last`: the newest event's id. `budget`: rows to delete at most.
    /// `worthwhile`: nothing is deleted before so many ids may go: pages are freed whole then, and the sweep of one topic, which looks at the rows of
    /// the others as well, pays.
    package static func next(
        head: UInt64, last: UInt64, levels: [Level], budget: UInt64, worthwhile: UInt64
    ) -> Step? {
        guard last > 0 else { return nil }
        let end = last - 1
        let front = min(levels.lazy.map(\.settled).min() ?? 0, end)
        if front > head, front - head >= min(worthwhile, budget) {
            return .all(after: head, through: min(front, head + budget))
        }
        var best: (index: Int, after: UInt64, through: UInt64)?
        for (index, level) in levels.enumerated() {
            let after = max(level.swept, head)
            let through = min(level.reach, end)
            guard through > after, through - after >= worthwhile else { continue }
            if through - after > best.map({ $0.through - $0.after }) ?? 0 { best = (index, after, through) }
        }
        return best.map { .topic($0.index, after: $0.after, through: min($0.through, $0.after + sweepSpan)) }
    }
}
