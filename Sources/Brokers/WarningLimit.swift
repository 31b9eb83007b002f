internal import Messaging

/// Lets through a few lines a minute and counts the others. Pure.
struct WarningLimit {
    /// Lines within one minute.
    static let linesMaximum = 6

    private var windowStart: Instant?
    private var lines = 0
    private var suppressed = 0

    /// The line to write, with the number of those that were left out before it; `nil` where it is left out itself.
    mutating func pass(_ line: String, now: Instant) -> String? {
        if windowStart.map({ now.elapsed(since: $0) >= .seconds(60) }) ?? true {
            windowStart = now
            lines = 0
        }
        guard lines < WarningLimit.linesMaximum else {
            suppressed += 1
            return nil
        }
        lines += 1
        defer { suppressed = 0 }
        return suppressed == 0 ? line : "\(line) (\(suppressed) lines were left out before)"
    }
}
