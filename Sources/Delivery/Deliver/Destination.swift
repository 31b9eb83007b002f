package import Events
package import Messaging

/// One call to the app.
package struct AppCall {
    /// The request target, normalised and escaped.
    package var target: [UInt8]
    /// The envelope.
    package var body: [UInt8]
    /// The pairs that came with the message.
    package var metadata: Metadata
    /// The component that the event came through; the app sees it beside the metadata.
    package var pubsub: String
    /// Whether the body is a bulk envelope, which is plain JSON, and no event.
    package var isBulk: Bool
    /// The span of the delivery; nil where the app gets no `traceparent` at all.
    package var trace: TraceContext?

    package init(
        target: [UInt8], body: [UInt8], metadata: Metadata, pubsub: String, isBulk: Bool = false, trace: TraceContext?
    ) {
        self.target = target
        self.body = body
        self.metadata = metadata
        self.pubsub = pubsub
        self.isBulk = isBulk
        self.trace = trace
    }
}

/// What came of a call.
package enum AppAnswer {
    /// The app answered.
    case answered(status: Int, body: [UInt8])
    /// It did not: refused, reset, too late, unhealthy. Whether it saw the event is unknown.
    case failed(reason: String)
}

/// Who waits for the answer of the app.
package protocol AppCallCompletion: AnyObject {
    /// Called once for each call, never from inside `deliver`.
    func answered(_ answer: AppAnswer, token: UInt64)
    /// The same, where the app said when to come again: after `retryAfter`. Called instead, never besides.
    func answered(_ answer: AppAnswer, retryAfter: Duration, token: UInt64)
    /// Whether a call that has not begun yet is still wanted; one that is not is left out without an answer.
    func wants(_ token: UInt64) -> Bool
}

extension AppCallCompletion {
    package func answered(_ answer: AppAnswer, retryAfter: Duration, token: UInt64) { answered(answer, token: token) }
    package func wants(_ token: UInt64) -> Bool { true }
}

/// The app as a place where events go. `AppChannels` implements it.
package protocol Destination: AnyObject {
    /// Starts a call.
    /// - Parameter deadline: when to give up waiting; nil waits as long as the connection lives.
    func deliver(_ call: AppCall, deadline: Instant?, completion: any AppCallCompletion, token: UInt64)
}
