/// Who waits for the end of a request. Confined to the client's shard.
package protocol HTTPClientCompletion: AnyObject {
    /// Called exactly once for each request, never from inside `send`. It may send again.
    func completed(_ result: HTTPClientResult, token: UInt64)
}
