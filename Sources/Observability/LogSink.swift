internal import Bytes
package import Loop

/// Where lines go and what all of them say.
package struct LogSettings: Sendable {
    /// How a line is written.
    package enum Format: Sendable {
        /// `time="…" level=info msg="…" app_id=… …`
        case text
        /// One JSON object with the same keys.
        case json
    }

    package var level: LogLevel = .info
    package var format: Format = .text
    /// Left out of the lines where it is empty.
    package var appID = ""
    /// The pod or host.
    package var instance = ""
    package var version = ""
    /// What each line on the console begins with, such as `== MARTLET == `. A file gets lines without it.
    package var prefix = ""

    package init() {}
}

/// Takes lines from any thread and writes each with one system call, within the bounds of `LogBudget`.
///
/// A line that the console does not take because its reader stands still is dropped and counted, too.
package final class LogSink: Sendable {
    package let settings: LogSettings
    private let console: LineOutput
    private let file: LineOutput?
    private let prefix: [UInt8]
    private let budget = Guarded(LogBudget())
    private let clock: @Sendable () -> Int64

    /// - Parameters:
    ///   - file: gets every line as well.
    ///   - clock: the wall clock in nanoseconds since 1970.
    package init(
        _ settings: LogSettings, console: LineOutput = .standard, file: LineOutput? = nil,
        clock: @escaping @Sendable () -> Int64 = ThisProcess.wallClock
    ) {
        self.settings = settings
        self.console = console
        self.file = file
        self.clock = clock
        prefix = Array(settings.prefix.utf8)
    }

    /// Lines that were dropped since the start. From any thread.
    package var droppedLines: Int { budget.withLock { $0.droppedEver } }

    func write(_ level: LogLevel, _ scope: String, _ message: String, _ fields: LogFields) {
        let now = clock()
        let decision = budget.withLock { $0.ask(for: level, at: now.quotientFlooring(1_000_000_000)) }
        if decision.droppedBefore > 0 {
            let text =
                "\(decision.droppedBefore) log lines were dropped: there were too many, or the reader of the log stood still"
            if !put(.warning, LogLine.scopeOfLog, text, [:], at: now) {
                budget.withLock { $0.refused(decision.droppedBefore, isReport: true) }
            }
        }
        guard decision.isAdmitted else { return }
        if !put(level, scope, message, fields, at: now) { budget.withLock { $0.refused(1) } }
    }

    private func put(_ level: LogLevel, _ scope: String, _ message: String, _ fields: LogFields, at now: Int64) -> Bool
    {
        let line = LogLine(level: level, time: now, scope: scope, message: message, fields: fields)
        var bytes = prefix
        line.append(to: &bytes, settings)
        var isTaken = console.write(bytes)
        if let file {
            bytes.removeFirst(prefix.count)
            isTaken = file.write(bytes) && isTaken
        }
        return isTaken
    }
}
