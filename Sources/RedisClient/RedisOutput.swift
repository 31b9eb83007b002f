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
        bytes.append(UInt8(ascii: "*"))
        appendDecimal(arguments + 1)
        appendLineEnd()
        argument(name)
    }

    /// Appends a whole command.
    package mutating func append(whole command: [String]) {
        assert(missing == 0, "the command before has fewer arguments than it announced")
        missing = command.count
        bytes.append(UInt8(ascii: "*"))
        appendDecimal(command.count)
        appendLineEnd()
        for part in command { argument(part) }
    }

    /// Appends an argument that is known when compiling.
    package mutating func argument(_ text: StaticString) {
        appendHead(text.utf8CodeUnitCount)
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        appendLineEnd()
    }

    /// Appends a text as its UTF-8.
    package mutating func argument(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            appendHead(utf8.count)
            unsafe bytes.append(contentsOf: utf8)
        }
        appendLineEnd()
    }

    /// Appends bytes, whatever they are.
    package mutating func argument(_ value: [UInt8]) {
        appendHead(value.count)
        bytes.append(contentsOf: value)
        appendLineEnd()
    }

    /// Appends a number in decimal digits.
    package mutating func argument(_ number: Int) {
        appendHead(RedisOutput.digitCount(UInt64(number.magnitude)) + (number < 0 ? 1 : 0))
        appendDecimal(number)
        appendLineEnd()
    }

    /// Appends two numbers joined by a hyphen: an entry's id in a stream.
    package mutating func argument(_ high: UInt64, hyphen low: UInt64) {
        appendHead(RedisOutput.digitCount(high) + 1 + RedisOutput.digitCount(low))
        appendDecimal(high)
        bytes.append(UInt8(ascii: "-"))
        appendDecimal(low)
        appendLineEnd()
    }

    /// Gives the bytes of complete commands to a writer that empties the array.
    package mutating func drain(_ body: (inout [UInt8]) -> Void) {
        body(&bytes)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Traps in debug builds where the last command lacks arguments.
    func assertComplete() { assert(missing == 0, "the command has fewer arguments than it announced") }

    private mutating func appendHead(_ count: Int) {
        assert(missing > 0, "the command has more arguments than it announced")
        missing -= 1
        bytes.append(UInt8(ascii: "$"))
        appendDecimal(count)
        appendLineEnd()
    }

    private mutating func appendLineEnd() {
        bytes.append(0x0D)
        bytes.append(0x0A)
    }

    private mutating func appendDecimal(_ number: Int) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        appendDecimal(UInt64(number.magnitude))
    }

    private mutating func appendDecimal(_ number: UInt64) {
        if number < 10 { return bytes.append(0x30 + UInt8(truncatingIfNeeded: number)) }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var start = 20
        var rest = number
        repeat {
            start -= 1
            digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest != 0
        for index in start..<20 { bytes.append(digits[index]) }
    }

    private static func digitCount(_ number: UInt64) -> Int {
        var count = 1
        var rest = number
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }
}
