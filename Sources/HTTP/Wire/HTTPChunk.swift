internal import Bytes

/// The frame of a chunk that is sent.
enum HTTPChunk {
    /// Appends a chunk's size in hexadecimal digits and the end of its line.
    static func appendSize(_ size: Int, to output: inout [UInt8]) {
        var shift = max(0, (Int.bitWidth - size.leadingZeroBitCount - 1) & ~3)
        while shift >= 0 {
            output.append(Hex.digit(UInt8(truncatingIfNeeded: size >> shift & 15)))
            shift -= 4
        }
        output.append(0x0D)
        output.append(0x0A)
    }
}
