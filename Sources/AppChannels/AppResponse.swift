/// The app's answer to a question of the control plane.
package struct AppResponse: Sendable {
    package var status: Int
    package var body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// A question that the app did not answer.
package struct AppFailure: Error, Sendable, CustomStringConvertible {
    package var reason: String

    package var description: String { reason }
}
