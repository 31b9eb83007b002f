import HTTP
import Messaging
import Testing

@Suite struct TimerTests {
    static let settings: HTTPServerSettings = {
        var settings = HTTPServerSettings()
        settings.headTimeout = .seconds(10)
        settings.idleTimeout = .seconds(120)
        settings.bodyTimeout = .seconds(30)
        settings.bodyBytesPerSecond = 1000
        settings.writeTimeout = .seconds(20)
        settings.lingerTimeout = .seconds(1)
        return settings
    }()

    static func at(_ seconds: Int) -> Instant { Instant(nanoseconds: UInt64(seconds) * 1_000_000_000) }

    struct Case: CustomStringConvertible, Sendable {
        var phase: HTTPConnectionTimer.Phase
        var request: Int
        var bodyBytes = 0
        var due: Int?
        var description: String { "\(phase) \(request) \(bodyBytes)" }
    }

    static let cases = [
        Case(phase: .idle, request: 0, due: 10), Case(phase: .idle, request: 1, due: 220),
        Case(phase: .head, request: 1, due: 110), Case(phase: .body, request: 1, due: 130),
        Case(phase: .body, request: 1, bodyBytes: 5999, due: 135), Case(phase: .handling, request: 1, due: nil),
        Case(phase: .lingering, request: 1, due: 101),
    ]

    @Test(arguments: cases) func `each phase has its deadline`(_ one: Case) {
        var timer = HTTPConnectionTimer(TimerTests.settings, now: TimerTests.at(0))
        timer.enter(one.phase, request: one.request, now: TimerTests.at(100))
        #expect(timer.due(bodyBytes: one.bodyBytes) == one.due.map(TimerTests.at))
        guard let due = one.due else { return }
        #expect(timer.expiry(bodyBytes: one.bodyBytes, now: TimerTests.at(due - 1)) == nil)
        #expect(timer.expiry(bodyBytes: one.bodyBytes, now: TimerTests.at(due)) == .phase(one.phase))
    }

    @Test func `bytes that dribble in do not move the deadline of a head and the next head does`() {
        var timer = HTTPConnectionTimer(TimerTests.settings, now: TimerTests.at(0))
        timer.enter(.head, request: 0, now: TimerTests.at(1))
        timer.enter(.head, request: 0, now: TimerTests.at(9))
        #expect(timer.due(bodyBytes: 0) == TimerTests.at(11))
        timer.enter(.head, request: 1, now: TimerTests.at(9))
        #expect(timer.due(bodyBytes: 0) == TimerTests.at(19))
    }

    @Test func `output that nobody takes is overdue and each byte taken begins anew`() {
        var timer = HTTPConnectionTimer(TimerTests.settings, now: TimerTests.at(0))
        timer.enter(.handling, request: 1, now: TimerTests.at(0))
        timer.outputWaits(true, taken: 5, now: TimerTests.at(1))
        timer.outputWaits(true, taken: 5, now: TimerTests.at(10))
        #expect(timer.due(bodyBytes: 0) == TimerTests.at(21))
        timer.outputWaits(true, taken: 6, now: TimerTests.at(11))
        #expect(timer.expiry(bodyBytes: 0, now: TimerTests.at(30)) == nil)
        #expect(timer.expiry(bodyBytes: 0, now: TimerTests.at(31)) == .output)
        timer.outputWaits(false, taken: 9, now: TimerTests.at(31))
        #expect(timer.expiry(bodyBytes: 0, now: TimerTests.at(99)) == nil)
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
    ]) func `a date is written as RFC 9110 wants it`(_ seconds: Int, _ text: String) {
        #expect(String(decoding: HTTPDateField.format(seconds: seconds), as: UTF8.self) == "Date: \(text)\r\n")
    }
}
