internal import Messaging

/// How many entries to ask for. Redis counts entries, memory is bytes: the first reads are small, and the largest entries
/// seen lately say how many fit into the credit. Pure.
struct RedisReadPacing {
    /// The `queueDepth` setting: never more in one read.
    let depth: Int
    private var limit: Int
    private var largest = 0

    init(depth: Int) {
        self.depth = depth
        limit = min(8, depth)
    }

    /// How many entries may be claimed within a credit of which some is promised to commands that have no reply yet.
    func claimCount(_ credit: Credit, promised: Int) -> Int {
        let events = credit.events - promised
        guard credit.isOpen, events > 0 else { return 0 }
        var count = min(depth, events)
        if largest > 0 {
            let fitting = credit.bytes / largest - promised
            // One entry may exceed the credit, so that it passes at all, when nothing else is on its way.
            count = min(count, promised == 0 ? max(1, fitting) : max(0, fitting))
        }
        return count
    }

    /// How many new entries may be read. A quarter stays free for entries that are delivered again, because a read may block for seconds.
    func readCount(_ credit: Credit, promised: Int) -> Int {
        let count = min(claimCount(credit, promised: promised), limit)
        return count > 3 ? min(count, credit.events - promised - credit.events / 4) : count
    }

    /// A reply has come.
    mutating func observed(count: Int, asked: Int, largestBody: Int) {
        largest = max(largestBody + 64, largest - largest / 8)
        if count >= asked { limit = min(limit * 2, depth) }
    }
}
