internal import Bytes

/// The fields of a head, as ranges into one copy of its bytes.
///
/// Lookups scan and compare names without case; a head has a handful of fields, and a scan of those is cheaper than hashing.
/// Values have no CR, LF, NUL or other control byte but the tab; bytes from 0x80 are as they came.
package struct HTTPFields: Sendable {
    /// The whole head, start line included.
    package let bytes: [UInt8]
    /// The fields in the order in which they came.
    package let ranges: [HTTPFieldRange]

    init(bytes: [UInt8], ranges: [HTTPFieldRange]) {
        self.bytes = bytes
        self.ranges = ranges
    }

    /// No field.
    package static let none = HTTPFields(bytes: [], ranges: [])

    /// How many fields there are; a name that came twice counts twice.
    package var count: Int { ranges.count }

    /// The name of a field as the peer spelled it.
    @_lifetime(borrow self)
    package func name(at index: Int) -> RawSpan { bytes.rawSpan.extracting(ranges[index].name) }

    /// The value of a field.
    @_lifetime(borrow self)
    package func value(at index: Int) -> RawSpan { bytes.rawSpan.extracting(ranges[index].value) }

    /// The index of the first field with a name, from an index on; `nil` where there is none.
    package func index(of name: StaticString, from start: Int = 0) -> Int? {
        let head = bytes.rawSpan
        let length = name.utf8CodeUnitCount
        var index = start
        while index < ranges.count {
            let range = ranges[index].name
            if range.count == length, ASCII.equalIgnoringCase(head.extracting(range), name) { return index }
            index += 1
        }
        return nil
    }

    /// The index of the first field with a name that is known only when running.
    package func index(ofName name: String, from start: Int = 0) -> Int? {
        ranges[start...].firstIndex { range in
            bytes[range.name].elementsEqual(name.utf8) { ASCII.lowercased($0) == ASCII.lowercased($1) }
        }
    }

    /// The value of the first field with a name, without a copy; `nil` where there is none.
    package func first(_ name: StaticString) -> ArraySlice<UInt8>? {
        index(of: name).map { bytes[ranges[$0].value] }
    }

    /// The value of the first field with a name as text; what is no UTF-8 is repaired. `nil` where there is none.
    package func text(_ name: StaticString) -> String? {
        first(name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The values of all fields with a name, in order.
    package func all(_ name: StaticString) -> [ArraySlice<UInt8>] {
        var values: [ArraySlice<UInt8>] = []
        var next = index(of: name)
        while let index = next {
            values.append(bytes[ranges[index].value])
            next = self.index(of: name, from: index + 1)
        }
        return values
    }

    /// The name of a field as text, in lower case.
    package func nameText(at index: Int) -> String {
        String(decoding: bytes[ranges[index].name].map(ASCII.lowercased), as: UTF8.self)
    }

    /// The value of a field as text; what is no UTF-8 is repaired.
    package func valueText(at index: Int) -> String { String(decoding: bytes[ranges[index].value], as: UTF8.self) }
}
