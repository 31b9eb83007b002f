extension RawSpan {
    /// A 64-bit hash for tables of ours (FNV-1a, its halves folded). Without a secret seed whoever chooses the bytes chooses the hash.
    package func hash(seed: UInt64 = 0) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ seed
        for offset in 0..<byteCount { hash = (hash ^ UInt64(self[offset])) &* 0x100_0000_01B3 }
        return hash ^ hash >> 32
    }
}
