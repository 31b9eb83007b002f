internal import Bytes

/// Ordering keys as numbers. Two keys with the same number share a lane, which keeps the order of both.
enum LaneKey {
    /// Differs from process to process, so that nobody can choose keys that all share a lane.
    private static let seed = UInt64.random(in: 0 ... .max)

    /// A 64-bit hash (FNV-1a with a seed and a final mix).
    static func hash(_ key: [UInt8]) -> UInt64 { key.rawSpan.hash(seed: seed) &* 0x9e37_79b9_7f4a_7c15 }
}
