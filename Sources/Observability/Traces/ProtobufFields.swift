internal import Bytes

/// Writes the few kinds of protobuf fields that a trace needs (proto3: what is zero or empty is left out by the caller's choice).
struct ProtobufFields {
    private(set) var bytes: [UInt8] = []

    /// A number in as few bytes as it needs.
    mutating func varint(_ field: Int, _ value: UInt64) {
        key(field, wireType: 0)
        raw(value)
    }

    /// Eight bytes, the least significant first.
    mutating func fixed64(_ field: Int, _ value: UInt64) {
        key(field, wireType: 1)
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// Four bytes, the least significant first.
    mutating func fixed32(_ field: Int, _ value: UInt32) {
        key(field, wireType: 5)
        for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func text(_ field: Int, _ value: String) { data(field, Array(value.utf8)) }

    /// Bytes, or a message that was written before.
    mutating func data(_ field: Int, _ value: [UInt8]) {
        key(field, wireType: 2)
        raw(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func message(_ field: Int, _ write: (inout ProtobufFields) -> Void) {
        var inner = ProtobufFields()
        write(&inner)
        data(field, inner.bytes)
    }

    private mutating func key(_ field: Int, wireType: Int) { raw(UInt64(field << 3 | wireType)) }

    private mutating func raw(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
