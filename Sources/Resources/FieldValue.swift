internal import Bytes
internal import Messaging

/// Reads the text of a setting as the type of its field.
enum FieldValue {
    /// Why a text is not of the type: the end of a sentence that begins with the value.
    struct Fault: Error, Equatable {
        var reason: String
    }

    static func parse(_ text: String, as type: FieldType) -> Result<SettingValue, Fault> {
        switch type {
        case .text: return .success(.text(text))
        case .bool: return .success(.bool(GoBool.isTruthy(text)))
        case .integer(let range): return integer(SpaceTrimming.trimmed(text), range)
        case .duration(let unit): return duration(SpaceTrimming.trimmed(text), unit)
        case .quantity:
            if let bytes = Quantity.parse(SpaceTrimming.trimmed(text)) { return .success(.integer(bytes)) }
            return .failure(Fault(reason: "is no size; write a number of bytes, or one with Ki, Mi or Gi"))
        case .choice(let words):
            let wanted = SpaceTrimming.trimmed(text)
            if let word = words.first(where: { ASCII.equalIgnoringCase($0, wanted) }) { return .success(.text(word)) }
            let hint = NearestName.hint(for: wanted, among: words)
            return .failure(Fault(reason: "is none of \(words.joined(separator: ", "))" + hint))
        }
    }

    private static func integer(_ text: String, _ range: ClosedRange<Int>) -> Result<SettingValue, Fault> {
        guard let number = Int(text) else {
            return .failure(Fault(reason: "is no whole number; write one from \(bounds(range))"))
        }
        guard range.contains(number) else {
            return .failure(Fault(reason: "is out of range; write a whole number from \(bounds(range))"))
        }
        return .success(.integer(number))
    }

    private static func bounds(_ range: ClosedRange<Int>) -> String {
        range.upperBound == .max ? "\(range.lowerBound) on" : "\(range.lowerBound) to \(range.upperBound)"
    }

    private static func duration(_ text: String, _ unit: Duration) -> Result<SettingValue, Fault> {
        if let number = Int32(text) { return .success(.duration(unit * Int(number))) }
        if let duration = GoDuration.parse(text) { return .success(.duration(duration)) }
        return .failure(
            Fault(reason: "is no duration; write one such as 1m30s, or a whole number of \(name(of: unit))"))
    }

    private static func name(of unit: Duration) -> String {
        switch unit {
        case .nanoseconds(1): "nanoseconds"
        case .microseconds(1): "microseconds"
        case .milliseconds(1): "milliseconds"
        case .seconds(1): "seconds"
        case .seconds(60): "minutes"
        case .seconds(3600): "hours"
        default: "\(unit)"
        }
    }
}
