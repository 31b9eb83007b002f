internal import KafkaClient
internal import Messaging

/// Partitions come and go.
extension KafkaGroup: KafkaConsumerOwner {
    func assigned(_ queues: [KafkaQueue]) {
        assignments += 1
        if assignmentsAwaited > 0 {
            assignmentsAwaited -= 1
            if assignmentsAwaited == 0 { cancel(.hold) }
        }
        for queue in queues {
            let partition = partitions.find(queue.id) ?? partitions.add(queue.id)
            partition.queue = queue
            partition.state = .active
            partition.ledger.assign(start: queue.start)
        }
        // A new group's start is written down before anything else: what is published from now on must not be skipped by a restart.
        commit()
        pump()
    }

    func revoking(_ ids: [KafkaPartitionID], areLost: Bool) {
        for id in ids {
            guard let partition = partitions.find(id) else { continue }
            partition.queue = nil
            partition.state = areLost ? .gone : .leaving
        }
        // What is not at the app yet is not worth waiting for, and nobody is to call the app with what somebody else may have.
        let marks = partitions.all.filter { $0.state != .active }.map(\.mark)
        for source in sources { source.inlet?.recall { marks.contains($0.high) } }
        partitions.sweep()
        proceed(handover.begin(out: leavingOut, areLost: areLost))
        if handover.state == .finishing { arm(.finishing, after: Self.handoverLimit) }
    }

    func committed(_ offsets: [(id: KafkaPartitionID, offset: Int64, failure: KafkaFailure?)]) {
        commitsUnderWay = max(0, commitsUnderWay - 1)
        var isStale = false
        for (id, _, failure) in offsets {
            guard let failure, let partition = partitions.find(id) else { continue }
            partition.ledger.commitFailed()
            // Somebody else may have the partition by now, and commits what is right. A group that is about to begin with its new generation
            // takes the position a moment later.
            if failure.kind == .stale, failure.code != KafkaFailure.rebalanceInProgress { isStale = true }
            if failure.kind != .stale, failure.kind != .unavailable, failure.kind != .timeout {
                warn("committing the position of topic \(id.topic), partition \(id.number): \(failure); trying again")
            }
            if partition.state == .active, !isArmed(.commit) { arm(.commit, after: Self.commitInterval) }
        }
        lastCommitEnded(isStale: isStale)
    }

    func recordsMayBeThere() { pump() }

    func tokenWanted() { wantToken() }

    func consumerFailed(_ failure: KafkaFailure) {
        // The producer tells when brokers are away. A topic that is missing, and a member that was thrown out, are told here.
        let isTold = failure.code == 3 || failure.code == -147
        guard isTold || (failure.kind != .unavailable && failure.kind != .timeout) else { return }
        warn("consuming: \(KafkaErrors.error(failure, action: "consuming").reason)")
    }

    // MARK: Giving away

    private var leaving: [KafkaPartition] { partitions.all.filter { $0.state == .leaving } }

    /// Records at the app of what is being given away.
    var leavingOut: Int {
        partitions.all.reduce(0) { $0 + ($1.state == .leaving ? $1.ledger.outCount : 0) }
    }

    func proceed(_ action: KafkaHandover.Action) {
        switch action {
        case .wait: return
        case .commit:
            cancel(.finishing)
            arm(.committing, after: Self.lastCommitLimit)
            commitLeaving()
        case .commitSoon: arm(.commitAgain, after: Self.lastCommitPause)
        case .giveAway:
            for token in [Token.finishing, .committing, .commitAgain] { cancel(token) }
            for partition in leaving { partition.state = .gone }
            partitions.sweep()
            holdCommits()
            consumer?.release()
        }
    }

    /// A member that keeps partitions while others move joins the group again, unasked: a commit on the way meanwhile has the number of an earlier
    /// generation, for which the library gives up all partitions. What follows is the assignment of this generation, and that of the next one.
    private func holdCommits() {
        guard consumer?.isCooperative == true, !isClosing else { return }
        assignmentsAwaited = 2
        arm(.hold, after: Self.holdLimit)
    }

    /// Writes down where the group stands in what is being given away.
    func commitLeaving() {
        commit(leaving)
        if commitsUnderWay == 0 { lastCommitEnded(isStale: false) }
    }

    private func lastCommitEnded(isStale: Bool) {
        guard handover.state == .committing else { return }
        let isComplete = isStale || leaving.allSatisfy { !$0.ledger.hasCommit }
        proceed(handover.committed(underWay: commitsUnderWay, isComplete: isComplete))
    }
}
