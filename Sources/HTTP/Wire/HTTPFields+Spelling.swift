internal import Bytes

extension HTTPFields {
    /// How bytes are spelled, compared with a head.
    enum Spelling: Equatable {
        /// Exactly like the head.
        case same
        /// Like the head but for the digits of `Content-Length`, of which there are as many.
        case otherLength(Int)
        /// Otherwise, or not to the end.
        case other
    }

    /// Compares the bytes from an offset on with this head.
    func spelling(of received: RawSpan, at offset: Int) -> Spelling {
        guard received.byteCount &- offset >= bytes.count else { return .other }
        let head = bytes.rawSpan
        let other = received.extracting(offset..<offset &+ bytes.count)
        if other.equals(head) { return .same }
        guard let index = index(of: "content-length") else { return .other }
        let digits = ranges[index].value
        let rest = digits.upperBound..<head.byteCount
        guard other.extracting(0..<digits.lowerBound).equals(head.extracting(0..<digits.lowerBound)),
            other.extracting(rest).equals(head.extracting(rest)),
            let length = try? HTTPFramingFields.length(other.extracting(digits))
        else { return .other }
        return .otherLength(length)
    }
}
