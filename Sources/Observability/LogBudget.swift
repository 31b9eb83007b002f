/// Decides which lines are written when there are too many. Pure: it is told the second.
///
/// Lines up to warnings share one number a second, errors have the same number again, and a fatal line is always written.
struct LogBudget {
    static let linesPerSecond = 2_000

    /// What to do with a line.
    struct Decision: Equatable {
        var isAdmitted: Bool
        /// How many lines were dropped before it and not reported yet: say so first.
        var droppedBefore: Int
    }

    private var second = Int64.min
    private var routine = 0
    private var errors = 0
    private var dropped = 0
    /// Lines that were dropped since the start, those that are reported included.
    private(set) var droppedEver = 0

    /// Asks for a line. What was dropped is reported with the first line of a later second.
    mutating func ask(for level: LogLevel, at second: Int64) -> Decision {
        var droppedBefore = 0
        if second != self.second {
            self.second = second
            (routine, errors) = (0, 0)
            swap(&droppedBefore, &dropped)
        }
        let isAdmitted = admits(level)
        if !isAdmitted {
            dropped += 1
            droppedEver += 1
        }
        return Decision(isAdmitted: isAdmitted, droppedBefore: droppedBefore)
    }

    /// Lines that the output did not take; `isReport` where it was the line that tells of dropped ones.
    mutating func refused(_ count: Int, isReport: Bool = false) {
        dropped += count
        if !isReport { droppedEver += count }
    }

    private mutating func admits(_ level: LogLevel) -> Bool {
        switch level {
        case .debug, .info, .warning:
            routine += 1
            return routine <= LogBudget.linesPerSecond
        case .error:
            errors += 1
            return errors <= LogBudget.linesPerSecond
        case .fatal:
            return true
        }
    }
}
