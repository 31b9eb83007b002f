import Delivery
import Messaging

/// Calls and answers that go wrong between the engine and the app. Every seventh, so that the rest looks well.
final class PlantedDestination: Destination {
    private let bug: PlantedBug
    private let destination: any Destination
    private let world: World
    private var count = 0

    init(_ bug: PlantedBug, _ destination: any Destination, _ world: World) {
        self.bug = bug
        self.destination = destination
        self.world = world
    }

    func deliver(_ call: AppCall, deadline: Instant?, completion: any AppCallCompletion, token: UInt64) {
        count += 1
        guard count.isMultiple(of: 7) else {
            return destination.deliver(call, deadline: deadline, completion: completion, token: token)
        }
        switch bug {
        case .leaksLane: destination.deliver(call, deadline: deadline, completion: Deaf(), token: token)
        case .callsTwice:
            destination.deliver(call, deadline: deadline, completion: completion, token: token)
            destination.deliver(call, deadline: deadline, completion: Deaf(), token: token)
        case .changesBytes:
            var call = call
            call.body.append(0x20)
            destination.deliver(call, deadline: deadline, completion: completion, token: token)
        default:
            world.later(40_000) { [destination] _ in
                destination.deliver(
                    call, deadline: deadline.map { $0 + .seconds(40) }, completion: completion, token: token)
            }
        }
    }
}

/// Hears nothing.
private final class Deaf: AppCallCompletion {
    func answered(_ answer: AppAnswer, token: UInt64) {}
}
