/// A final response.
package struct HTTPClientResponse: Sendable {
    /// Its head.
    package let head: HTTPResponseHead
    /// The body, decoded.
    package var body: [UInt8]

    /// The status, from 200.
    package var status: Int { head.status }
    /// The fields.
    package var fields: HTTPFields { head.fields }
}
