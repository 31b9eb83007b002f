/// The beginning of a command that is sent again and again with other last arguments, as bytes.
package struct RedisCommandStart {
    let bytes: [UInt8]
    /// How many arguments are still to come.
    let missing: Int

    /// - Parameter body: begins a command and writes what is always the same.
    package static func of(_ body: (inout RedisOutput) -> Void) -> RedisCommandStart {
        var output = RedisOutput()
        body(&output)
        return output.start()
    }
}
