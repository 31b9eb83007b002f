import Messaging
import MessagingTesting
import Testing

struct ManualSchedulerTests {
    final class Recorder: Sleeper, TurnParticipant {
        let scheduler: ManualScheduler
        var log: [String] = []
        var again = 0

        init(_ scheduler: ManualScheduler) { self.scheduler = scheduler }

        func wake(_ token: UInt64) {
            log.append("wake \(token)")
            scheduler.atTurnEnd(self)
        }

        func turnEnded() {
            log.append("turn")
            guard again > 0 else { return }
            again -= 1
            scheduler.atTurnEnd(self)
        }
    }

    @Test func `wake-ups come in the order of their moments, a turn ends after each`() {
        let scheduler = ManualScheduler()
        let recorder = Recorder(scheduler)
        _ = scheduler.wake(at: scheduler.now + .seconds(2), recorder, token: 2)
        _ = scheduler.wake(at: scheduler.now + .seconds(1), recorder, token: 1)
        let late = scheduler.wake(at: scheduler.now + .seconds(1), recorder, token: 3)
        scheduler.cancel(late)
        scheduler.advance(by: .milliseconds(1_999))
        #expect(recorder.log == ["wake 1", "turn"])
        scheduler.advance(by: .milliseconds(1))
        #expect(recorder.log == ["wake 1", "turn", "wake 2", "turn"])
        #expect(scheduler.pendingWakes == 0)
    }

    @Test func `work that asks for another end of the turn gets it in the same turn`() {
        let scheduler = ManualScheduler()
        let recorder = Recorder(scheduler)
        recorder.again = 3
        scheduler.atTurnEnd(recorder)
        scheduler.runTurn()
        #expect(recorder.log.count == 4)
    }

    @Test func `both clocks move together`() {
        let scheduler = ManualScheduler()
        let (now, wall) = (scheduler.now, scheduler.wallClock)
        scheduler.advance(by: .seconds(3))
        #expect(scheduler.now.elapsed(since: now) == .seconds(3))
        #expect(scheduler.wallClock - wall == 3_000_000_000)
    }
}
