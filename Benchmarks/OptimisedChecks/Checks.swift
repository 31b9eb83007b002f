/// Counts what was checked and prints what was wrong.
struct Checks {
    private(set) var count = 0
    private(set) var failures = 0

    /// Both must be the same.
    mutating func equal<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) {
        count += 1
        if found == expected { return }
        failures += 1
        print("optimised-checks: \(what): \(found) instead of \(expected)")
    }

    mutating func text(_ found: [UInt8], _ expected: String, _ what: String) {
        equal(String(decoding: found, as: UTF8.self), expected, what)
    }
}

/// A text that the optimiser knows nothing of, in the form in which texts from outside come: up to 15 bytes inside the value.
@inline(never)
func made(_ text: String) -> String { String(decoding: Array(text.utf8), as: UTF8.self) }

/// Overwrites freed memory and the stack below the caller, so that a span that outlived its memory shows.
@inline(never)
func disturb() -> Int {
    let blocks = (1..<12).map { [UInt8](repeating: 0xEE, count: $0 * 8) }
    var text = "x"
    for block in blocks { text += "\(block.count)" }
    return text.utf8.count
}
