internal import Bytes
internal import Events
internal import Rules
internal import YAML

/// One policy while it is read: where it stands, and what is wrong in it.
struct PolicyPlace {
    /// The codes of a family.
    enum Codes {
        case http
        case grpc

        var field: String { self == .http ? "httpStatusCodes" : "gRPCStatusCodes" }
        var range: ClosedRange<Int> { self == .http ? 100...599 : 0...16 }
    }

    /// What a fault begins with, such as `invalid retry configuration "r"`.
    private let subject: String
    private let path: String
    private let object: DocumentReader.Object
    private let lineOffset: Int

    init(_ subject: String, _ path: String, _ object: DocumentReader.Object, _ reader: DocumentReader) {
        self.subject = subject
        self.path = path
        self.object = object
        lineOffset = reader.lineOffset
    }

    func fault(
        _ field: String, _ reason: String, severity: Finding.Severity = .error, _ faults: inout [ResiliencyFault]
    ) {
        let mark = object.value(field)?.mark ?? object.mark
        faults.append(
            ResiliencyFault(
                severity: severity, field: path + "." + field, line: mark.line + lineOffset,
                text: "\(subject): \(reason)"))
    }

    /// The duration of a field: Go's notation, or a whole number of milliseconds; nil where it is empty or none.
    func duration(_ text: String, _ field: String, _ faults: inout [ResiliencyFault]) -> Duration? {
        guard !text.isEmpty else { return nil }
        if let duration = PolicyPlace.duration(text) { return duration }
        fault(field, "error decoding '\(field)': invalid duration \"\(text)\"; write one such as 1m30s", &faults)
        return nil
    }

    /// The duration of a timeout, which is the whole policy.
    func timeout(_ text: String, _ faults: inout [ResiliencyFault]) -> Duration? {
        if let duration = PolicyPlace.duration(text) { return duration }
        faults.append(
            ResiliencyFault(
                field: path, line: object.mark.line + lineOffset,
                text: "\(subject): time: invalid duration \"\(text)\"; write one such as 1m30s"))
        return nil
    }

    private static func duration(_ text: String) -> Duration? {
        if let milliseconds = Int32(text) { return .milliseconds(milliseconds) }
        return GoDuration.parse(text)
    }

    /// The ranges of a list of codes such as `429,500-599`; nil where it is empty.
    func codes(_ text: String, _ family: Codes, _ faults: inout [ResiliencyFault]) -> [ClosedRange<Int>]? {
        guard !text.isEmpty else { return nil }
        var ranges: [ClosedRange<Int>] = []
        for pattern in text.split(separator: ",") {
            let ends = pattern.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            if (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
                family.range.contains(first), family.range.contains(last), first <= last
            {
                ranges.append(first...last)
            } else {
                let bounds = "\(family.range.lowerBound) to \(family.range.upperBound)"
                let reason =
                    "error decoding 'matching.\(family.field)': invalid pattern \(pattern); write codes from \(bounds) and "
                    + "ranges of them, separated by commas without spaces"
                fault("matching", reason, &faults)
            }
        }
        return ranges
    }

    /// Compiles the condition of a breaker and tries it: a name that it does not know would keep it closed for ever.
    func check(trip: String, _ faults: inout [ResiliencyFault]) {
        guard !trip.isEmpty else { return }
        let variables = ResiliencySpec.tripVariables
        do {
            let rule = try Rule(trip, numbers: variables)
            _ = try rule.matches(
                RuleEvent(.object(variables.map { JSONMember(name: $0, value: .number("1")) })))
        } catch  where error.isEvaluation {
            let name = error.message.split(separator: " ").last.map(String.init) ?? ""
            let hint = NearestName.hint(for: name, among: variables)
            let reason =
                "the condition `\(trip)` cannot be decided, and the breaker never opens: \(error.message)\(hint)"
            fault("trip", reason, severity: .warning, &faults)
        } catch {
            fault("trip", "error decoding 'trip': invalid expression `\(trip)`: \(error.message)", &faults)
        }
    }
}
