internal import Glibc

/// Random bytes of the kernel, fetched 4 KiB at a time. One pool belongs to one shard; it is not shared.
///
/// It blocks only as `getrandom` does: at most once, shortly after the machine started.
package final class RandomPool {
    private static let size = 4096
    private var words: [UInt64] = [UInt64](repeating: 0, count: RandomPool.size / 8)
    private var used = RandomPool.size / 8
    /// What the numbers of a simulation follow from; nil where they come from the kernel.
    private let seed: UInt64?
    private var refills: UInt64 = 0

    /// Makes an empty pool; it is filled at the first use.
    package init() { seed = nil }

    /// Makes a pool whose numbers follow from a seed, so that a simulation can be repeated. Nothing that runs may use it: they can be guessed.
    package init(seed: UInt64) { self.seed = seed }

    /// A random number.
    package func next() -> UInt64 {
        if used == words.count { refill() }
        let word = words[used]
        // What was handed out must not be found in memory later.
        words[used] = 0
        used += 1
        return word
    }

    private func refill() {
        used = 0
        if let seed {
            refills += 1
            let start = RandomPool.mixed(seed) &+ refills << 32
            for index in words.indices { words[index] = RandomPool.mixed(start &+ UInt64(index)) }
            return
        }
        // One getrandom(2) for the whole buffer; glibc repeats interrupted calls and ends the process where the kernel has no randomness.
        unsafe words.withUnsafeMutableBytes { buffer in
            if let start = buffer.baseAddress { unsafe arc4random_buf(start, buffer.count) }
        }
    }

    /// SplitMix64 of a number.
    private static func mixed(_ number: UInt64) -> UInt64 {
        var mixed = number &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// A random UUID of version 4, in its two halves.
    package func uuid() -> UUIDv4 { UUIDv4(high: next(), low: next()) }
}

/// A random UUID, 128 bits of which 122 are random (RFC 9562 section 5.4).
package struct UUIDv4: Sendable, Hashable {
    /// The first eight bytes.
    package let high: UInt64
    /// The last eight bytes.
    package let low: UInt64

    /// Takes random bits and sets version and variant.
    package init(high: UInt64, low: UInt64) {
        self.high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        self.low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    /// The length of the text form.
    package static let textLength = 36

    /// The lower-case text form, such as `123e4567-e89b-42d3-a456-426614174000`.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The lower-case text form as bytes.
    package var bytes: [UInt8] {
        [UInt8](capacity: UUIDv4.textLength) { $0.write(self) }
    }
}

extension ByteWriter {
    /// Writes the 36 bytes of the lower-case text form.
    package mutating func write(_ uuid: UUIDv4) {
        let first = Hex.spread(UInt32(truncatingIfNeeded: uuid.high >> 32))
        let second = Hex.spread(UInt32(truncatingIfNeeded: uuid.high))
        let third = Hex.spread(UInt32(truncatingIfNeeded: uuid.low >> 32))
        let fourth = Hex.spread(UInt32(truncatingIfNeeded: uuid.low))
        write(littleEndian: first)
        write(0x2D)
        write(littleEndian32: UInt32(truncatingIfNeeded: second))
        write(0x2D)
        write(littleEndian32: UInt32(truncatingIfNeeded: second >> 32))
        write(0x2D)
        write(littleEndian32: UInt32(truncatingIfNeeded: third))
        write(0x2D)
        write(littleEndian32: UInt32(truncatingIfNeeded: third >> 32))
        write(littleEndian: fourth)
    }

    /// Writes four bytes, the least significant first.
    @inlinable @inline(__always)
    package mutating func write(littleEndian32 word: UInt32) {
        let start = advance(by: 4)
        unsafe buffer.storeBytes(of: word.littleEndian, toByteOffset: start, as: UInt32.self)
    }

    /// Writes sixteen lower-case hexadecimal digits, the most significant first.
    @inlinable
    package mutating func write(hex number: UInt64) {
        write(littleEndian: Hex.spread(UInt32(truncatingIfNeeded: number >> 32)))
        write(littleEndian: Hex.spread(UInt32(truncatingIfNeeded: number)))
    }
}
