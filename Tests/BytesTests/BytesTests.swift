import Testing

@testable import Bytes

@Suite struct `Spans` {
    @Test func `a byte is found wherever it stands`() {
        for length in 0..<40 {
            var bytes = [UInt8](repeating: 0x21, count: length)
            #expect(bytes.rawSpan.firstIndex(of: 0x22) == nil)
            for index in 0..<length {
                bytes[index] = 0x22
                #expect(bytes.rawSpan.firstIndex(of: 0x22) == index)
                #expect(bytes.rawSpan.firstIndex(of: 0x22, from: index + 1) == nil)
                bytes[index] = 0x21
            }
        }
    }

    @Test func `a neighbour's borrow does not count as a find`() {
        // 0x23 after 0x22 in one word is where a careless zero-byte test errs.
        let bytes: [UInt8] = [0x23, 0x23, 0x22, 0x23, 0x23, 0x23, 0x23, 0x23]
        #expect(bytes.rawSpan.firstIndex(of: 0x22) == 2)
        #expect([UInt8]([0, 1, 1, 1, 1, 1, 1, 1]).rawSpan.firstIndex(of: 1) == 1)
    }

    @Test func `equality looks at every byte`() {
        for length in 0..<34 {
            let left = [UInt8](repeating: 7, count: length)
            #expect(left.rawSpan.equals(left) == true)
            for index in 0..<length {
                var right = left
                right[index] = 8
                #expect(left.rawSpan.equals(right) == false)
            }
            #expect(left.rawSpan.equals(left + [7]) == false)
        }
        #expect(Array("grüße".utf8).rawSpan.equals("grüße" as StaticString) == true)
        #expect(Array("a long enough text".utf8).rawSpan.starts(with: "a long") == true)
        #expect(Array("a".utf8).rawSpan.starts(with: "a long") == false)
    }

    @Test func `words are little-endian and need no alignment`() {
        let bytes: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
        #expect(bytes.rawSpan.loadUInt64(at: 1) == 0x0807_0605_0403_0201)
        #expect(bytes.rawSpan.loadUInt32(at: 5) == 0x0807_0605)
    }

    @Test func `reading outside of a span traps`() async {
        await #expect(processExitsWith: .failure) { _ = [UInt8]([1]).rawSpan[1] }
        await #expect(processExitsWith: .failure) { _ = [UInt8](repeating: 0, count: 7).rawSpan.loadUInt64(at: 0) }
        await #expect(processExitsWith: .failure) { _ = [UInt8](repeating: 0, count: 9).rawSpan.loadUInt64(at: -1) }
    }

    @Test func `writing beyond the room traps`() async {
        await #expect(processExitsWith: .failure) { _ = [UInt8](capacity: 2) { $0.write("abc") } }
        await #expect(processExitsWith: .failure) { _ = [UInt8](capacity: 0) { $0.write(1) } }
    }
}

