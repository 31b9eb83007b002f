/// Resumes a task with the end of its request.
final class HTTPClientWaiter: HTTPClientCompletion {
    private let continuation: CheckedContinuation<HTTPClientResult, Never>

    init(_ continuation: CheckedContinuation<HTTPClientResult, Never>) { self.continuation = continuation }

    func completed(_ result: HTTPClientResult, token: UInt64) { continuation.resume(returning: result) }
}
