import AMQPClient
import Testing

struct ConfirmWindowTests {
    private typealias Window = ConfirmWindow<Int>

    private func filled(_ count: Int) -> Window {
        var window = Window()
        for waiter in 1...count { window.append(waiter) }
        return window
    }

    /// What a confirmation ends, as `waiter` or `-waiter` where it is not stored.
    private func confirm(_ window: inout Window, _ tag: UInt64, multiple: Bool = false, isStored: Bool = true) -> [Int]
    {
        var ended: [(waiter: Int, verdict: Window.Verdict)] = []
        #expect(window.confirmed(tag, multiple: multiple, isStored: isStored, into: &ended))
        return ended.map { $0.verdict == .stored ? $0.waiter : -$0.waiter }
    }

    @Test func `tags count from 1`() {
        var window = Window()
        #expect(window.append(7) == 1)
        #expect(window.append(8) == 2)
        #expect(window.count == 2)
    }

    @Test func `single confirmations come in any order, and a second one ends nothing`() {
        var window = filled(4)
        #expect(confirm(&window, 3) == [3])
        #expect(confirm(&window, 1, isStored: false) == [-1])
        #expect(confirm(&window, 3) == [])
        #expect(confirm(&window, 1) == [])
        #expect(confirm(&window, 2) == [2])
        #expect(confirm(&window, 4) == [4])
        #expect(window.count == 0)
    }

    @Test func `a multiple confirmation ends every open one up to its tag`() {
        var window = filled(6)
        #expect(confirm(&window, 2) == [2])
        #expect(confirm(&window, 4, multiple: true) == [1, 3, 4])
        #expect(confirm(&window, 3, multiple: true) == [])
        #expect(confirm(&window, 0, multiple: true, isStored: false) == [-5, -6])
    }

    @Test func `a confirmation of what was never published is an error`() {
        var window = filled(2)
        var ended: [(waiter: Int, verdict: Window.Verdict)] = []
        #expect(!window.confirmed(3, multiple: false, isStored: true, into: &ended))
        #expect(!window.confirmed(9, multiple: true, isStored: true, into: &ended))
        #expect(ended.isEmpty)
    }

    @Test func `what came back has failed although it is confirmed`() {
        var window = filled(4)
        #expect(window.returned { $0 == 2 })
        #expect(!window.returned { $0 == 2 })
        var ended: [(waiter: Int, verdict: Window.Verdict)] = []
        #expect(window.confirmed(3, multiple: true, isStored: true, into: &ended))
        #expect(ended.map(\.verdict) == [.stored, .returned, .stored])
    }

    @Test func `equal events that come back are told apart by their order`() {
        var window = filled(5)
        for _ in 0..<3 { #expect(window.returned { _ in true }) }
        var ended: [(waiter: Int, verdict: Window.Verdict)] = []
        #expect(window.confirmed(5, multiple: true, isStored: true, into: &ended))
        #expect(ended.map(\.verdict) == [.returned, .returned, .returned, .stored, .stored])
    }

    @Test func `an event that came back before the search's place is found too`() {
        var window = filled(4)
        #expect(window.returned { $0 == 3 })
        #expect(window.returned { $0 == 1 })
        #expect(!window.returned { $0 == 9 })
    }

    @Test func `what is abandoned is told once, and its confirmation ends nothing`() {
        var window = filled(4)
        #expect(window.abandon { $0 <= 2 } == [1, 2])
        #expect(window.oldest == 3)
        #expect(confirm(&window, 3, multiple: true) == [3])
        #expect(window.removeAll() == [4])
        #expect(window.append(9) == 1)
    }

    @Test func `tags go on over many thousand confirmations`() {
        var window = Window()
        var ended: [Int] = []
        for round in 0..<50 {
            for index in 0..<100 { window.append(round * 100 + index) }
            ended += confirm(&window, UInt64(round * 100 + 50), multiple: true)
            ended += confirm(&window, UInt64(round * 100 + 100), multiple: true)
        }
        #expect(ended == Array(0..<5_000))
        #expect(window.count == 0)
    }
}
