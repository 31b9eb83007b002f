/// Where one field lies in the bytes of its head. The value is without the blanks around it.
package struct HTTPFieldRange: Sendable, Equatable {
    var nameStart: UInt32
    var nameEnd: UInt32
    var valueStart: UInt32
    var valueEnd: UInt32

    /// The offsets of the name.
    package var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    /// The offsets of the value.
    package var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
}
