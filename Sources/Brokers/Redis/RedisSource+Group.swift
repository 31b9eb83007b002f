internal import Loop
internal import Messaging
internal import RedisClient

/// The consumer group: made when the source is armed, and again when somebody deleted it, the stream or all data.
extension RedisSource {
    /// Makes the group where it is not there. A new one starts at the beginning of the stream; one that this source has known starts behind what is done.
    func createGroup() async throws(ArmFailure) {
        guard let commands = component.commands else {
            throw .failed(RedisFailure(.closed, "the connection was closed"))
        }
        let reply: RedisReply
        do throws(RedisFailure) {
            let start = try await groupStart(commands)
            reply = try await commands.call(
                ["XGROUP", "CREATE", topic, group.name, start, "MKSTREAM"], timeout: settings.replyTimeout)
        } catch {
            throw .failed(error)
        }
        guard let error = reply.error, error.code != .busyGroup else { return }
        throw error.meansReconnect ? .failed(RedisFailure(.unavailable, "\(error)")) : .refused(error)
    }

    /// Everything up to here is done, as far as this process knows.
    private var watermark: Position? { held.lowest?.predecessor ?? highestAcknowledged }

    /// Behind what is done, where the stream is still the one that we know: its newest id says so. Else its beginning.
    private func groupStart(_ commands: RedisConnection) async throws(RedisFailure) -> String {
        guard let watermark else { return "0" }
        let reply = try await commands.call(["XINFO", "STREAM", topic], timeout: settings.replyTimeout)
        guard let newest = RedisStreamReplies.lastGenerated(reply), !newest.precedes(watermark) else { return "0" }
        return watermark.entryID
    }

    /// One look at the groups of the stream, over the connection for commands, behind what is published.
    func lag() async -> Int? {
        guard !isCancelled, let commands else { return nil }
        do throws(RedisFailure) {
            let reply = try await commands.call(["XINFO", "GROUPS", topic], timeout: settings.replyTimeout)
            return RedisStreamReplies.unacknowledged(reply, group: group.name)
        } catch {
            // The connection has told the component already.
            return nil
        }
    }

    /// Redis does not know the group any more.
    func groupIsGone(_ error: RedisServerError) {
        guard !isRecreating, !isCancelled else { return }
        isRecreating = true
        component.warn(
            "topic \(topic): the stream or its consumer group \(group.name) was deleted (\(error.text)); it is made anew"
        )
        let pause = recreation.isFresh ? nil : recreation.next()
        if pause == nil { _ = recreation.next() }
        loop.launch { [weak self] in await self?.recreate(after: pause) }
    }

    private func recreate(after pause: Duration?) async {
        if let pause { try? await loop.sleep(for: pause) }
        let before = epoch
        do throws(ArmFailure) {
            try await createGroup()
            guard epoch == before else { return isRecreating = false }
            groupRecreated()
            isRecreating = false
            begin()
        } catch {
            isRecreating = false
            guard epoch == before else { return }
            switch error {
            case .failed(let failure):
                component.lost(RedisErrors.failure(failure, action: "subscribing to topic \(topic)"))
            case .refused(let refusal): groupIsGone(refusal)
            }
        }
    }
}
