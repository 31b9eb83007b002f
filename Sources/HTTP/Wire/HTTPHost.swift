internal import Bytes

/// The bytes that a host and a port may have: those that Go's net/http lets pass, so that what daprd serves is served.
enum HTTPHost {
    // One bit a byte: 0x00-0x3F and 0x40-0x7F.
    private static var low: UInt64 { 0x2FFF_7FF2_0000_0000 }
    private static var high: UInt64 { 0x47FF_FFFE_AFFF_FFFE }

    /// Whether bytes may be a host; none at all may (RFC 9110, 7.2).
    static func isValid(_ host: RawSpan) -> Bool {
        for offset in 0..<host.byteCount {
            let byte = host[offset]
            guard byte < 0x80, (byte < 0x40 ? low : high) &>> UInt64(byte & 63) & 1 != 0 else { return false }
        }
        return true
    }
}
