/// Who writes a response in pieces.
package protocol HTTPStreamDelegate: AnyObject {
    /// Everything that was written is with the kernel, after `write` had said that enough is waiting.
    func drained(_ exchange: HTTPExchange)
    /// The connection ended before the response did. Nothing comes after it, and writing has no effect any more.
    func disconnected(_ exchange: HTTPExchange)
}
