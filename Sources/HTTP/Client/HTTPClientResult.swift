/// How a request ended.
package enum HTTPClientResult: Sendable {
    /// A response came, whatever its status.
    case response(HTTPClientResponse)
    /// None came.
    case failure(HTTPClientError)
}
