internal import Bytes

/// One member of an object in a text that is being scanned.
package struct JSONMemberRange: Sendable, Equatable {
    /// What lies between the quotes of the name.
    package var name: Range<Int>
    /// Whether the name has escapes, so that it must be decoded before it is compared.
    package var isEscaped: Bool
    /// The value.
    package var value: Range<Int>
}

/// Goes over the members of one object while it checks them: after `next()` gave `nil`, `isComplete` tells whether the object was well formed.
///
/// ```
/// guard var members = JSONMembers(bytes) else { … no object … }
/// while let member = members.next() { … }
/// guard members.isComplete else { … not JSON … }
/// ```
package struct JSONMembers: ~Escapable {
    private var scanner: JSONScanner
    private let depth: Int
    private var isFirst = true
    /// Where the object begins.
    package let start: Int
    /// Whether the closing brace was reached and everything before it was JSON.
    package private(set) var isComplete = false

    /// Starts at the first value of a text from an offset on; `nil` where that is no object. `depth` counts the arrays and objects around it.
    @_lifetime(copy bytes)
    package init?(_ bytes: RawSpan, at offset: Int = 0, depth: Int = 0) {
        scanner = JSONScanner(bytes, at: offset)
        scanner.skipSpace()
        start = scanner.position
        self.depth = depth + 1
        guard scanner.take(0x7B) else { return nil }
    }

    /// The next member; `nil` at the object's end and where the text is not JSON.
    package mutating func next() -> JSONMemberRange? {
        var watch = NoNameWatch()
        return next(&watch)
    }

    /// The next member, of whose names, inner ones included, somebody wants to know.
    @inline(__always)
    mutating func next(_ watch: inout some JSONNameWatch) -> JSONMemberRange? {
        if isComplete { return nil }
        if let member = scanner.plainMember(isFirst: isFirst) {
            isFirst = false
            watch.named(scanner.bytes, member.name)
            return member
        }
        scanner.skipSpace()
        if scanner.take(0x7D) {
            // `{"a":1,}` is not JSON, but `{}` is: a comma is consumed below only together with a name.
            isComplete = true
            return nil
        }
        if isFirst {
            isFirst = false
        } else {
            guard scanner.take(0x2C) else { return nil }
            scanner.skipSpace()
        }
        let nameStart = scanner.position + 1
        guard let isEscaped = scanner.skipString() else { return nil }
        let name = nameStart..<scanner.position - 1
        if isEscaped { watch.namedWithEscape(scanner.bytes, name) } else { watch.named(scanner.bytes, name) }
        scanner.skipSpace()
        guard scanner.take(0x3A) else { return nil }
        scanner.skipSpace()
        let valueStart = scanner.position
        guard scanner.skipValue(depth: depth, watch: &watch) else { return nil }
        return JSONMemberRange(name: name, isEscaped: isEscaped, value: valueStart..<scanner.position)
    }

    /// The object, once it is complete.
    package var extent: JSONExtent { JSONExtent(range: start..<scanner.position, needsRepair: scanner.needsRepair) }

    /// Whether nothing but white space follows the object.
    package mutating func isAtEnd() -> Bool {
        scanner.skipSpace()
        return scanner.position == scanner.bytes.byteCount
    }

    /// The last member of an object with exactly this name, escapes decoded; `nil` where there is none or the text is no object.
    package static func value(named name: StaticString, in bytes: RawSpan, at offset: Int = 0) -> Range<Int>? {
        guard var members = JSONMembers(bytes, at: offset) else { return nil }
        var found: Range<Int>?
        while let member = members.next() {
            let content = bytes.extracting(member.name)
            if member.isEscaped ? JSONText.unescaped(content).rawSpan.equals(name) : content.equals(name) {
                found = member.value
            }
        }
        return members.isComplete ? found : nil
    }
}
