internal import Bytes

/// What a command line said, by flag. Every value that is here fits the kind of its flag.
package struct OptionValues: Sendable {
    private var values: [String: [String]] = [:]
    /// What is no flag, in order, without the `--` that ends the flags.
    package internal(set) var rest: [String] = []

    private let flags: [String: OptionFlag]

    init(_ flags: [OptionFlag]) { self.flags = Dictionary(flags.map { ($0.name, $0) }) { first, _ in first } }

    mutating func add(_ value: String, to flag: OptionFlag) {
        switch flag.kind {
        case .list: values[flag.name, default: []] += OptionValues.split(value)
        case .texts: values[flag.name, default: []].append(value)
        case .text, .toggle, .integer, .natural, .duration: values[flag.name] = [value]
        }
    }

    /// The flags that were given something; an empty text counts as nothing.
    package var given: Set<String> { Set(values.filter { $0.value.contains { !$0.isEmpty } }.keys) }

    /// Whether a flag was given.
    package func isGiven(_ name: String) -> Bool { values[name] != nil }

    /// The last value, or the default; the empty text where there is neither.
    package func text(_ name: String) -> String { values[name]?.last ?? flags[name]?.defaultText ?? "" }

    package func list(_ name: String) -> [String] { values[name] ?? [] }

    package func toggle(_ name: String) -> Bool { GoBool.strict(text(name)) ?? false }

    package func integer(_ name: String) -> Int { Int(text(name)) ?? 0 }

    package func duration(_ name: String) -> Duration { GoDuration.parse(text(name)) ?? .zero }

    /// The parts between commas; a part in double quotes may have commas in it. An empty text has no part.
    static func split(_ text: String) -> [String] {
        var parts: [String] = []
        var part = ""
        var isQuoted = false
        for character in text {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                parts.append(part)
                part = ""
            default: part.append(character)
            }
        }
        return text.isEmpty ? [] : parts + [part]
    }
}
