internal import Events
internal import Messaging

/// One event between broker and settlement, beside its slot in the lane engine.
final class Flight {
    /// What the next attempt does.
    enum Stage {
        /// It was not looked at yet.
        case fresh
        /// It goes to the app.
        case app
        /// It goes to the dead letter topic.
        case deadLetter
    }

    private(set) var received: ReceivedMessage
    var stage = Stage.fresh
    var failures: Int
    /// Whether its source wants it back instead of another attempt.
    var isRecalled = false
    private(set) var arrived: Instant
    var target: [UInt8] = []
    /// What the message turned out to be, once it was looked at.
    var event: IncomingEvent?
    var wake = Wake.none
    /// What its policy keeps; nil where there is none, and before its first call.
    var run: PolicyRun?
    /// When the latest call to the app began, and its span; nil where it has none.
    var called = Instant(nanoseconds: 0)
    var span: TraceContext?

    /// The event's id, for logs; it is read out of the bytes only when somebody asks.
    var eventID: String { event?.id ?? "" }

    init(_ received: ReceivedMessage, arrived: Instant) {
        self.received = received
        self.arrived = arrived
        failures = received.message.earlierAttempts
    }

    /// Begins anew with another message. For who holds the only reference.
    func begin(_ received: ReceivedMessage, arrived: Instant) {
        self.received = received
        self.arrived = arrived
        failures = received.message.earlierAttempts
        stage = .fresh
        isRecalled = false
        event = nil
        wake = .none
        run = nil
        span = nil
    }
}
