internal import Events

/// Lists and maps, made by the expression or found in the event.
extension Value {
    /// Elements of a list; 0 for anything else.
    var listCount: Int {
        switch self {
        case .list(let elements): elements.count
        case .array(let elements): elements.count
        default: 0
        }
    }

    /// An element of a list that exists; null for anything else.
    func element(_ index: Int) -> Value {
        switch self {
        case .list(let elements): elements[index]
        case .array(let elements): Value(elements[index])
        default: .null
        }
    }

    /// The keys of a map, each once; none for anything else.
    func mapKeys(_ frame: inout Frame) throws(Failure) -> [Value] {
        switch self {
        case .map(let map):
            try frame.pay(map.entries.count)
            return map.entries.map(\.key)
        case .object(let members):
            try frame.pay(members.count)
            var seen = Set<[UInt8]>(minimumCapacity: members.count)
            var keys: [Value] = []
            for member in members where seen.insert(Array(member.name.utf8)).inserted {
                keys.append(.string(member.name))
            }
            return keys
        default: return []
        }
    }

    /// The value of a key in a map; `nil` where there is none, and for anything else.
    func mapValue(of key: Value, _ frame: inout Frame) throws(Failure) -> Value? {
        switch self {
        case .map(let map):
            try frame.pay(bytes: map.entries.count)
            return map.value(of: key)
        case .object(let members):
            guard case .string(let name) = key else { return nil }
            try frame.pay(bytes: members.count)
            return members.place(of: Name(name)).map { Value(members[$0].value) }
        default: return nil
        }
    }

    /// `self[index]`, which is `self.index` for a string.
    func member(_ index: Value, _ frame: inout Frame) throws(Failure) -> Value {
        switch self {
        case .map, .object:
            guard let value = try mapValue(of: index, &frame) else { throw Value.noKey(index) }
            return value
        case .list, .array:
            let position = try index.listIndex()
            guard position >= 0, position < listCount else { throw .indexOutOfBounds(index) }
            return element(position)
        default: throw Value.noKey(index)
        }
    }

    private static func noKey(_ index: Value) -> Failure {
        if case .string = index { .noSuchComputedKey(index) } else { .noSuchKey(index) }
    }

    /// `has(self.name)`: a scalar has nothing.
    func hasMember(_ name: String, _ frame: inout Frame) throws(Failure) -> Bool {
        switch self {
        case .map, .object: return try mapValue(of: .string(name), &frame) != nil
        case .list, .array: throw .unsupportedIndex(.string)
        default: return false
        }
    }

    private func listIndex() throws(Failure) -> Int {
        switch self {
        case .int(let value): return Int(value)
        case .uint(let value):
            if let index = Int(exactly: value) { return index }
        case .double(let value):
            if let index = Int(exactly: value) { return index }
        default: throw .unsupportedIndex(typeName)
        }
        throw .other("unsupported index value \(display) in list")
    }

    /// `needle in self`.
    func contains(_ needle: Value, _ frame: inout Frame) throws(Failure) -> Bool {
        switch self {
        case .map, .object: return try mapValue(of: needle, &frame) != nil
        case .list(let elements):
            try frame.pay(bytes: elements.count)
            for element in elements where try needle.isEqual(to: element, &frame) { return true }
            return false
        case .array(let elements):
            try frame.pay(bytes: elements.count)
            for element in elements where try needle.isEqual(to: Value(element), &frame) { return true }
            return false
        default: throw .noSuchOverload(nil)
        }
    }

    /// `size(self)`: code points of a string, bytes, elements, keys.
    func size(_ frame: inout Frame) throws(Failure) -> Value {
        switch self {
        case .string(let text):
            try frame.pay(bytes: text.utf8.count)
            return .int(Int64(text.unicodeScalars.count))
        case .bytes(let bytes): return .int(Int64(bytes.count))
        case .list, .array: return .int(Int64(listCount))
        case .map, .object: return .int(Int64(try mapKeys(&frame).count))
        default: throw .noSuchOverload("size")
        }
    }
}
