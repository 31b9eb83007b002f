internal import Loop
internal import Messaging
internal import RedisClient

/// What is pending: entries of this consumer from before, entries of consumers that are gone, and the signs of life for what we hold.
///
/// Everything is found by `XPENDING` and taken by `XCLAIM`, on every version of Redis: unlike `XAUTOCLAIM` that tells how often an entry was
/// delivered, and it is one way for our own entries, for those that the app gave back, and for other consumers' idle ones.
extension RedisSource {
    /// How many rows one list brings, and how many ids one command names.
    static let pageSize = 100

    // MARK: Signs of life

    /// Tells Redis about what we hold before other consumers may take it over.
    func renew(_ commands: RedisConnection, _ now: Instant) {
        guard let takeOver = settings.takeOver else { return }
        let ids = held.takeRenewals(now: now, after: takeOver.idle / 3, lapse: takeOver.idle)
        for start in stride(from: 0, to: ids.count, by: 1_000) {
            commands.send(self, token: RedisSourceReply.renewal.token(epoch: epoch), timeout: settings.replyTimeout) {
                $0.renew(group, ids[start..<min(start + 1_000, ids.count)])
            }
        }
    }

    // MARK: Lists

    /// Asks for the next rows, where there is room for what they may bring.
    func listPending(_ commands: RedisConnection, _ now: Instant) {
        guard !search.isAsking, held.hasRoom else { return }
        if let cursor = search.ownCursor {
            search.isAsking = true
            commands.send(self, token: RedisSourceReply.own.token(epoch: epoch), timeout: settings.replyTimeout) {
                $0.listOwn(group, from: cursor, count: Self.pageSize)
            }
        } else if let takeOver = settings.takeOver,
            let cursor = search.idleCursor(now: now, interval: takeOver.interval)
        {
            search.isAsking = true
            let idle = component.listsIdle == true ? Int(takeOver.idle / .milliseconds(1)) : nil
            commands.send(self, token: RedisSourceReply.idle.token(epoch: epoch), timeout: settings.replyTimeout) {
                $0.listIdle(group, idle: idle, from: cursor, count: Self.pageSize)
            }
        }
    }

    /// Rows of this consumer: all of it is claimed again, except what the app has.
    func ownListed(_ rows: [RedisPendingRow]) {
        let now = loop.now
        // What is confirmed gets a sign of life at once, because it may be about to lapse.
        let renewedAt = settings.takeOver.map { takeOver in
            Instant(nanoseconds: now.nanoseconds &- min(now.nanoseconds, (takeOver.idle / 3).wholeNanoseconds))
        }
        for row in rows where component.holds(row.id, topic: topic, besides: self) != true {
            held.found(
                row.id, attempts: max(0, row.deliveries - 1), isForeign: false, due: now, renewedAt: renewedAt ?? now)
        }
        search.ownPage(last: rows.count < Self.pageSize ? nil : rows.last?.id)
        if search.ownIsListed { held.listingEnded() }
    }

    /// Rows that nobody has touched for long. The server may have listed younger ones too.
    func idleListed(_ rows: [RedisPendingRow]) {
        let idle = settings.takeOver.map { Int($0.idle / .milliseconds(1)) } ?? .max
        let now = loop.now
        for row in rows where row.idle >= idle && !held.contains(row.id) {
            if component.holds(row.id, topic: topic, besides: self) == true { continue }
            held.found(row.id, attempts: max(0, row.deliveries - 1), isForeign: true, due: now, renewedAt: now)
        }
        search.idlePage(last: rows.count < Self.pageSize ? nil : rows.last?.id)
    }

    // MARK: Claims

    /// Claims what is due, our own first; a blocked read gives way.
    func claimDue(_ commands: RedisConnection, _ inlet: any Inlet, _ now: Instant) {
        guard held.hasDue(now: now) else { return }
        for isForeign in [false, true] {
            let count = min(Self.pageSize, pacing.claimCount(inlet.credit, promised: promised))
            guard count > 0 else {
                if inlet.credit.isOpen { unblock() }
                return
            }
            let ids = held.takeDue(now: now, limit: count, isForeign: isForeign, lapse: settings.takeOver?.idle)
            guard !ids.isEmpty else { continue }
            claims.append(RedisClaim(ids: ids))
            let idle = isForeign ? settings.takeOver.map { Int($0.idle / .milliseconds(1)) } ?? 0 : 0
            commands.send(
                self, token: RedisSourceReply.claim.token(epoch: epoch), timeout: settings.replyTimeout, form: .entries
            ) {
                $0.claim(group, idle: idle, ids)
            }
        }
    }

    /// What was claimed is handed over. What was not is done or another consumer's, or its entry was removed from the stream.
    func claimed(_ entries: [RedisEntry]) {
        guard !claims.isEmpty else { return }
        let claim = claims.removeFirst()
        var missing: [Position] = []
        for id in claim.ids where !entries.contains(where: { $0.id == id }) { missing.append(id) }
        held.remove(missing)
        pacing.observed(count: entries.count, asked: .max, largestBody: RedisSource.largestBody(entries))
        fetched(entries)
        lookFor(missing)
    }

    private func lookFor(_ ids: [Position]) {
        guard !ids.isEmpty, let commands else { return }
        for id in ids {
            missing.append(id)
            commands.send(
                self, token: RedisSourceReply.look.token(epoch: epoch), timeout: settings.replyTimeout, form: .entries
            ) {
                $0.look(group, id)
            }
        }
    }

    /// An entry that was pending and could not be claimed was looked for: if it is gone from the stream, it was trimmed or deleted.
    func looked(_ entries: [RedisEntry]) {
        guard !missing.isEmpty else { return }
        let id = missing.removeFirst()
        if entries.isEmpty {
            removedWhilePending += 1
            // Redis before 7 keeps the id pending for ever.
            acknowledge([id])
        }
        guard missing.isEmpty, removedWhilePending > 0 else { return }
        component.warn(
            "topic \(topic): \(removedWhilePending) events were removed from the stream (trimming, XDEL) before they were acknowledged; they are lost"
        )
        removedWhilePending = 0
    }

    /// The size of the largest body, for the pace of reading.
    static func largestBody(_ entries: [RedisEntry]) -> Int { entries.reduce(0) { max($0, $1.body?.count ?? 0) } }
}

/// An `XCLAIM` whose reply has not come.
struct RedisClaim {
    var ids: [Position]
}
