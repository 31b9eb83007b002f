internal import Bytes

/// The `baggage` that a caller sends (W3C Baggage), checked as OpenTelemetry for Go does.
package enum Baggage {
    /// The bounds of OpenTelemetry for Go.
    private static let longest = 8192
    private static let longestMember = 4096
    private static let mostMembers = 180

    /// What is wrong with a list, in Go's words; nil where nothing is.
    package static func complaint(about text: String) -> String? {
        guard !text.isEmpty else { return nil }
        guard text.utf8.count <= longest else { return "baggage too large: \(text.utf8.count)" }
        let members = text.split(separator: ",", omittingEmptySubsequences: false)
        for member in members {
            if let complaint = complaint(aboutMember: member) { return complaint }
        }
        return members.count > mostMembers ? "too many list-members in baggage-string" : nil
    }

    private static func complaint(aboutMember member: Substring) -> String? {
        guard member.utf8.count <= longestMember else { return "list-member too large: \(member.utf8.count)" }
        let parts = member.split(separator: ";", omittingEmptySubsequences: false)
        for property in parts.dropFirst() where !isProperty(property) {
            return "invalid baggage list-member property: \(quoted(property))"
        }
        guard let pair = parts.first, let equals = pair.firstIndex(of: "=") else {
            return "invalid baggage list-member: \(quoted(member))"
        }
        let value = pair[pair.index(after: equals)...]
        if !isKey(trimmed(pair[..<equals])) { return "invalid key: \(quoted(pair[..<equals]))" }
        return isValue(trimmed(value)) ? nil : "invalid value: \(quoted(value))"
    }

    private static func isProperty(_ property: Substring) -> Bool {
        guard let equals = property.firstIndex(of: "=") else { return isKey(trimmed(property)) }
        return isKey(trimmed(property[..<equals])) && isValue(trimmed(property[property.index(after: equals)...]))
    }

    /// A token (RFC 9110, 5.6.2).
    private static func isKey(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                ASCII.isDigit(byte) || ASCII.lowercased(byte) &- 0x61 < 26 || marks.contains(byte)
            }
    }

    private static let marks = Array("!#$%&'*+-.^_`|~".utf8)

    private static func isValue(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x2C && $0 != 0x3B && $0 != 0x5C }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.utf8.first, first == 0x20 || first == 0x09 { text.removeFirst() }
        while let last = text.utf8.last, last == 0x20 || last == 0x09 { text.removeLast() }
        return text
    }

    private static func quoted(_ text: Substring) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { result += "\\" }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }
}
