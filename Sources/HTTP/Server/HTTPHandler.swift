/// Who answers the requests of a server.
package protocol HTTPHandler: AnyObject {
    /// A request came, complete with its body. It is answered through the exchange, now or later, exactly once, on the server's shard.
    ///
    /// Requests of one connection come in order and may be answered in any: the answers leave in the order of the requests.
    /// Where `exchange.isBodyTooLarge` is set, the body is empty; unless its rest was short enough to be read and dropped
    /// (`HTTPLimits.discardedBytes`), the connection ends with the answer.
    func handle(_ exchange: HTTPExchange)
}
