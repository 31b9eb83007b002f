internal import Bytes

/// The greeting of AMQP 0-9-1 (section 2.2.4), step by step. Pure: what the broker says in, what we answer out.
struct RabbitMQGreeting {
    /// What we take: frames up to this size, and as many channels.
    static let frameSizeMaximum: UInt32 = 131_072
    static let channelsMaximum: UInt16 = 2_047
    /// The protocol's least frame size: a broker that agrees on less breaks it.
    static let frameSizeMinimum: UInt32 = 4_096
    static let protocolHeader: [UInt8] = Array("AMQP".utf8) + [0, 0, 9, 1]

    enum Step {
        /// Say this, and go on.
        case say([AMQPRequest])
        /// The connection is open.
        case open
    }

    private enum State {
        case start
        case tune
        case open
    }

    private let settings: RabbitMQConnectionSettings
    private var state = State.start
    /// What was agreed.
    private(set) var frameSize = RabbitMQGreeting.frameSizeMinimum
    private(set) var channels: UInt16 = 1
    private(set) var heartbeat: UInt16 = 0

    init(_ settings: RabbitMQConnectionSettings) { self.settings = settings }

    mutating func take(_ method: AMQPMethod) throws(RabbitMQFailure) -> Step {
        switch (state, method) {
        case (.start, .start(let mechanisms, _)):
            state = .tune
            return .say([try startOK(mechanisms)])
        case (.tune, .tune(let channels, let frameSize, let heartbeat)):
            state = .open
            try agree(channels, frameSize, heartbeat)
            return .say([
                .tuneOK(channels: self.channels, frameSize: self.frameSize, heartbeat: self.heartbeat),
                .open(virtualHost: settings.virtualHost),
            ])
        case (.open, .openOK): return .open
        case (_, .close(let code, let text)): throw RabbitMQGreeting.refusal(code, text, settings)
        default: throw RabbitMQFailure(.protocolViolation, "the broker greets out of turn; is it RabbitMQ?")
        }
    }

    private func startOK(_ mechanisms: String) throws(RabbitMQFailure) -> AMQPRequest {
        let mechanism = settings.usesExternal ? "EXTERNAL" : "PLAIN"
        guard mechanisms.split(separator: " ").contains(where: { $0 == mechanism }) else {
            let advice =
                settings.usesExternal
                ? "enable the plugin rabbitmq_auth_mechanism_ssl, and EXTERNAL in auth_mechanisms"
                : "set saslExternal, or allow PLAIN in auth_mechanisms"
            throw RabbitMQFailure(
                .refused, "\(settings.endpoint): the broker offers \(mechanisms), not \(mechanism); \(advice)")
        }
        let capabilities = AMQPTable(
            [
                "publisher_confirms", "consumer_cancel_notify", "basic.nack", "connection.blocked",
                "authentication_failure_close",
            ].map { ($0, AMQPValue.bool(true)) })
        let properties = AMQPTable([
            ("product", .text("Martlet")), ("platform", .text("Swift, rabbitmq-c \(AMQPCodec.libraryVersion)")),
            ("connection_name", .text(settings.name)), ("capabilities", .table(capabilities)),
        ])
        let response =
            settings.usesExternal ? [] : [0] + Array(settings.username.utf8) + [0] + Array(settings.password.utf8)
        return .startOK(clientProperties: properties, mechanism: mechanism, response: response)
    }

    private mutating func agree(
        _ channels: UInt16, _ frameSize: UInt32, _ heartbeat: UInt16
    ) throws(RabbitMQFailure) {
        func lesser<Number: BinaryInteger>(_ ours: Number, _ theirs: Number) -> Number {
            ours == 0 || theirs == 0 ? max(ours, theirs) : min(ours, theirs)
        }
        self.channels = lesser(RabbitMQGreeting.channelsMaximum, channels)
        self.frameSize = lesser(RabbitMQGreeting.frameSizeMaximum, frameSize)
        self.heartbeat = lesser(settings.heartbeat, heartbeat)
        guard self.frameSize >= RabbitMQGreeting.frameSizeMinimum else {
            throw RabbitMQFailure(
                .protocolViolation,
                "\(settings.endpoint): the broker wants frames of \(frameSize) bytes, AMQP has 4096 at least"
            )
        }
    }

    /// The broker closes during the greeting.
    static func refusal(_ code: UInt16, _ text: String, _ settings: RabbitMQConnectionSettings) -> RabbitMQFailure {
        let said = "\(settings.endpoint): the broker refuses the connection: \(text)"
        switch code {
        case 403:
            let advice =
                settings.usesExternal
                ? "check that the broker has a user with the name in clientCert"
                : "check user and password in connectionString, and that the user may come from here (guest may from localhost only)"
            return RabbitMQFailure(.refused, "\(said); \(advice)", nativeCode: 403)
        case 530:
            return RabbitMQFailure(
                .refused,
                "\(said); check the virtual host, which is the path of connectionString, and the user's permissions there",
                nativeCode: 530)
        // The broker is starting or ending, or has all connections that it allows.
        case 320, 541, 506: return RabbitMQFailure(.unavailable, said, nativeCode: Int(code))
        default: return RabbitMQFailure(.refused, said, nativeCode: Int(code))
        }
    }

    /// What an open connection that the broker closes ends with.
    static func closed(_ code: UInt16, _ text: String, _ settings: RabbitMQConnectionSettings) -> RabbitMQFailure {
        RabbitMQFailure(
            .unavailable, "\(settings.endpoint): the broker closed the connection: \(text)", nativeCode: Int(code))
    }
}
