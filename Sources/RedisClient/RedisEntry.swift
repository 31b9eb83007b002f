internal import Bytes
package import Messaging

/// One entry of a stream as it was read; the fields are those that Dapr and Martlet write, others are left out.
package struct RedisEntry: Sendable, Equatable {
    /// Where it stands: milliseconds and a number within them.
    package var id: Position
    /// The value of the field `data`; `nil` where there is none, so that there is nothing to deliver.
    package var body: [UInt8]?
    /// The value of the field `metadata`; empty where there is none.
    package var metadata: [UInt8] = []
    /// The value of the field `key`; empty where there is none.
    package var key: [UInt8] = []

    /// An entry without fields; pending ones that were deleted come so.
    package init(id: Position) { self.id = id }

    /// An id in its text form: two decimal numbers joined by a hyphen; `nil` for anything else.
    package static func id(_ text: RawSpan) -> Position? {
        var offset = 0
        guard let high = number(text, &offset), text.byteOrZero(at: offset) == UInt8(ascii: "-") else { return nil }
        offset &+= 1
        guard let low = number(text, &offset), offset == text.byteCount else { return nil }
        return Position(high: high, low: low)
    }

    /// The digits from an offset on, one at least, as a number; the offset moves behind them.
    private static func number(_ text: RawSpan, _ offset: inout Int) -> UInt64? {
        let start = offset
        var number: UInt64 = 0
        while ASCII.isDigit(text.byteOrZero(at: offset)) {
            let (product, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(text.byteOrZero(at: offset) &- 0x30))
            guard !overflow, !carry else { return nil }
            number = sum
            offset &+= 1
        }
        return offset > start ? number : nil
    }
}
