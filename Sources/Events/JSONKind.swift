/// What a JSON value is, as its first byte tells; Go's decoder names the kinds so.
package enum JSONKind: String, Sendable, Equatable {
    case null
    case bool
    case number
    case string
    case array
    case object

    /// The kind of a scanned value that begins with this byte.
    package init(firstByte byte: UInt8) {
        self =
            switch byte {
            case 0x22: .string
            case 0x5B: .array
            case 0x7B: .object
            case 0x6E: .null
            case 0x74, 0x66: .bool
            default: .number
            }
    }
}
