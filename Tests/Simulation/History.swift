import Messaging

/// What happened in one simulation, in its order: numbers while it runs, words when somebody reads it.
package struct History {
    /// What one line is about; `%` stand for the line's numbers.
    enum Kind: String {
        case configured = "— %"
        case published = "publisher: event % of topic %"
        case confirmed = "publisher: event % is stored (0) or not (1) or unknown (2): %"
        case connecting = "broker: a connection is tried"
        case connected = "broker: connected"
        case connectionFailed = "broker: the connection was refused"
        case connectionLost = "broker: the connection is lost"
        case subscribed = "subscription %: begins at topic %"
        case subscribeFailed = "subscription %: the broker refuses it"
        case paused = "subscription %: its source pauses"
        case resumed = "subscription %: its source goes on"
        case cancelled = "subscription %: its source is cancelled"
        case handed = "broker → subscription %: event % as delivery %"
        case vanished = "broker → subscription %: event % is lost on the way"
        case refusedSettlement = "broker: does not hear of delivery %"
        case requeued = "broker: event % of topic % waits again"
        case acknowledged = "subscription %: acknowledges delivery %"
        case released = "subscription %: gives delivery % back after % attempts"
        case deadLettered = "subscription %: writes delivery % to the dead letter topic"
        case deadLetterEnded = "broker: the dead letter of delivery % is stored (0) or not (1) or unknown (2): %"
        case called = "subscription % → app: delivery %, event %, in call %"
        case answered = "app: answers call % with %"
        case notAnswered = "app: call % gets no answer"
        case late = "app: call % was not answered in time"
        case appDown = "app: crashes"
        case appUp = "app: listens again"
        case appUnwell = "app: is unwell"
        case appWell = "app: is well"
        case reloading = "sidecar: subscription % is to begin anew"
        case draining = "subscription %: drains"
        case stopped = "subscription %: has ended"
        case suspended = "subscription %: is suspended"
        case wentOn = "subscription %: goes on"
        case replacing = "sidecar: the component is to be made anew"
        case newPolicies = "sidecar: its policies change"
        case killed = "sidecar: is killed"
        case stopping = "sidecar: is to end"
        case started = "sidecar: starts"
        case stalled = "machine: the process stands still for % ms"
        case clockSet = "machine: the wall clock is set by % ms"
        case healed = "— the faults are over"
        case ended = "— everything is settled"
    }

    private struct Line {
        let time: UInt64
        let kind: Kind
        let numbers: (Int, Int, Int, Int)
        let text: String
    }

    /// Lines that are kept; beyond them the oldest go.
    package static let limit = 20_000
    private var lines: [Line] = []
    private var first = 0
    /// All lines, those that went included.
    package private(set) var count = 0

    mutating func note(
        _ kind: Kind, at now: Instant, _ numbers: (Int, Int, Int, Int), text: String
    ) {
        count += 1
        let line = Line(time: now.nanoseconds, kind: kind, numbers: numbers, text: text)
        if lines.count < Self.limit { return lines.append(line) }
        lines[first] = line
        first = (first + 1) % Self.limit
    }

    /// How often each kind of line is there, by its words.
    package var kinds: [String: Int] { lines.reduce(into: [:]) { $0[$1.kind.rawValue, default: 0] += 1 } }

    /// The last lines, the newest last.
    package func text(last most: Int = Self.limit) -> String {
        let shown = min(most, lines.count)
        var text = shown < count ? "… \(count - shown) earlier lines\n" : ""
        for index in lines.count - shown..<lines.count { text += History.words(lines[(first + index) % lines.count]) }
        return text
    }

    private static func words(_ line: Line) -> String {
        let milliseconds = line.time / 1_000_000
        let numbers = [line.numbers.0, line.numbers.1, line.numbers.2, line.numbers.3]
        var next = 0
        var words = ""
        for character in line.kind.rawValue {
            guard character == "%" else {
                words.append(character)
                continue
            }
            words += line.text.isEmpty ? String(numbers[next]) : line.text
            next += 1
        }
        let fraction = String(1000 + milliseconds % 1000).dropFirst()
        return "\(milliseconds / 1000).\(fraction) s  \(words)\n"
    }
}
