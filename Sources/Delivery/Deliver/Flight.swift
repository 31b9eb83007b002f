internal import Events
internal import Messaging

/// One event between broker and settlement, beside its slot in the lane engine.
struct Flight {
    /// What the next attempt does.
    enum Stage {
        /// It was not looked at yet.
        case fresh
        /// It goes to the app.
        case app
        /// It goes to the dead letter topic.
        case deadLetter
    }

    var received: ReceivedMessage
    var stage = Stage.fresh
    var failures: Int
    var arrived: Instant
    var target: [UInt8] = []
    var body: [UInt8] = []
    /// Whether the event has trace attributes that are text; without them the app gets no `traceparent` at all.
    var carriesTrace = false
    var trace: TraceContext?
    var eventID = ""
    var wake = Wake.none

    init(_ received: ReceivedMessage, arrived: Instant) {
        self.received = received
        self.arrived = arrived
        failures = received.message.earlierAttempts
    }
}
