/// The code that a failure carries, where it carries one.
package enum FailureCode: Sendable, Equatable {
    /// No answer at all, or an answer whose code says nothing: always tried again.
    case none
    case http(Int)
    case grpc(Int)
}

/// For which codes a failure is tried again (spec 4.2, `matching`).
package struct CodeMatching: Sendable, Equatable {
    /// Codes of HTTP; nil matches all of them.
    package var http: [ClosedRange<Int>]?
    /// Codes of gRPC; nil matches all of them.
    package var grpc: [ClosedRange<Int>]?

    package init(http: [ClosedRange<Int>]? = nil, grpc: [ClosedRange<Int>]? = nil) {
        self.http = http
        self.grpc = grpc
    }

    /// Whether a failure with this code is tried again.
    package func matches(_ code: FailureCode) -> Bool {
        switch code {
        case .none: true
        case .http(let status): http?.contains { $0.contains(status) } ?? true
        case .grpc(let status): grpc?.contains { $0.contains(status) } ?? true
        }
    }
}
