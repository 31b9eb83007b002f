internal import Loop
internal import Messaging

/// When a log does what can wait: a second after the first work, then as long as there is work every second, else seldom, for the retention's sake.
struct LogUpkeep {
    private let longest: Duration
    private var wake = Wake.none
    private var isBusy = false
    private var isSoon = false

    init(retention: Int64) {
        longest = min(.seconds(60), max(.seconds(1), .milliseconds(retention / 4)))
    }

    /// Something was written.
    mutating func noteWork(_ log: EventLog, _ loop: EventLoop) {
        isBusy = true
        guard !isSoon else { return }
        arm(log, loop)
    }

    /// The time has come.
    mutating func fired() { wake = .none }

    /// Chooses the next time.
    mutating func again(_ log: EventLog, _ loop: EventLoop) {
        arm(log, loop)
        isBusy = false
    }

    mutating func stop(_ loop: EventLoop) { loop.cancel(wake) }

    private mutating func arm(_ log: EventLog, _ loop: EventLoop) {
        loop.cancel(wake)
        isSoon = isBusy
        wake = loop.wake(at: loop.now + (isBusy ? .seconds(1) : longest), log, token: EventLog.Token.upkeep)
    }
}
