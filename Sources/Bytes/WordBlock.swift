/// A block of words that is never cleared: room for work that is done before anybody else comes, so that none has to be made for it.
///
/// Confined to a shard. Whoever uses it writes a word before reading it.
@safe package final class WordBlock {
    @usableFromInline let words: UnsafeMutablePointer<UInt64>
    @usableFromInline let mask: Int

    /// - Parameter bits: two to the power of them are the words.
    package init(bits: Int) {
        let count = 1 << bits
        mask = count - 1
        unsafe words = .allocate(capacity: count)
        unsafe words.initialize(repeating: 0, count: count)
    }

    deinit { unsafe words.deallocate() }

    /// The word at an index, which wraps around at the end instead of being checked.
    @inlinable @inline(__always)
    package func word(at index: Int) -> UInt64 { unsafe words[index & mask] }

    /// Sets the word at an index, which wraps around too.
    @inlinable @inline(__always)
    package func set(_ word: UInt64, at index: Int) { unsafe words[index & mask] = word }
}
