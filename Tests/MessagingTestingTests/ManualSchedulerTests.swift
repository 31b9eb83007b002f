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

    @Test func `what is taken back does not come, and is not the next`() {
        let scheduler = ManualScheduler()
        let recorder = Recorder(scheduler)
        let first = scheduler.wake(at: scheduler.now + .milliseconds(1), recorder, token: 1)
        _ = scheduler.wake(at: scheduler.now + .milliseconds(2), recorder, token: 2)
        scheduler.cancel(first)
        scheduler.cancel(first)
        #expect(scheduler.pendingWakes == 1)
        #expect(scheduler.nextWake == scheduler.now + .milliseconds(2))
        scheduler.advance(by: .seconds(1))
        #expect(recorder.log == ["wake 2", "turn"])
        #expect(scheduler.nextWake == nil)
    }

    /// Takes another wake-up back when it is woken.
    final class Canceller: Sleeper {
        let scheduler: ManualScheduler
        var other = Wake.none

        init(_ scheduler: ManualScheduler) { self.scheduler = scheduler }

        func wake(_ token: UInt64) { scheduler.cancel(other) }
    }

    @Test func `after a stall what fell due comes in one turn, but for what is taken back in it`() {
        let scheduler = ManualScheduler()
        let recorder = Recorder(scheduler)
        let canceller = Canceller(scheduler)
        _ = scheduler.wake(at: scheduler.now + .seconds(1), recorder, token: 1)
        _ = scheduler.wake(at: scheduler.now + .seconds(2), canceller, token: 0)
        canceller.other = scheduler.wake(at: scheduler.now + .seconds(3), recorder, token: 2)
        _ = scheduler.wake(at: scheduler.now + .seconds(4), recorder, token: 3)
        _ = scheduler.wake(at: scheduler.now + .seconds(99), recorder, token: 4)
        let (now, wall) = (scheduler.now, scheduler.wallClock)
        scheduler.stall(for: .seconds(60))
        #expect(recorder.log == ["wake 1", "wake 3", "turn", "turn"])
        #expect(scheduler.now == now + .seconds(60) && scheduler.wallClock == wall + 60_000_000_000)
        #expect(scheduler.pendingWakes == 1)
    }

    @Test func `of many wake-ups each comes in its place`() {
        let scheduler = ManualScheduler()
        let recorder = Recorder(scheduler)
        func moment(_ token: UInt64) -> UInt64 { token * 7919 % 1009 }
        let wakes = (UInt64(0)..<1000).map { token in
            scheduler.wake(at: scheduler.now + .milliseconds(Int64(moment(token))), recorder, token: token)
        }
        for index in wakes.indices where index.isMultiple(of: 3) { scheduler.cancel(wakes[index]) }
        scheduler.advance(by: .seconds(2))
        let expected = (UInt64(0)..<1000).filter { !$0.isMultiple(of: 3) }.sorted { moment($0) < moment($1) }
        #expect(recorder.log.filter { $0 != "turn" } == expected.map { "wake \($0)" })
    }
}
