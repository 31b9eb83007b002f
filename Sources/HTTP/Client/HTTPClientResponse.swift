/// A final response.
package struct HTTPClientResponse: Sendable {
    /// The status, from 200.
    package var status: Int
    /// The fields.
    package var fields: HTTPFields
    /// The body, decoded.
    package var body: [UInt8]
}
