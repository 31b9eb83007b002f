internal import Events

/// Equality and order.
extension Value {
    /// Equality across all types: numbers by their value, what has different types is different, NaN is unlike everything.
    func isEqual(to other: Value, _ frame: inout Frame) throws(Failure) -> Bool {
        if case .string(let left) = self, case .string(let right) = other {
            guard left.utf8.count == right.utf8.count else { return false }
            try frame.pay(bytes: left.utf8.count)
            return left.isSame(as: right)
        }
        if let answer = isScalarEqual(to: other) { return answer }
        try frame.beginComparison()
        defer { frame.endComparison() }
        switch (kindOfCollection, other.kindOfCollection) {
        case (.list, .list): return try isListEqual(to: other, &frame)
        case (.map, .map): return try isMapEqual(to: other, &frame)
        default: return false
        }
    }

    /// Equality where no list and no map is involved; `nil` where the first value is one.
    func isScalarEqual(to other: Value) -> Bool? {
        switch (self, other) {
        case (.string(let left), .string(let right)): left.isSame(as: right)
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.bytes(let left), .bytes(let right)): left == right
        case (.timestamp(let left), .timestamp(let right)): left.isSameInstant(as: right)
        case (.duration(let left), .duration(let right)): left == right
        case (.type(let left), .type(let right)): left == right
        case (.list, _), (.array, _), (.map, _), (.object, _): nil
        default: numericOrder(to: other) == .equal
        }
    }

    private enum CollectionKind {
        case list
        case map
        case none
    }

    private var kindOfCollection: CollectionKind {
        switch self {
        case .list, .array: .list
        case .map, .object: .map
        default: .none
        }
    }

    private func isListEqual(to other: Value, _ frame: inout Frame) throws(Failure) -> Bool {
        let count = listCount
        guard count == other.listCount else { return false }
        try frame.pay(count)
        for index in 0..<count where try !element(index).isEqual(to: other.element(index), &frame) { return false }
        return true
    }

    private func isMapEqual(to other: Value, _ frame: inout Frame) throws(Failure) -> Bool {
        let keys = try mapKeys(&frame)
        guard try keys.count == other.mapKeys(&frame).count else { return false }
        for key in keys {
            guard let left = try mapValue(of: key, &frame), let right = try other.mapValue(of: key, &frame),
                try left.isEqual(to: right, &frame)
            else { return false }
        }
        return true
    }

    // MARK: Order

    /// A number that a double holds exactly, so that doubles may be compared with it as such.
    var exactDouble: Double? {
        switch self {
        case .double(let value): value.isNaN ? nil : value
        case .int(let value): value.magnitude <= 1 << 53 ? Double(value) : nil
        case .uint(let value): value <= 1 << 53 ? Double(value) : nil
        default: nil
        }
    }

    /// The order of two numbers of any types; `nil` where one is no number or NaN.
    func numericOrder(to other: Value) -> Order? {
        switch (self, other) {
        case (.double(let left), .double(let right)): left.isNaN || right.isNaN ? nil : Order(left, right)
        case (.int(let left), .int(let right)): Order(left, right)
        case (.uint(let left), .uint(let right)): Order(left, right)
        case (.double(let left), .int(let right)): Self.order(left, right)
        case (.int(let left), .double(let right)): Self.order(right, left)?.reversed
        case (.double(let left), .uint(let right)): Self.order(left, right)
        case (.uint(let left), .double(let right)): Self.order(right, left)?.reversed
        case (.int(let left), .uint(let right)): left < 0 ? .less : Order(UInt64(left), right)
        case (.uint(let left), .int(let right)): right < 0 ? .greater : Order(left, UInt64(right))
        default: nil
        }
    }

    private static func order(_ left: Double, _ right: Int64) -> Order? {
        if left.isNaN { return nil }
        if left < -0x1p63 { return .less }
        if left > 0x1p63 { return .greater }
        return Order(left, Double(right))
    }

    private static func order(_ left: Double, _ right: UInt64) -> Order? {
        if left.isNaN { return nil }
        if left < 0 { return .less }
        if left > 0x1p64 { return .greater }
        return Order(left, Double(right))
    }

    /// The order of two values that have one.
    func order(to other: Value, _ function: String, _ frame: inout Frame) throws(Failure) -> Order {
        switch (self, other) {
        case (.string(let left), .string(let right)):
            try frame.pay(bytes: min(left.utf8.count, right.utf8.count))
            return left.order(to: right)
        case (.bool(let left), .bool(let right)): return Order(left ? 1 : 0, right ? 1 : 0)
        case (.bytes(let left), .bytes(let right)):
            try frame.pay(bytes: min(left.count, right.count))
            return left.lexicographicallyPrecedes(right) ? .less : left == right ? .equal : .greater
        case (.timestamp(let left), .timestamp(let right)): return left.order(to: right)
        case (.duration(let left), .duration(let right)): return Order(left, right)
        default: break
        }
        if let order = numericOrder(to: other) { return order }
        switch self {
        case .double(let value) where value.isNaN: throw .unordered
        case .int, .uint, .double:
            if case .double(let value) = other, value.isNaN { throw .unordered }
            throw .noSuchOverload(nil)
        case .string, .bool, .bytes, .timestamp, .duration: throw .noSuchOverload(nil)
        default: throw .noSuchOverload(function)
        }
    }
}
