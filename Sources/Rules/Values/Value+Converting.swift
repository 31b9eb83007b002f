/// `int(x)`, `string(x)` and their kind.
extension Value {
    func converted(to type: TypeName, _ frame: inout Frame) throws(Failure) -> Value {
        if typeName == type { return self }
        switch type {
        case .int: return try int()
        case .uint: return try uint()
        case .double: return try double()
        case .string: return try text(&frame)
        case .bool:
            if case .string(let text) = self {
                if ["1", "t", "T", "true", "TRUE", "True"].contains(text) { return .bool(true) }
                if ["0", "f", "F", "false", "FALSE", "False"].contains(text) { return .bool(false) }
                throw .conversion(from: .string, to: type)
            }
        case .bytes:
            if case .string(let text) = self {
                try frame.pay(bytes: text.utf8.count)
                return .bytes(Array(text.utf8))
            }
        case .timestamp:
            if case .int(let seconds) = self { return .timestamp(try Timestamp(seconds: seconds)) }
            if case .string(let text) = self { return .timestamp(try Timestamp(text)) }
        case .duration:
            if case .string(let text) = self {
                guard let value = DurationText.nanoseconds(text) else { throw .conversion(from: .string, to: type) }
                return .duration(value)
            }
        default: break
        }
        throw noConversion(type)
    }

    private func noConversion(_ type: TypeName) -> Failure {
        let function = type == .timestamp ? "timestamp" : type == .duration ? "duration" : type.rawValue
        return .noSuchOverload("\(function)(\(typeName.rawValue))")
    }

    private func int() throws(Failure) -> Value {
        switch self {
        case .uint(let value):
            guard let result = Int64(exactly: value) else { throw .integerOverflow }
            return .int(result)
        case .double(let value):
            guard value > -0x1p63, value < 0x1p63 else { throw .integerOverflow }
            return .int(Int64(value))
        case .string(let text):
            guard let result = Int64(text) else { throw .conversion(from: .string, to: .int) }
            return .int(result)
        case .timestamp(let value): return .int(value.seconds)
        case .duration(let value): return .int(value)
        default: throw noConversion(.int)
        }
    }

    private func uint() throws(Failure) -> Value {
        switch self {
        case .int(let value):
            guard let result = UInt64(exactly: value) else { throw .unsignedOverflow }
            return .uint(result)
        case .double(let value):
            guard value >= 0, value < 0x1p64 else { throw .unsignedOverflow }
            return .uint(UInt64(value))
        case .string(let text):
            guard let first = text.utf8.first, first &- 0x30 < 10, let result = UInt64(text) else {
                throw .conversion(from: .string, to: .uint)
            }
            return .uint(result)
        default: throw noConversion(.uint)
        }
    }

    private func double() throws(Failure) -> Value {
        switch self {
        case .int(let value): return .double(Double(value))
        case .uint(let value): return .double(Double(value))
        case .string(let text):
            guard let result = DoubleText.double(text) else { throw .conversion(from: .string, to: .double) }
            return .double(result)
        default: throw noConversion(.double)
        }
    }

    private func text(_ frame: inout Frame) throws(Failure) -> Value {
        switch self {
        case .bool(let value): return .string(value ? "true" : "false")
        case .int(let value): return .string(String(value))
        case .uint(let value): return .string(String(value))
        case .double(let value): return .string(DoubleText.text(value))
        case .bytes(let bytes):
            try frame.pay(bytes: bytes.count)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw .other("invalid UTF-8 in bytes, cannot convert to string")
            }
            return .string(text)
        case .timestamp(let value): return .string(value.text)
        case .duration(let value): return .string(DurationText.text(value))
        default: throw noConversion(.string)
        }
    }
}
