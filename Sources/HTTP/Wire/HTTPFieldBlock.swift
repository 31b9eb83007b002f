internal import Bytes

/// Fields that will be sent, already in the form of the wire: `name: value CR LF` one after the other.
///
/// What enters is checked here, once, and nowhere else: a control byte in a value becomes a space, as in Go's net/http, so that no value can
/// end its line. A block can be made once and be sent often.
package struct HTTPFieldBlock: Sendable, Equatable {
    /// The lines.
    package private(set) var bytes: [UInt8]

    /// A block without fields; it allocates nothing.
    package init() { bytes = [] }

    /// A block that goes on behind bytes that are already there, to write into a connection's output without a copy.
    init(continuing bytes: inout [UInt8]) {
        self.bytes = []
        swap(&self.bytes, &bytes)
    }

    /// Gives the bytes back that `init(continuing:)` took.
    mutating func giveBack(to bytes: inout [UInt8]) { swap(&self.bytes, &bytes) }

    /// No field.
    package static let none = HTTPFieldBlock()

    /// Whether there is no field.
    package var isEmpty: Bool { bytes.isEmpty }

    /// Adds a field whose name is known when compiling: a token, and none of the fields that the connection sends itself.
    package mutating func add(_ name: StaticString, _ value: RawSpan) {
        let start = begin(name)
        bytes.append(value)
        finish(valueFrom: start)
    }

    /// Adds a field whose name is known when compiling.
    package mutating func add(_ name: StaticString, _ value: [UInt8]) {
        let start = begin(name)
        bytes.append(contentsOf: value)
        finish(valueFrom: start)
    }

    /// Adds a field whose name is known when compiling.
    package mutating func add(_ name: StaticString, _ value: StaticString) { add(name, value.rawSpan) }

    /// Adds a field whose name is known when compiling. Literals take the `StaticString` form.
    @_disfavoredOverload
    package mutating func add(_ name: StaticString, _ value: String) {
        let start = begin(name)
        bytes.append(contentsOf: value.utf8)
        finish(valueFrom: start)
    }

    /// Adds a field whose name came from outside. It is left out, with `false`, where the name is no token or is one that would change the
    /// message's framing or its connection (`isReserved`).
    package mutating func add(name: RawSpan, value: RawSpan) -> Bool {
        let nameStart = bytes.count
        bytes.append(name)
        guard let valueStart = begin(nameFrom: nameStart) else { return false }
        bytes.append(value)
        finish(valueFrom: valueStart)
        return true
    }

    /// Adds a field whose name came from outside.
    package mutating func add(name: String, value: String) -> Bool {
        let nameStart = bytes.count
        bytes.append(contentsOf: name.utf8)
        guard let valueStart = begin(nameFrom: nameStart) else { return false }
        bytes.append(contentsOf: value.utf8)
        finish(valueFrom: valueStart)
        return true
    }

    /// Adds a field whose name came from outside.
    package mutating func add(name: [UInt8], value: String) -> Bool {
        value.withRawSpan { add(name: name.rawSpan, value: $0) }
    }

    /// Adds the fields of another block.
    package mutating func add(_ other: HTTPFieldBlock) { bytes.append(contentsOf: other.bytes) }

    /// Whether a field is the connection's own business: framing, persistence, and the host of a request.
    package static func isReserved(_ name: RawSpan) -> Bool {
        for reserved: StaticString in [
            "host", "connection", "content-length", "transfer-encoding", "expect", "upgrade", "keep-alive", "te",
            "trailer", "proxy-connection", "http2-settings",
        ] where ASCII.equalIgnoringCase(name, reserved) {
            return true
        }
        return false
    }

    private mutating func begin(_ name: StaticString) -> Int {
        bytes.append(utf8: name)
        return endName()
    }

    /// Ends a name that was appended, or takes it back where it may not be sent.
    private mutating func begin(nameFrom start: Int) -> Int? {
        let isRefused: Bool
        do {
            let name = bytes.rawSpan.extracting(start..<bytes.count)
            isRefused = !HTTPToken.isToken(name) || HTTPFieldBlock.isReserved(name)
        }
        if isRefused {
            bytes.removeLast(bytes.count - start)
            return nil
        }
        return endName()
    }

    private mutating func endName() -> Int {
        bytes.append(0x3A)
        bytes.append(0x20)
        return bytes.count
    }

    private mutating func finish(valueFrom start: Int) {
        let end = bytes.count
        if bytes.rawSpan.endOfText(from: start, to: end) < end { blankControls(from: start) }
        bytes.append(0x0D)
        bytes.append(0x0A)
    }

    private mutating func blankControls(from start: Int) {
        for index in start..<bytes.count where bytes[index] < 0x20 && bytes[index] != 0x09 || bytes[index] == 0x7F {
            bytes[index] = 0x20
        }
    }
}

extension HTTPFieldBlock: ExpressibleByDictionaryLiteral {
    /// A block of fields known when compiling; a name that is none, or is reserved, is a mistake of ours.
    package init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements {
            let wasAdded = add(name: name, value: value)
            assert(wasAdded, "a literal names a field that is no token or is reserved")
        }
    }
}
