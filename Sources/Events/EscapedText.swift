internal import Bytes

/// A text on its way into a JSON string, measured once. Most texts need no escape and are copied as they are.
struct EscapedText {
    private let text: String
    /// The length of the content after escaping, without quotes.
    let length: Int
    private let isPlain: Bool

    @inline(__always)
    init(_ text: String) {
        self.text = text
        length = text.withRawSpan { JSONWriter.escapedLength($0) }
        isPlain = length == text.utf8.count
    }

    @inline(__always)
    func write(to writer: inout ByteWriter) {
        // The same length means no escape: each is longer than what it stands for.
        if isPlain { writer.write(text) } else { text.withRawSpan { JSONWriter.writeEscaped($0, to: &writer) } }
    }
}
