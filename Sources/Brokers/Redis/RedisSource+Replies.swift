internal import Loop
internal import Messaging
internal import RedisClient

/// What a source asked Redis for.
enum RedisSourceReply: UInt64 {
    case read
    case acknowledgement
    case claim
    case own
    case idle
    case renewal
    case look
    case ignored

    /// The kind in the low byte, the source's epoch above: a reply to what was asked before the source was armed anew is not for it.
    func token(epoch: UInt64) -> UInt64 { epoch << 8 | rawValue }
}

extension RedisSource: RedisCompletion {
    func replied(_ result: RedisResult, token: UInt64) {
        guard let kind = RedisSourceReply(rawValue: token & 0xFF) else { return }
        if kind == .acknowledgement { return acknowledged(result) }
        guard token >> 8 == epoch, case .reply(let reply) = result else { return }
        if kind == .read { readEnded() }
        // What was claimed for a subscription that has ended stays pending for the next one.
        if isCancelled, kind != .read { return }
        if case .error(let error) = reply { return refused(error, kind) }
        switch kind {
        case .read: use(RedisStreamReplies.entries(reply), read)
        case .claim: use(RedisStreamReplies.entries(reply), claimed)
        case .own: use(RedisStreamReplies.pending(reply), ownListed)
        case .idle: use(RedisStreamReplies.pending(reply), idleListed)
        case .look: use(RedisStreamReplies.entries(reply), looked)
        case .acknowledgement, .renewal, .ignored: return
        }
        pump()
    }

    private func use<Content>(_ content: Content?, _ body: (Content) -> Void) {
        if let content { return body(content) }
        component.lost(
            ComponentError(
                .protocolViolation, action: "reading topic \(topic)",
                reason: "Redis answered in a form that its documentation does not have"))
    }

    // MARK: Reading

    private func readEnded() {
        isReading = false
        isUnblockAsked = false
        askedToRead = promisedToRead
        promisedToRead = 0
    }

    private func read(_ entries: [RedisEntry]) {
        recreation.reset()
        pacing.observed(count: entries.count, asked: askedToRead, largestBody: RedisSource.largestBody(entries))
        knowsBacklog = entries.count >= askedToRead
        if isCancelled {
            // They are this consumer's now: whoever goes on with the topic here has them at once.
            component.adopt(entries.map(\.id), topic: topic)
        } else {
            fetched(entries)
        }
    }

    /// Entries that are this consumer's and that nobody is at work on: they are claimed when there is credit.
    func adopt(_ ids: [Position]) {
        for id in ids { held.found(id, attempts: 0, isForeign: false, due: loop.now, renewedAt: loop.now) }
        pump()
    }

    // MARK: Acknowledging

    /// Sends what has not been sent; without a connection it waits for the next one.
    func sendAcknowledgements() {
        guard let commands = component.commands, commands.isOpen else { return }
        while true {
            let batch = acknowledgements.takeUnsent()
            guard !batch.isEmpty else { return }
            let token = RedisSourceReply.acknowledgement.token(epoch: 0)
            commands.send(self, token: token, timeout: settings.replyTimeout) { $0.acknowledge(group, batch) }
        }
    }

    private func acknowledged(_ result: RedisResult) {
        guard case .reply(let reply) = result else { return acknowledgements.connectionLost() }
        acknowledgements.answered()
        guard let error = reply.error else { return }
        component.warn("topic \(topic): acknowledging: \(error); those events may be delivered again")
    }

    // MARK: Refusals

    private func refused(_ error: RedisServerError, _ kind: RedisSourceReply) {
        switch kind {
        case .own: search.isAsking = false
        case .idle:
            search.isAsking = false
            if error.isSyntax, component.listsIdle == true {
                component.listsIdle = false
                return pump()
            }
        case .claim:
            if !claims.isEmpty { held.putOff(claims.removeFirst().ids, due: loop.now + .seconds(1)) }
        case .look:
            if !missing.isEmpty { missing.removeFirst() }
        case .ignored, .acknowledgement: return
        case .read, .renewal: break
        }
        if error.code == .noGroup || error.code == .unblocked {
            groupIsGone(error)
        } else if error.meansReconnect {
            component.lost(RedisErrors.refusal(error, action: "reading topic \(topic)"))
        } else {
            component.warn("topic \(topic): \(error); trying again")
            rest()
        }
    }
}
