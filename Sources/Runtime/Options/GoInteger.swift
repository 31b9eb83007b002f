/// What Go's `strconv` says about texts that are no integers.
enum GoInteger {
    /// `nil` for an integer, else the text of Go's error.
    static func complaint(about text: String, function: String, isNatural: Bool) -> String? {
        if let value = Int(text), !isNatural || (value >= 0 && text.first != "+") { return nil }
        let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
        let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
        let isSigned = digits.count != text.count
        let reason = isNumber && !(isNatural && isSigned) ? "value out of range" : "invalid syntax"
        return "strconv.\(function): parsing \"\(text)\": \(reason)"
    }
}
