/// One message handed to one subscription, as the rules see it: the broker's side of a receipt.
struct Handover {
    /// What may become of it next.
    enum Expectation {
        /// Another call, not before `earliest`.
        case call
        /// A write to the dead letter topic.
        case deadLetter
        /// The source gets it back.
        case release
        /// Either, as the rules cannot tell: a breaker decided, the subscription ends, policies changed.
        case any
    }

    /// Why it may be acknowledged.
    enum Fate {
        case none
        case delivered
        case dropped
        case deadLettered
    }

    let source: Int
    let topic: Int
    /// Its place in the topic.
    let place: Int
    let event: Int
    let size: Int
    /// Those of one lane wait for each other; nil where it waits for none.
    let lane: Int?
    /// Settled by the engine or not.
    var isOpen = true
    var calls = 0
    var atApp = 0
    var failures: Int
    /// Failures before the present run of its policy, and when that began.
    var base: Int
    var runStart: UInt64?
    var earliest: UInt64 = 0
    var expectation = Expectation.call
    var fate = Fate.none
    /// Whether attempts are not followed exactly: policies changed, or a breaker has a say.
    var isLoose = false
}

/// One life of one subscription, from its start to its end, as the rules see it.
struct SourceRecord {
    let index: Int
    var open = 0
    var openBytes = 0
    /// Calls at the app that the engine waits for.
    var calls = 0
    /// Grows with each suspension: calls from before one are not waited for.
    var epoch = 0
    var lanes: [[Int]]
    /// Whether it knows its source, so that it can settle.
    var isStarted = false
    /// It ended before that: what it gave back then the broker hears later.
    var endedUnstarted = false
    /// Whether it may call the app.
    var mayCall = true
    var isCancelled = false
    /// Whether the engine starts nothing new and gives back what fails.
    var isEnding = false
    var delivered = 0
    var deadLettered = 0
    var releasedForGood = 0
    /// When calls began, where there is a rate.
    var begun: [UInt64] = []
}

/// What an event is, as far as it decides about its way.
enum EventKind {
    case plain
    /// No JSON: every look at it fails.
    case malformed
    /// It may leave before the app is called: it has expired, or no rule routes it.
    case leaves
}
