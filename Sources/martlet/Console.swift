internal import Loop
internal import Runtime

/// What commands print for the one who called them.
enum Console {
    /// Prints to the standard output, and waits where nobody reads it at the moment. False where nobody does any more.
    @discardableResult
    static func print(_ text: String) -> Bool { LineOutput.standard.writeWaiting(Array(text.utf8)) }

    /// Prints to the standard error.
    static func tell(_ text: String) { _ = LineOutput.errors.write(Array(text.utf8)) }

    /// Says why a command line is refused, and how the flags are; gives the exit status.
    static func refuse(_ reason: String, usage: String) -> Int32 {
        tell("\(reason)\n\(usage)")
        return 2
    }
}
