internal import Bytes

/// Suspects that an object has two members of one name, for a dozen instructions a name: `RepeatedMembers` knows for sure.
///
/// Each open object has a filter of 64 bits. A name whose bit is free is new; one whose bit is taken is compared with the names of its object
/// that came before, by hash. The hashes of the open objects lie one behind the other in the block, each object's behind the filter and the
/// place of the one around it.
struct RepetitionWatch: JSONNameWatch {
    /// An object with more names is suspected whatever they are, as comparing each with all others would take its square of time.
    static let namesMaximum = 256
    /// Words that the names of all open objects may take, as a power of two; a text that needs more is suspected.
    static let blockBits = 12
    private static let blockWords = 1 << blockBits

    /// Words before an object's names: the filter and the place of the object around it.
    private static let frame = 2

    private let block: WordBlock
    private var top = 0
    private var base = 0
    /// Where `top` may not go: the block's end, or more names than an object may have.
    private var limit = 0
    private var filter: UInt64 = 0
    /// Whether a name may occur twice in one object. Once it is set, nothing more is looked at.
    private(set) var isSuspicious = false

    /// - Parameter block: belongs to the watch until it is asked for the last time.
    init(_ block: WordBlock) { self.block = block }

    @inline(__always)
    mutating func objectBegan() {
        guard !isSuspicious else { return }
        block.set(filter, at: top)
        block.set(UInt64(truncatingIfNeeded: base), at: top &+ 1)
        filter = 0
        begin(at: top &+ RepetitionWatch.frame)
        top = base
        if top >= limit { isSuspicious = true }
    }

    /// An object's names lie from there on.
    @inline(__always)
    private mutating func begin(at place: Int) {
        base = place
        limit = min(place &+ RepetitionWatch.namesMaximum, RepetitionWatch.blockWords &- RepetitionWatch.frame)
    }

    @inline(__always)
    mutating func named(_ bytes: RawSpan, _ name: Range<Int>) {
        guard !isSuspicious else { return }
        let hash = RepetitionWatch.hash(bytes, name)
        let bit: UInt64 = 1 &<< (hash &>> 58)
        guard filter & bit == 0 || !isKnown(hash), top < limit else {
            isSuspicious = true
            return
        }
        filter |= bit
        block.set(hash, at: top)
        top &+= 1
    }

    /// Two spellings may be one name.
    mutating func namedWithEscape(_ bytes: RawSpan, _ name: Range<Int>) { isSuspicious = true }

    @inline(__always)
    mutating func objectEnded() {
        guard !isSuspicious else { return }
        top = base &- RepetitionWatch.frame
        filter = block.word(at: top)
        begin(at: Int(truncatingIfNeeded: block.word(at: top &+ 1)))
    }

    @inline(never)
    private func isKnown(_ hash: UInt64) -> Bool {
        for index in base..<top where block.word(at: index) == hash { return true }
        return false
    }

    /// From a name's first and last eight bytes and its length: equal names have equal hashes, and different ones nearly always different ones.
    @inline(__always)
    private static func hash(_ bytes: RawSpan, _ name: Range<Int>) -> UInt64 {
        let length = name.upperBound &- name.lowerBound
        var word: UInt64
        if length >= 8 {
            let last = bytes.loadUInt64(at: name.upperBound &- 8)
            word = bytes.loadUInt64(at: name.lowerBound) ^ (last &<< 31 | last &>> 33)
        } else if let first = bytes.wordIfPresent(at: name.lowerBound) {
            word = first & ~(UInt64.max &<< UInt64(truncatingIfNeeded: length &* 8))
        } else {
            word = 0
            for offset in name.reversed() { word = word &<< 8 | UInt64(bytes[offset]) }
        }
        return (word ^ UInt64(truncatingIfNeeded: length)) &* 0x9E37_79B9_7F4A_7C15
    }
}
