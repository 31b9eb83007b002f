internal import Bytes

/// Goes over the elements of one array while it checks them: after `next()` gave `nil`, `isComplete` tells whether the array was well formed.
package struct JSONElements: ~Escapable {
    private var scanner: JSONScanner
    private let depth: Int
    private var isFirst = true
    /// Whether the closing bracket was reached and everything before it was JSON.
    package private(set) var isComplete = false

    /// Starts at the first value of a text from an offset on; `nil` where that is no array. `depth` counts the arrays and objects around it.
    @_lifetime(copy bytes)
    package init?(_ bytes: RawSpan, at offset: Int = 0, depth: Int = 0) {
        scanner = JSONScanner(bytes, at: offset)
        scanner.skipSpace()
        self.depth = depth + 1
        guard scanner.take(0x5B) else { return nil }
    }

    /// Where the next element lies; `nil` at the array's end and where the text is not JSON.
    package mutating func next() -> Range<Int>? {
        if isComplete { return nil }
        scanner.skipSpace()
        if scanner.take(0x5D) {
            isComplete = true
            return nil
        }
        if isFirst {
            isFirst = false
        } else {
            guard scanner.take(0x2C) else { return nil }
            scanner.skipSpace()
        }
        let start = scanner.position
        guard scanner.skipValue(depth: depth) else { return nil }
        return start..<scanner.position
    }
}
