/// Strings as CEL sees them: code points, compared as such. Swift's own `==` and `<` compare what looks the same, which is something else.
extension String {
    /// Whether both have the same code points.
    ///
    /// Swift's `==` is fast but also takes different spellings of one text for equal, so a yes is looked at again.
    @inline(__always)
    func isSame(as other: String) -> Bool {
        utf8.count == other.utf8.count && self == other && hasSameBytes(as: other)
    }

    private func hasSameBytes(as other: String) -> Bool {
        let left = utf8.span
        let right = other.utf8.span
        for index in 0..<left.count where left[index] != right[index] { return false }
        return true
    }

    /// The order of code points, which is that of the bytes of UTF-8.
    func order(to other: String) -> Order {
        let left = utf8.span
        let right = other.utf8.span
        for index in 0..<min(left.count, right.count) where left[index] != right[index] {
            return left[index] < right[index] ? .less : .greater
        }
        return Order(left.count, right.count)
    }

    func hasSamePrefix(_ prefix: String) -> Bool {
        let whole = utf8.span
        let part = prefix.utf8.span
        guard part.count <= whole.count else { return false }
        for index in 0..<part.count where whole[index] != part[index] { return false }
        return true
    }

    func hasSameSuffix(_ suffix: String) -> Bool {
        let whole = utf8.span
        let part = suffix.utf8.span
        guard part.count <= whole.count else { return false }
        let start = whole.count - part.count
        for index in 0..<part.count where whole[start + index] != part[index] { return false }
        return true
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

    var reversed: Order {
        switch self {
        case .less: .greater
        case .equal: .equal
        case .greater: .less
        }
    }
}
