import Messaging

/// Something that happens to the world at one moment.
enum Action {
    case publish(Int)
    case loseConnection
    case crashApp(milliseconds: Int)
    case unwell(milliseconds: Int)
    case reload(Int)
    case replaceComponent
    case newPolicies
    case kill(milliseconds: Int)
    case restart
    case stall(milliseconds: Int)
    case setClock(milliseconds: Int)

    /// Numbers that `drawn` tells apart.
    static let count = 22

    static func drawn(_ dice: Dice, _ scenario: Scenario) -> Action {
        let number = dice.below(count)
        return switch dice.chance(600) ? scenario.favourite ?? number : number {
        case 0...4: .loseConnection
        case 5...7: .crashApp(milliseconds: dice.milliseconds(100...600_000))
        case 8...10: .unwell(milliseconds: dice.milliseconds(100...600_000))
        case 11...13: .reload(dice.below(scenario.subscriptions.count))
        case 14: .replaceComponent
        case 15: .newPolicies
        case 16...17: .kill(milliseconds: dice.milliseconds(1...60_000))
        case 18: .restart
        case 19...20: .stall(milliseconds: dice.milliseconds(10...300_000))
        default: .setClock(milliseconds: dice.pick([-1, 1]) * dice.milliseconds(10...7_200_000))
        }
    }

    func happen(in world: World) {
        switch self {
        case .publish(let topic): world.publish(topic: topic)
        case .loseConnection: world.sidecar.pubSub.lose()
        case .crashApp(let milliseconds):
            world.app.crash()
            world.later(milliseconds) { $0.app.restart() }
        case .unwell(let milliseconds):
            world.note(.appUnwell)
            world.sidecar.followHealth(isWell: false)
            world.later(milliseconds) {
                $0.note(.appWell)
                $0.sidecar.followHealth(isWell: true)
            }
        case .reload(let index): world.sidecar.reload(index)
        case .replaceComponent: world.sidecar.replaceComponent()
        case .newPolicies: world.changePolicies()
        case .kill(let milliseconds):
            world.killSidecar()
            world.later(milliseconds) { $0.startAgain() }
        case .restart:
            world.sidecar.shutDown()
            world.later(60_000) { $0.startAgain() }
        case .stall(let milliseconds):
            world.note(.stalled, milliseconds)
            world.clock.stall(for: .milliseconds(milliseconds))
        case .setClock(let milliseconds):
            world.note(.clockSet, milliseconds)
            world.clock.wallClock += Int64(milliseconds) * 1_000_000
        }
    }
}
