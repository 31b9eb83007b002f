import Foundation

/// As much of JSON Schema (draft 2020-12) as the schemas of resources use.
struct SchemaValidator {
    let root: [String: Any]

    /// Why a value is not valid, with its place; `nil` where it is.
    func fault(_ value: Any, _ schema: Any? = nil, at path: String = "") -> String? {
        let schema = schema ?? root
        if let truth = schema as? Bool { return truth ? nil : "\(path): is not allowed" }
        guard let rules = schema as? [String: Any] else { return "\(path): no schema" }
        if let reference = rules["$ref"] as? String, let fault = fault(value, resolve(reference), at: path) {
            return fault
        }
        return plainFault(value, rules, path) ?? objectFault(value, rules, path) ?? arrayFault(value, rules, path)
            ?? combinedFault(value, rules, path)
    }

    private func resolve(_ reference: String) -> Any? {
        (root["$defs"] as? [String: Any])?[String(reference.dropFirst("#/$defs/".count))]
    }

    private func plainFault(_ value: Any, _ rules: [String: Any], _ path: String) -> String? {
        if let type = rules["type"] {
            let types = type as? [String] ?? [type as? String ?? ""]
            if !types.contains(where: { isOf(value, $0) }) { return "\(path): is none of \(types)" }
        }
        if let wanted = rules["const"], !areEqual(value, wanted) { return "\(path): is not \(wanted)" }
        if let words = rules["enum"] as? [Any], !words.contains(where: { areEqual(value, $0) }) {
            return "\(path): is none of \(words)"
        }
        if let pattern = rules["pattern"] as? String, let text = value as? String,
            text.range(of: pattern, options: .regularExpression) == nil
        {
            return "\(path): does not match \(pattern)"
        }
        if let number = number(value) {
            if let least = rules["minimum"] as? NSNumber, number < least.doubleValue { return "\(path): too small" }
            if let most = rules["maximum"] as? NSNumber, number > most.doubleValue { return "\(path): too large" }
        }
        return nil
    }

    private func objectFault(_ value: Any, _ rules: [String: Any], _ path: String) -> String? {
        guard let object = value as? [String: Any] else { return nil }
        let properties = rules["properties"] as? [String: Any] ?? [:]
        for name in rules["required"] as? [String] ?? [] where object[name] == nil {
            return "\(path): \(name) is missing"
        }
        for (name, member) in object.sorted(by: { $0.key < $1.key }) {
            let other = rules["additionalProperties"]
            if let fault = (properties[name] ?? other).flatMap({ fault(member, $0, at: path + "/" + name) }) {
                return fault
            }
        }
        return nil
    }

    private func arrayFault(_ value: Any, _ rules: [String: Any], _ path: String) -> String? {
        guard let elements = value as? [Any] else { return nil }
        if let contains = rules["contains"], !elements.contains(where: { fault($0, contains) == nil }) {
            return "\(path): holds none that is wanted"
        }
        guard let items = rules["items"] else { return nil }
        return elements.enumerated().lazy.compactMap { fault($1, items, at: "\(path)/\($0)") }.first
    }

    private func combinedFault(_ value: Any, _ rules: [String: Any], _ path: String) -> String? {
        if let all = rules["allOf"] as? [Any], let fault = all.lazy.compactMap({ fault(value, $0, at: path) }).first {
            return fault
        }
        if let any = rules["anyOf"] as? [Any], !any.contains(where: { fault(value, $0) == nil }) {
            return "\(path): \(value) fits none of \(any.count) forms"
        }
        if let condition = rules["if"] {
            return (fault(value, condition) == nil ? rules["then"] : rules["else"]).flatMap {
                fault(value, $0, at: path)
            }
        }
        return nil
    }

    private func isOf(_ value: Any, _ type: String) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "boolean": isBool(value)
        case "null": value is NSNull
        case "integer": number(value).map { $0 == $0.rounded() } ?? false
        case "number": number(value) != nil
        default: false
        }
    }

    private func isBool(_ value: Any) -> Bool { (value as? NSNumber).map { CFGetTypeIDIsBool($0) } ?? false }

    private func number(_ value: Any) -> Double? {
        guard let number = value as? NSNumber, !CFGetTypeIDIsBool(number) else { return nil }
        return number.doubleValue
    }

    private func areEqual(_ left: Any, _ right: Any) -> Bool {
        guard let left = left as? NSObject, let right = right as? NSObject else { return false }
        return left == right
    }

    private func CFGetTypeIDIsBool(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}
