/// `+ - * / %` and the unary minus. Integers overflow into an error, doubles into infinity; numbers of different types do not mix.
extension Value {
    func adding(_ other: Value, _ frame: inout Frame) throws(Failure) -> Value {
        switch (self, other) {
        case (.double(let left), .double(let right)): return .double(left + right)
        case (.int(let left), .int(let right)): return .int(try left.adding(right))
        case (.uint(let left), .uint(let right)):
            let (sum, overflow) = left.addingReportingOverflow(right)
            guard !overflow else { throw .unsignedOverflow }
            return .uint(sum)
        case (.string(let left), .string(let right)):
            try frame.pay(bytes: left.utf8.count + right.utf8.count)
            return .string(left + right)
        case (.bytes(let left), .bytes(let right)):
            try frame.pay(bytes: left.count + right.count)
            return .bytes(left + right)
        case (.duration(let left), .duration(let right)): return .duration(try left.adding(right))
        case (.timestamp(let left), .duration(let right)): return .timestamp(try left.adding(right))
        case (.duration(let left), .timestamp(let right)): return .timestamp(try right.adding(left))
        case (.list, .list), (.list, .array), (.array, .list), (.array, .array):
            try frame.pay(listCount + other.listCount)
            return .list(listElements + other.listElements)
        default: throw missing("_+_") { $0 != .bool && $0 != .map && $0 != .null && $0 != .type }
        }
    }

    func subtracting(_ other: Value) throws(Failure) -> Value {
        switch (self, other) {
        case (.double(let left), .double(let right)): return .double(left - right)
        case (.int(let left), .int(let right)): return .int(try left.subtracting(right))
        case (.uint(let left), .uint(let right)):
            guard left >= right else { throw .unsignedOverflow }
            return .uint(left - right)
        case (.duration(let left), .duration(let right)): return .duration(try left.subtracting(right))
        case (.timestamp(let left), .timestamp(let right)): return .duration(try left.subtracting(right))
        case (.timestamp(let left), .duration(let right)):
            guard right != .min else { throw .integerOverflow }
            return .timestamp(try left.adding(-right))
        default: throw missing("_-_") { $0.isNumber || $0 == .duration || $0 == .timestamp }
        }
    }

    func multiplied(by other: Value) throws(Failure) -> Value {
        switch (self, other) {
        case (.double(let left), .double(let right)): return .double(left * right)
        case (.int(let left), .int(let right)): return .int(try left.multiplied(by: right))
        case (.uint(let left), .uint(let right)):
            let (product, overflow) = left.multipliedReportingOverflow(by: right)
            guard !overflow else { throw .unsignedOverflow }
            return .uint(product)
        default: throw missing("_*_", where: \.isNumber)
        }
    }

    func divided(by other: Value) throws(Failure) -> Value {
        switch (self, other) {
        case (.double(let left), .double(let right)): return .double(left / right)
        case (.int(let left), .int(let right)):
            guard right != 0 else { throw .divisionByZero }
            let (quotient, overflow) = left.dividedReportingOverflow(by: right)
            guard !overflow else { throw .integerOverflow }
            return .int(quotient)
        case (.uint(let left), .uint(let right)):
            guard right != 0 else { throw .divisionByZero }
            return .uint(left / right)
        default: throw missing("_/_", where: \.isNumber)
        }
    }

    func remainder(by other: Value) throws(Failure) -> Value {
        switch (self, other) {
        case (.int(let left), .int(let right)):
            guard right != 0 else { throw .modulusByZero }
            let (remainder, overflow) = left.remainderReportingOverflow(dividingBy: right)
            guard !overflow else { throw .integerOverflow }
            return .int(remainder)
        case (.uint(let left), .uint(let right)):
            guard right != 0 else { throw .modulusByZero }
            return .uint(left % right)
        default: throw missing("_%_") { $0 == .int || $0 == .uint }
        }
    }

    func negated() throws(Failure) -> Value {
        switch self {
        case .double(let value): return .double(-value)
        case .int(let value):
            guard value != .min else { throw .integerOverflow }
            return .int(-value)
        case .duration(let value):
            guard value != .min else { throw .integerOverflow }
            return .duration(-value)
        default: throw missing("-_") { $0 == .bool }
        }
    }

    private var listElements: [Value] {
        switch self {
        case .list(let elements): elements
        case .array(let elements): elements.map(Value.init)
        default: []
        }
    }

    /// The error of cel-go: without the name where the first value takes part in the operation, or dispatches calls itself.
    private func missing(_ function: String, where takesPart: (TypeName) -> Bool) -> Failure {
        let type = typeName
        let dispatches = type == .string || type == .timestamp || type == .duration
        return .noSuchOverload(takesPart(type) || dispatches ? nil : function)
    }
}

extension TypeName {
    fileprivate var isNumber: Bool { self == .int || self == .uint || self == .double }
}

/// Integer arithmetic that reports an overflow as CEL's error.
extension Int64 {
    func adding(_ other: Int64) throws(Failure) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        guard !overflow else { throw .integerOverflow }
        return sum
    }

    func subtracting(_ other: Int64) throws(Failure) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        guard !overflow else { throw .integerOverflow }
        return difference
    }

    func multiplied(by other: Int64) throws(Failure) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        guard !overflow else { throw .integerOverflow }
        return product
    }
}
