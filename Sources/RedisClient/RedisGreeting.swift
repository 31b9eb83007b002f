internal import Messaging

/// What is said first on every connection: credentials, database, name; then a PING, which tells whether Redis serves.
/// All of it goes out in one write.
final class RedisGreeting: RedisCompletion {
    private enum Step: UInt64 {
        case authenticate
        case select
        case name
        case identify
        case ping
    }

    private let connection: RedisConnection
    private var refusal: RedisServerError?

    init(_ connection: RedisConnection) { self.connection = connection }

    func send() {
        let settings = connection.settings
        if !settings.password.isEmpty {
            send(.authenticate) { output in
                output.begin("AUTH", arguments: settings.username.isEmpty ? 1 : 2)
                if !settings.username.isEmpty { output.argument(settings.username) }
                output.argument(settings.password)
            }
        }
        if settings.database != 0 {
            send(.select) { output in
                output.begin("SELECT", arguments: 1)
                output.argument(settings.database)
            }
        }
        if !settings.clientName.isEmpty {
            send(.name) { output in
                output.begin("CLIENT", arguments: 2)
                output.argument("SETNAME")
                output.argument(settings.clientName)
            }
        }
        send(.identify) { output in
            output.begin("CLIENT", arguments: 1)
            output.argument("ID")
        }
        send(.ping) { $0.begin("PING", arguments: 0) }
    }

    private func send(_ step: Step, _ body: (inout RedisOutput) -> Void) {
        connection.send(self, token: step.rawValue, timeout: connection.settings.connectTimeout, body)
    }

    func replied(_ result: RedisResult, token: UInt64) {
        guard case .reply(let reply) = result, connection.state == .greeting else { return }
        switch Step(rawValue: token) {
        case .authenticate, .select:
            if let error = reply.error, refusal == nil { refusal = error }
        // Neither the name nor the number is needed for anything that is promised; a user may not be allowed to ask.
        case .name, nil: break
        case .identify: connection.clientID = reply.integer ?? 0
        case .ping: end(reply)
        }
    }

    private func end(_ reply: RedisReply) {
        if let error = refusal ?? reply.error, error.code != .noPerm || refusal != nil {
            let isTemporary = error.code == .loading || error.code == .masterDown || error.code == .busy
            return connection.finish(
                RedisFailure(isTemporary ? .unavailable : .refused, "\(connection.settings.endpoint): \(error)"))
        }
        connection.state = .open
        connection.opening.take()?.resume(returning: .success(()))
    }
}
