internal import Bytes

/// One flag that a command takes.
package struct OptionFlag: Sendable {
    /// What a flag's value is.
    package enum Kind: Sendable {
        /// True where it stands alone; `--name=false` switches it off.
        case toggle
        case text
        case integer
        /// An integer that is not negative.
        case natural
        /// A duration as Go writes it, such as `1m30s`.
        case duration
        /// Values with commas between them; repeated flags add up.
        case list
        /// Texts that are left as they are; repeated flags add up.
        case texts
    }

    package var name: String
    package var kind: Kind
    package var usage: String
    package var defaultText: String?
    /// One letter that stands for it, after a single dash.
    package var letter: Character?
    /// Hidden ones are taken and not shown: deprecated spellings.
    package var isHidden = false

    package init(_ name: String, _ kind: Kind, _ usage: String, default defaultText: String? = nil) {
        self.name = name
        self.kind = kind
        self.usage = usage
        self.defaultText = defaultText
    }

    /// The same flag with a letter.
    package func letter(_ letter: Character) -> OptionFlag {
        var flag = self
        flag.letter = letter
        return flag
    }

    /// The same flag, left out of the usage.
    package var hidden: OptionFlag {
        var flag = self
        flag.isHidden = true
        return flag
    }

    /// What stands for the value in the usage.
    var placeholder: String? {
        switch kind {
        case .toggle: nil
        case .text: "string"
        case .integer: "int"
        case .natural: "uint"
        case .duration: "duration"
        case .list: "strings"
        case .texts: "stringArray"
        }
    }

    /// Go's words for a value that the flag cannot take; `nil` for a good one.
    func complaint(about value: String) -> String? {
        switch kind {
        case .text, .list, .texts: nil
        case .toggle: GoBool.strict(value) == nil ? "strconv.ParseBool: parsing \"\(value)\": invalid syntax" : nil
        case .integer: GoInteger.complaint(about: value, function: "ParseInt", isNatural: false)
        case .natural: GoInteger.complaint(about: value, function: "ParseUint", isNatural: true)
        case .duration: GoDuration.parse(value) == nil ? "time: invalid duration \"\(value)\"" : nil
        }
    }
}
