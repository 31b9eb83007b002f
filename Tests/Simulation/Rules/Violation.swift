/// What holds at every moment of every simulation.
package enum Invariant: String, CaseIterable, Sendable {
    case nothingLost = "what is confirmed is delivered, dead-lettered, dropped on purpose, or at the broker"
    case settledOnce = "a delivery is settled once"
    case nothingStanding = "without faults everything is settled in bounded time"
    case boundsKept = "bounds are kept"
    case orderKept = "events of one lane go to the app one after the other, in their order"
    case scheduleKept = "attempts and their waits are those of the policy"
    case nothingAfterEnd = "a subscription that ended or is suspended calls nobody"
    case bytesKept = "the app and the dead letter topic get what was published"
    case accountsAgree = "the engine counts what there is"
    case publisherTold = "each publish ends once, and truthfully"
}

/// An invariant that does not hold, and how it showed.
package struct Violation: Error, Sendable {
    package let invariant: Invariant
    package let details: String
}
