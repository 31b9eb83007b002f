import Delivery
import Messaging

/// A mistake that is put between the engine and what is around it, as if the engine made it; to see that the rules find it.
package enum PlantedBug: String, CaseIterable, Sendable {
    case acknowledgesBeforeSuccess
    case acknowledgesWhatFailed
    case forgetsRelease
    case settlesTwice
    /// An answer of the app gets lost: its slot and its lane stay taken.
    case leaksLane
    case takesRefusedDeadLetterForStored
    case forgetsKeys
    case callsTwice
    case callsLate
    case changesBytes
    case forgetsCredit
    case forgetsToGoOn

    func wrap(_ destination: any Destination, _ world: World) -> any Destination {
        switch self {
        case .leaksLane, .callsTwice, .callsLate, .changesBytes: PlantedDestination(self, destination, world)
        default: destination
        }
    }

    func wrap(_ pubSub: SimulatedPubSub, _ world: World) -> any PubSub { PlantedPubSub(self, pubSub, world) }
}
