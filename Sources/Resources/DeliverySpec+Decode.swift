internal import Bytes
internal import Events
internal import YAML

extension DeliverySpec {
    private static let fields = [
        "schedule", "attempts", "deadline", "outcome", "retryAfter", "concurrency", "rate", "order",
    ]
    private static let mostAttempts = 1_000_000
    private static let mostConcurrency = 2_048
    /// Faults of one block that are told; further ones are not.
    private static let mostFaults = 100

    /// Reads the block of a resource; faults know their lines.
    /// - Parameter hasDeadLetter: whether the subscription has a dead letter topic that is another topic.
    init(_ node: YAMLNode, lineOffset: Int, hasDeadLetter: Bool) {
        // As JSON there is one reader for both ways to write the block.
        let text = ResourceJSON.text(of: node) ?? "{}"
        let json = (try? JSONValue.parseFirst(Array(text.utf8).rawSpan)) ?? .null
        self.init(json, hasDeadLetter: hasDeadLetter)
        for index in faults.indices {
            faults[index].line = DeliverySpec.line(of: faults[index].field, in: node) + lineOffset
        }
    }

    /// Reads the block of an app's own list.
    init(_ json: JSONValue, hasDeadLetter: Bool) {
        self.init()
        guard case .object = json else {
            if json != .null {
                fault("", "is no object; write the fields \(DeliverySpec.fields.joined(separator: ", "))")
            }
            return
        }
        refuseUnknown(json, in: "", DeliverySpec.fields)
        readSchedule(json)
        attempts = whole(json, "attempts", 1...DeliverySpec.mostAttempts)
        deadline = duration(json, "deadline", path: "deadline")
        readOutcomes(json)
        honoursRetryAfter = word(json, "retryAfter", ["honour", "ignore"]) == "honour"
        concurrency = whole(json, "concurrency", 1...DeliverySpec.mostConcurrency)
        rate = number(json, "rate", path: "rate", above: 0, to: 1_000_000)
        order = word(json, "order", Order.allCases.map(\.rawValue)).flatMap(Order.init)
        if !hasDeadLetter,
            noAnswer == .deadLetter || [statuses, classes].contains(where: { $0.values.contains(.deadLetter) })
        {
            fault("outcome", "deadLetter needs a deadLetterTopic that is another topic; name one")
        }
    }

    private mutating func readSchedule(_ json: JSONValue) {
        guard let value = present(json, "schedule") else { return }
        guard case .object = value else { return fault("schedule", "is no object; write initial, factor, cap, jitter") }
        refuseUnknown(value, in: "schedule.", ["initial", "factor", "cap", "jitter"])
        var schedule = Schedule()
        schedule.initial = duration(value, "initial", path: "schedule.initial") ?? schedule.initial
        schedule.cap = duration(value, "cap", path: "schedule.cap") ?? max(schedule.cap, schedule.initial)
        if let factor = number(value, "factor", path: "schedule.factor", above: 0.99, to: 100) {
            schedule.factorPercent = Int((factor * 100).rounded())
        }
        schedule.jitter = number(value, "jitter", path: "schedule.jitter", above: -0.001, to: 1) ?? 0
        if schedule.cap < schedule.initial { fault("schedule.cap", "is shorter than schedule.initial") }
        self.schedule = schedule
    }

    private mutating func readOutcomes(_ json: JSONValue) {
        guard let value = present(json, "outcome") else { return }
        guard case .object(let members) = value else {
            return fault("outcome", "is no object; write a status, a class such as 5xx, or error, each with an outcome")
        }
        let words = Outcome.allCases.map(\.rawValue)
        for member in members {
            guard let outcome = word(value, member.name, words, path: "outcome.\(member.name)").flatMap(Outcome.init)
            else { continue }
            if let status = Int(member.name), (100...599).contains(status) {
                statuses[status] = outcome
            } else if let family = DeliverySpec.family(member.name) {
                classes[family] = outcome
            } else if member.name == "error" {
                noAnswer = outcome
            } else {
                fault(
                    "outcome.\(member.name)",
                    "is no status; write one from 100 to 599, a class from 1xx to 5xx, or error for no answer")
            }
        }
    }

    /// `5xx` is 5.
    private static func family(_ name: String) -> Int? {
        guard name.utf8.count == 3, name.lowercased().hasSuffix("xx"), let digit = name.first?.wholeNumberValue else {
            return nil
        }
        return (1...5).contains(digit) ? digit : nil
    }

    // MARK: Values

    private mutating func fault(_ field: String, _ reason: String) {
        guard faults.count < DeliverySpec.mostFaults else { return }
        faults.append(Fault(field: field.isEmpty ? "delivery" : "delivery." + field, line: 0, reason: reason))
    }

    private mutating func refuseUnknown(_ json: JSONValue, in path: String, _ known: [String]) {
        guard case .object(let members) = json else { return }
        for member in members where !known.contains(where: { ASCII.equalIgnoringCase($0, member.name) }) {
            fault(path + member.name, "unknown field" + NearestName.hint(for: member.name, among: known))
        }
    }

    private func present(_ json: JSONValue, _ field: String) -> JSONValue? {
        guard let value = json[ignoringCase: field], value != .null else { return nil }
        return value
    }

    private mutating func duration(_ json: JSONValue, _ field: String, path: String) -> Duration? {
        guard let value = present(json, field) else { return nil }
        if let text = value.text, let duration = GoDuration.parse(text), duration > .zero { return duration }
        fault(path, "is no duration above zero; write one with its unit, such as 500ms or 1m30s")
        return nil
    }

    private mutating func number(
        _ json: JSONValue, _ field: String, path: String, above low: Double, to high: Double
    ) -> Double? {
        guard let value = present(json, field) else { return nil }
        if case .number(let literal) = value, let number = Double(literal), number > low, number <= high {
            return max(number, 0)
        }
        let least = low == 0 ? "above 0" : "from \(low < 0 ? 0 : 1)"
        fault(path, "is no number \(least) up to \(Int(high))")
        return nil
    }

    private mutating func whole(_ json: JSONValue, _ field: String, _ range: ClosedRange<Int>) -> Int? {
        guard let value = present(json, field) else { return nil }
        if case .number(let literal) = value, let number = Int(literal), range.contains(number) { return number }
        fault(field, "is no whole number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    private mutating func word(
        _ json: JSONValue, _ field: String, _ words: [String], path: String? = nil
    ) -> String? {
        guard let value = present(json, field) else { return nil }
        let given = value.text ?? ""
        if let word = words.first(where: { ASCII.equalIgnoringCase($0, given) }) { return word }
        let hint = NearestName.hint(for: given, among: words)
        fault(path ?? field, "is none of \(words.joined(separator: ", "))" + hint)
        return nil
    }

    // MARK: Lines

    /// The line of a field such as `delivery.schedule.initial` in the node of the block; that of the nearest one around it where it is not there.
    private static func line(of field: String, in node: YAMLNode) -> Int {
        var place = node
        var line = node.mark.line
        for name in field.split(separator: ".").dropFirst() {
            guard case .mapping(let entries) = place.content,
                let entry = entries.last(where: {
                    ASCII.equalIgnoringCase(DocumentReader.text($0.key) ?? "", String(name))
                })
            else { break }
            line = entry.key.mark.line
            place = entry.value
        }
        return line
    }
}
