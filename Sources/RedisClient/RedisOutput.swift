internal import Bytes

/// Commands as RESP 2 writes them: arrays of length-prefixed bytes, spliced into one buffer.
///
/// A command is begun with the number of its parts, then each part is appended; debug builds trap when the number is wrong,
/// because everything behind it would be read as something else.
package struct RedisOutput: ~Copyable {
    /// The bytes of complete commands.
    package private(set) var bytes: [UInt8] = []
    private var missing = 0

    package init() {}

    /// Whether nothing waits to be written.
    package var isEmpty: Bool { bytes.isEmpty }

    /// How many bytes wait to be written.
    package var count: Int { bytes.count }

    /// Begins a command with its name and the number of its arguments.
    package mutating func begin(_ name: StaticString, arguments: Int) {
        assert(missing == 0, "the command before has fewer arguments than it announced")
        missing = arguments + 1
        appendCount(arguments + 1)
        argument(name)
    }

    /// Begins a command like one that was begun before.
    package mutating func begin(_ start: RedisCommandStart) {
        assert(missing == 0, "the command before has fewer arguments than it announced")
        missing = start.missing
        bytes.append(contentsOf: start.bytes)
    }

    /// What was written of a command that is not complete.
    consuming func start() -> RedisCommandStart { RedisCommandStart(bytes: bytes, missing: missing) }

    /// Appends a whole command.
    package mutating func append(whole command: [String]) {
        assert(missing == 0, "the command before has fewer arguments than it announced")
        missing = command.count
        appendCount(command.count)
        for part in command { argument(part) }
    }

    /// Appends an argument that is known when compiling.
    package mutating func argument(_ text: StaticString) {
        argument(size: text.utf8CodeUnitCount) { $0.write(text) }
    }

    /// Appends a text as its UTF-8.
    package mutating func argument(_ text: String) { text.withRawSpan { argument($0) } }

    /// Appends bytes, whatever they are.
    package mutating func argument(_ value: [UInt8]) { argument(value.rawSpan) }

    /// Appends a number in decimal digits.
    package mutating func argument(_ number: Int) {
        let magnitude = UInt64(number.magnitude)
        argument(size: ByteWriter.digitCount(magnitude) + (number < 0 ? 1 : 0)) { writer in
            if number < 0 { writer.write(UInt8(ascii: "-")) }
            writer.write(decimal: magnitude)
        }
    }

    /// Appends two numbers joined by a hyphen: an entry's id in a stream.
    package mutating func argument(_ high: UInt64, hyphen low: UInt64) {
        argument(size: ByteWriter.digitCount(high) + 1 + ByteWriter.digitCount(low)) { writer in
            writer.write(decimal: high)
            writer.write(UInt8(ascii: "-"))
            writer.write(decimal: low)
        }
    }

    /// Gives the bytes of complete commands to a writer that empties the array.
    package mutating func drain(_ body: (inout [UInt8]) -> Void) {
        body(&bytes)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Traps in debug builds where the last command lacks arguments.
    func assertComplete() { assert(missing == 0, "the command has fewer arguments than it announced") }

    /// What a length, its marker and the two line ends take at most.
    private static let overhead = 26

    private mutating func argument(_ value: RawSpan) {
        argument(size: value.byteCount) { $0.write(value) }
    }

    /// `$size CR LF … CR LF`
    @inline(__always)
    private mutating func argument(size: Int, _ write: (inout ByteWriter) -> Void) {
        assert(missing > 0, "the command has more arguments than it announced")
        missing -= 1
        bytes.append(capacity: size + RedisOutput.overhead) { writer in
            writer.write(UInt8(ascii: "$"))
            writer.write(decimal: UInt64(size))
            writer.write("\r\n")
            write(&writer)
            writer.write("\r\n")
        }
    }

    private mutating func appendCount(_ count: Int) {
        bytes.append(capacity: RedisOutput.overhead) { writer in
            writer.write(UInt8(ascii: "*"))
            writer.write(decimal: UInt64(count))
            writer.write("\r\n")
        }
    }
}
