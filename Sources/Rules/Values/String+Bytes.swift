internal import Bytes

/// Strings as CEL sees them: code points, compared as such. Swift's own `==` and `<` compare what looks the same, which is something else.
extension String {
    /// Whether both have the same code points.
    ///
    /// Swift's `==` is fast but also takes different spellings of one text for equal, so a yes is looked at again.
    @inline(__always)
    func isSame(as other: String) -> Bool {
        utf8.count == other.utf8.count && self == other && hasSameBytes(as: other)
    }

    /// The order of code points, which is that of the bytes of UTF-8.
    func order(to other: String) -> Order {
        withRawSpan { left in other.withRawSpan { right in Order(ofBytes: left, right) } }
    }

    func hasSamePrefix(_ prefix: String) -> Bool {
        let count = prefix.utf8.count
        return withRawSpan { $0.byteCount >= count && $0.extracting(0..<count).equals(prefix) }
    }

    func hasSameSuffix(_ suffix: String) -> Bool {
        let count = suffix.utf8.count
        return withRawSpan { whole in
            whole.byteCount >= count && whole.extracting(whole.byteCount - count..<whole.byteCount).equals(suffix)
        }
    }
}

/// How one value stands to another.
enum Order {
    case less
    case equal
    case greater

    init<T: Comparable>(_ left: T, _ right: T) {
        self = left < right ? .less : left == right ? .equal : .greater
    }

    /// The order of bytes, the first that differ decide; of two with one beginning the shorter comes first.
    fileprivate init(ofBytes left: RawSpan, _ right: RawSpan) {
        for index in 0..<min(left.byteCount, right.byteCount) where left[index] != right[index] {
            self = left[index] < right[index] ? .less : .greater
            return
        }
        self.init(left.byteCount, right.byteCount)
    }

    var reversed: Order {
        switch self {
        case .less: .greater
        case .equal: .equal
        case .greater: .less
        }
    }
}
