/// A text that an expression looks for again and again: the name of a member, a constant.
struct Name: Sendable {
    let text: String
    /// A text of the same length that looks the same as one of ASCII is the same, so nothing more than Swift's `==` is needed then.
    private let isASCII: Bool

    init(_ text: String) {
        self.text = text
        isASCII = text.utf8.allSatisfy { $0 < 0x80 }
    }

    /// Whether the other text has the same code points.
    @inline(__always)
    func isSame(as other: String) -> Bool {
        text.utf8.count == other.utf8.count && text == other && (isASCII || text.isSame(as: other))
    }
}
