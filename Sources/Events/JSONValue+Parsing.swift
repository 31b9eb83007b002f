internal import Bytes

extension JSONValue {
    /// How many values a tree may have, names not counted; a text with more is refused.
    package static let maximumNodes = 1 << 18

    /// The tree of a text that holds one value and white space around it.
    package static func parse(_ text: RawSpan) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONTreeParser(text)
        let value = try parser.parse()
        parser.scanner.skipSpace()
        guard parser.scanner.position == text.byteCount else { throw parser.unexpected() }
        return value
    }

    /// The tree of the first value of a text; bytes after it are ignored, as Go's stream decoder does.
    package static func parseFirst(_ text: RawSpan) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONTreeParser(text)
        return try parser.parse()
    }

    /// The tree of a text that holds one value and white space around it.
    package static func parse(_ text: [UInt8]) throws(JSONSyntaxError) -> JSONValue { try parse(text.rawSpan) }

    /// The value of the last member whose name equals this one when ASCII letters are compared without case, as Go's decoder fills structs.
    package subscript(ignoringCase name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { ASCII.equalIgnoringCase($0.name, name) }?.value
    }

    /// The value as JSON without white space.
    package var bytes: [UInt8] {
        var output: [UInt8] = []
        JSONWriter.append(self, to: &output)
        return output
    }
}

/// Builds a tree without recursion: an open array or object is a frame on a stack.
private struct JSONTreeParser: ~Escapable {
    private struct Frame {
        var isObject: Bool
        var name = ""
        var members: [JSONMember] = []
        var elements: [JSONValue] = []

        mutating func add(_ value: JSONValue) {
            if isObject { members.append(JSONMember(name: name, value: value)) } else { elements.append(value) }
        }

        var value: JSONValue { isObject ? .object(members) : .array(elements) }
    }

    var scanner: JSONScanner
    private var frames: [Frame] = []
    private var nodes = 0

    @_lifetime(copy text)
    init(_ text: RawSpan) { scanner = JSONScanner(text) }

    func unexpected() -> JSONSyntaxError {
        let isEnd = scanner.position >= scanner.bytes.byteCount
        return JSONSyntaxError(reason: isEnd ? .unexpectedEnd : .unexpectedByte, offset: scanner.position)
    }

    mutating func parse() throws(JSONSyntaxError) -> JSONValue {
        while true {
            scanner.skipSpace()
            guard var value = try beginValue() else { continue }
            while true {
                let top = frames.count - 1
                guard top >= 0 else { return value }
                frames[top].add(value)
                scanner.skipSpace()
                if scanner.take(0x2C) {
                    if frames[top].isObject { frames[top].name = try name() }
                    break
                }
                guard scanner.take(frames[top].isObject ? 0x7D : 0x5D) else { throw unexpected() }
                value = frames[top].value
                frames.removeLast()
            }
        }
    }

    /// A scalar, an empty array or an empty object; `nil` after one that has something in it was opened.
    private mutating func beginValue() throws(JSONSyntaxError) -> JSONValue? {
        nodes += 1
        guard nodes <= JSONValue.maximumNodes else {
            throw JSONSyntaxError(reason: .tooManyValues, offset: scanner.position)
        }
        if scanner.take(0x22) { return .string(try string()) }
        let isObject = scanner.take(0x7B)
        if isObject || scanner.take(0x5B) {
            guard frames.count < JSONScanner.maximumDepth else {
                throw JSONSyntaxError(reason: .tooDeep, offset: scanner.position - 1)
            }
            scanner.skipSpace()
            if scanner.take(isObject ? 0x7D : 0x5D) { return isObject ? .object([]) : .array([]) }
            var frame = Frame(isObject: isObject)
            if isObject { frame.name = try name() }
            frames.append(frame)
            return nil
        }
        return try scalar()
    }

    private mutating func name() throws(JSONSyntaxError) -> String {
        scanner.skipSpace()
        guard scanner.take(0x22) else { throw unexpected() }
        let name = try string()
        scanner.skipSpace()
        guard scanner.take(0x3A) else { throw unexpected() }
        return name
    }

    /// The rest of a string whose opening quote was taken. It finds the end by itself, apart from the scanner.
    private mutating func string() throws(JSONSyntaxError) -> String {
        let start = scanner.position
        var hasEscape = false
        while scanner.position < scanner.bytes.byteCount {
            switch scanner.bytes[scanner.position] {
            case 0x22:
                let content = scanner.bytes.extracting(start..<scanner.position)
                scanner.position += 1
                return hasEscape ? JSONText.text(content) : String(utf8Repaired: content)
            case 0x5C:
                hasEscape = true
                try escape()
            case 0..<0x20:
                throw unexpected()
            default:
                scanner.position += 1
            }
        }
        throw unexpected()
    }

    private mutating func escape() throws(JSONSyntaxError) {
        scanner.position += 1
        guard scanner.position < scanner.bytes.byteCount else { throw unexpected() }
        switch UnicodeScalar(scanner.bytes[scanner.position]) {
        case "\"", "\\", "/", "b", "f", "n", "r", "t":
            scanner.position += 1
        case "u":
            scanner.position += 1
            for _ in 0..<4 {
                guard scanner.position < scanner.bytes.byteCount, Hex.value(scanner.bytes[scanner.position]) != nil
                else {
                    throw unexpected()
                }
                scanner.position += 1
            }
        default:
            throw unexpected()
        }
    }

    private mutating func scalar() throws(JSONSyntaxError) -> JSONValue {
        let start = scanner.position
        if take("true") { return .bool(true) }
        if take("false") { return .bool(false) }
        if take("null") { return .null }
        let rest = scanner.bytes.extracting(start..<scanner.bytes.byteCount)
        guard let length = JSONNumber.length(rest) else { throw brokenScalar(rest) }
        scanner.position = start + length
        return .number(String(utf8Repaired: rest.extracting(0..<length)))
    }

    /// What is wrong with a word or a number: a text that ends inside of it is cut off, any other byte does not belong there.
    private mutating func brokenScalar(_ rest: RawSpan) -> JSONSyntaxError {
        let isCutOff =
            rest.byteCount > 0 && JSONTreeParser.numberBytes(rest) == rest.byteCount
            || JSONTreeParser.isBeginning(rest, of: "true") || JSONTreeParser.isBeginning(rest, of: "false")
            || JSONTreeParser.isBeginning(rest, of: "null")
        if isCutOff { scanner.position += rest.byteCount }
        return unexpected()
    }

    private static func isBeginning(_ rest: RawSpan, of word: StaticString) -> Bool {
        guard rest.byteCount < word.utf8CodeUnitCount else { return false }
        for offset in 0..<rest.byteCount where rest[offset] != word.rawSpan[offset] { return false }
        return true
    }

    private static func numberBytes(_ rest: RawSpan) -> Int {
        var length = 0
        while length < rest.byteCount, isNumberByte(rest[length]) { length += 1 }
        return length
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let rest = scanner.bytes.extracting(scanner.position..<scanner.bytes.byteCount)
        guard rest.starts(with: word) else { return false }
        scanner.position += word.utf8CodeUnitCount
        return true
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        ASCII.isDigit(byte) || byte == 0x2B || byte == 0x2D || byte == 0x2E || byte | 0x20 == 0x65
    }
}