@Suite struct `Appending` {
    @Test(arguments: [
        (0, "0"), (-1, "-1"), (1234567890, "1234567890"), (Int.max, "9223372036854775807"),
        (Int.min, "-9223372036854775808"),
    ])
    func `decimals`(_ number: Int, _ text: String) {
        var bytes: [UInt8] = []
        bytes.appendDecimal(number)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test func `all sources append the same bytes`() {
        var bytes: [UInt8] = []
        bytes.append(utf8: "ab" as StaticString)
        bytes.append(utf8: "grüße, a string that is not small")
        let small: [UInt8] = [1, 2, 3]
        let none: [UInt8] = []
        let digits: [UInt8] = [0, 255, 16]
        let four: [UInt8] = [1, 2, 3, 4]
        bytes.append(small.rawSpan)
        bytes.append(none.rawSpan)
        bytes.appendHex(digits.rawSpan)
        bytes.appendHex(UInt64(0x0123_4567_89AB_CDEF))
        bytes.append(base64: four.rawSpan)
        #expect(bytes == Array("abgrüße, a string that is not small\u{1}\u{2}\u{3}00ff100123456789abcdefAQIDBA==".utf8))
    }

    @Test func `hexadecimal words are read back`() {
        for number in [0, 1, 0x0123_4567, 0x89AB_CDEF, UInt32.max] {
            #expect(Hex.gather(Hex.spread(number)) == number)
        }
        for byte in UInt8.min...UInt8.max {
            let isDigit = (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
            for place in 0..<8 {
                var word = [UInt8](repeating: 0x30, count: 8)
                word[place] = byte
                #expect((Hex.gather(word.rawSpan.loadUInt64(at: 0)) != nil) == isDigit)
            }
        }
        #expect(Hex.decode(Array("00fFa0".utf8).rawSpan) == [0, 255, 160])
        #expect(Hex.decode(Array("0".utf8).rawSpan) == nil)
        #expect(Hex.decode(Array("0g".utf8).rawSpan) == nil)
        #expect(Hex.text([0xAB, 1].rawSpan) == "ab01")
    }
}

@Suite struct `UTF-8` {
    static let cases: [([UInt8], String)] = [
        ([], ""),
        (Array("plain ascii text".utf8), "plain ascii text"),
        (Array("grüße 😀 \u{2028}".utf8), "grüße 😀 \u{2028}"),
        ([0xFF, 0x00, 0x61], "\u{FFFD}\0a"),
        ([0xC0, 0xAF], "\u{FFFD}\u{FFFD}"),
        ([0xE0, 0x80, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
        ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
        ([0xF4, 0x90, 0x80, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
        ([0xE2, 0x82], "\u{FFFD}\u{FFFD}"),
        ([0xE2, 0x82, 0x41], "\u{FFFD}\u{FFFD}A"),
        ([0xF0, 0x9F, 0x98], "\u{FFFD}\u{FFFD}\u{FFFD}"),
        ([0xC3], "\u{FFFD}"),
        ([0x80], "\u{FFFD}"),
    ]

    @Test(arguments: cases)
    func `each byte that is not UTF-8 becomes one replacement character`(_ bytes: [UInt8], _ text: String) {
        #expect(Array(String(utf8Repaired: bytes.rawSpan).utf8) == Array(text.utf8))
        #expect((String(utf8Checked: bytes.rawSpan) == nil) == text.contains("\u{FFFD}"))
    }

    @Test func `every two bytes are judged as the standard library judges them`() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                for tail in [[], [0x80], [0x80, 0x80], [0x41]] as [[UInt8]] {
                    let bytes = [first, second] + tail
                    #expect(
                        (UTF8Text.firstInvalid(bytes.rawSpan) == nil)
                            == (String(validating: bytes, as: UTF8.self) != nil))
                }
            }
        }
    }
}

@Suite struct `ASCII and secrets` {
    @Test func `letters are compared without case, nothing else is`() {
        #expect(ASCII.equalIgnoringCase("Content-TYPE", "content-type") == true)
        #expect(ASCII.equalIgnoringCase("[", "{") == false)
        #expect(ASCII.equalIgnoringCase("@", "`") == false)
        #expect(ASCII.equalIgnoringCase("a", "aa") == false)
        #expect(ASCII.equalIgnoringCase(Array("Ab1".utf8).rawSpan, "aB1" as StaticString) == true)
    }

    @Test func `secrets are equal or not`() {
        #expect(ConstantTime.equal(Array("token".utf8).rawSpan, Array("token".utf8).rawSpan) == true)
        #expect(ConstantTime.equal(Array("token".utf8).rawSpan, Array("tokeN".utf8).rawSpan) == false)
        #expect(ConstantTime.equal(Array("token".utf8).rawSpan, Array("toke".utf8).rawSpan) == false)
        #expect(ConstantTime.equal([UInt8]().rawSpan, [UInt8]().rawSpan) == true)
    }

    @Test(arguments: [0, 1, 15, 31], [0x01, 0x80, 0xFF] as [UInt8])
    func `a comparison of secrets looks at every byte, wherever they differ`(place: Int, bits: UInt8) {
        var seen: [Int] = []
        let difference = ConstantTime.difference(over: 32) { offset in
            seen.append(offset)
            return offset == place ? bits : 0
        }
        #expect(difference == bits)
        #expect(seen == Array(0..<32))
        var other = [UInt8](repeating: 0x61, count: 32)
        other[place] ^= bits
        #expect(ConstantTime.equal([UInt8](repeating: 0x61, count: 32).rawSpan, other.rawSpan) == false)
    }
}
