package import Loop

extension RedisConnection {
    /// Connects, authenticates and selects the database: one attempt, within the settings' `connectTimeout`.
    package static func open(
        _ settings: RedisConnectionSettings, on loop: EventLoop, owner: any RedisConnectionOwner
    ) async throws(RedisFailure) -> RedisConnection {
        let connection = RedisConnection(settings, on: loop, owner: owner)
        let result = await withCheckedContinuation { continuation in
            connection.opening = continuation
            connection.start()
        }
        try result.get()
        return connection
    }

    /// Sends a command and waits for its reply; for the control plane. An error that Redis answers is a reply.
    package func call(
        _ command: [String], timeout: Duration, form: RedisReplyForm = .whole
    ) async throws(RedisFailure) -> RedisReply {
        guard state != .ended else {
            throw failure ?? RedisFailure(.closed, "the connection was closed")
        }
        let result = await withCheckedContinuation { continuation in
            send(RedisCall(continuation), timeout: timeout, form: form) { output in
                output.append(whole: command)
            }
        }
        switch result {
        case .reply(let reply): return reply
        case .failed(let failure): throw failure
        }
    }
}

/// One command of the control plane, and the task that waits for it.
private final class RedisCall: RedisCompletion {
    private let continuation: CheckedContinuation<RedisResult, Never>

    init(_ continuation: CheckedContinuation<RedisResult, Never>) { self.continuation = continuation }

    func replied(_ result: RedisResult, token: UInt64) { continuation.resume(returning: result) }
}
