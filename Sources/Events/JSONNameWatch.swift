internal import Bytes

/// Who is told of the names in a JSON text while it is scanned. Objects without members are not told of.
protocol JSONNameWatch {
    /// The names that follow belong to an object inside of the one before.
    mutating func objectBegan()
    /// A name without an escape, between its quotes.
    mutating func named(_ bytes: RawSpan, _ name: Range<Int>)
    /// A name with an escape, between its quotes.
    mutating func namedWithEscape(_ bytes: RawSpan, _ name: Range<Int>)
    /// The object is over; what follows belongs to the one around it.
    mutating func objectEnded()
}

/// Nobody wants to know.
struct NoNameWatch: JSONNameWatch {
    @inline(__always) func objectBegan() {}
    @inline(__always) func named(_ bytes: RawSpan, _ name: Range<Int>) {}
    @inline(__always) func namedWithEscape(_ bytes: RawSpan, _ name: Range<Int>) {}
    @inline(__always) func objectEnded() {}
}
