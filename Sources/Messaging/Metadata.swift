/// Ordered text pairs that travel with an event, such as publish metadata or broker attributes.
///
/// Keys are unique by exact spelling; setting a key that is there replaces its value in place.
/// Lookups scan: an event has a handful of pairs, and a scan of those is cheaper than hashing.
public struct Metadata: Sendable, Equatable {
    /// One key and its value.
    public struct Pair: Sendable, Equatable {
        /// The key as the sender spelled it.
        public var key: String
        /// The value; where it came with bytes that are not UTF-8, they are replaced by U+FFFD.
        public var value: String
        /// The value's bytes as they came, where they are not UTF-8; `nil` in all other cases. Brokers that carry text carry `value`.
        public var bytes: [UInt8]?

        /// Makes a pair.
        public init(key: String, value: String, bytes: [UInt8]? = nil) {
            self.key = key
            self.value = value
            self.bytes = bytes
        }
    }

    /// The pairs in the order in which they were first set.
    public private(set) var pairs: [Pair]

    /// Makes metadata without pairs; it allocates nothing.
    public init() { pairs = [] }

    /// Makes metadata from pairs; of two pairs with the same key the later one wins.
    public init(_ pairs: [(String, String)]) {
        self.pairs = []
        for (key, value) in pairs { self[key] = value }
    }

    /// Whether there is no pair.
    @inlinable public var isEmpty: Bool { pairs.isEmpty }

    /// The value of a key in exactly this spelling; setting `nil` removes the pair.
    public subscript(key: String) -> String? {
        get { pairs.first { $0.key == key }?.value }
        set {
            if let index = pairs.firstIndex(where: { $0.key == key }) {
                if let newValue { pairs[index] = Pair(key: key, value: newValue) } else { pairs.remove(at: index) }
            } else if let newValue {
                pairs.append(Pair(key: key, value: newValue))
            }
        }
    }

    /// Adds a pair whose key is not there yet.
    public mutating func append(_ pair: Pair) {
        precondition(self[pair.key] == nil, "keys of metadata are unique")
        pairs.append(pair)
    }

    /// The value of the first key that equals the given one when ASCII letters are compared without case.
    public func value(ignoringCase key: String) -> String? {
        pairs.first { $0.key.utf8.elementsEqual(key.utf8, by: Metadata.equalIgnoringCase) }?.value
    }

    private static func equalIgnoringCase(_ left: UInt8, _ right: UInt8) -> Bool {
        if left == right { return true }
        let folded = left | 0x20
        return folded == right | 0x20 && folded >= 0x61 && folded <= 0x7A
    }
}
