/// Ordering keys as numbers. Two keys with the same number share a lane, which keeps the order of both.
enum LaneKey {
    /// Differs from process to process, so that nobody can choose keys that all share a lane.
    private static let seed = UInt64.random(in: 0 ... .max)

    /// A 64-bit hash (FNV-1a with a seed and a final mix).
    static func hash(_ key: [UInt8]) -> UInt64 {
        var hash = 0xcbf2_9ce4_8422_2325 ^ seed
        for byte in key { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash ^= hash >> 32
        return hash &* 0x9e37_79b9_7f4a_7c15
    }
}
