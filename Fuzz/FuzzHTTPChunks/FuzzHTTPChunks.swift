import Bytes
import FuzzDriver
import HTTP

@main
struct Main {
    static func main() { martlet_fuzz_main(CommandLine.argc, CommandLine.unsafeArgv) }
}

/// Feeds bytes as a chunked body, whole, cut in two and byte by byte.
///
/// What must hold: nothing traps; the outcome does not depend on the cuts; the body stays within its bound.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHTTPChunks(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    let cut = bytes.count > 2 ? Int(bytes[bytes.count / 2]) % bytes.count : 0
    let whole = decode(bytes, cut: bytes.count, size: bytes.count)
    precondition(decode(bytes, cut: cut, size: bytes.count) == whole, "a cut changed what the body is")
    precondition(decode(bytes, cut: 1, size: 1) == whole, "single bytes changed what the body is")
    return 0
}

private struct Outcome: Equatable {
    var body: [UInt8] = []
    var used = 0
    var isDone = false
    var error: HTTPParseError?
}

private func decode(_ bytes: [UInt8], cut: Int, size: Int) -> Outcome {
    var limits = HTTPLimits()
    limits.bodyBytes = 1024
    limits.trailerBytes = 256
    limits.chunkExtensionBytes = 256
    var decoder = HTTPChunkedDecoder(limits: limits)
    var outcome = Outcome()
    while outcome.used < bytes.count, !decoder.isDone {
        let end = min(bytes.count, outcome.used == 0 ? max(1, cut) : outcome.used + size)
        let piece = [UInt8](bytes[outcome.used..<end])
        var offset = 0
        do {
            try decoder.read(piece.rawSpan, from: &offset, into: &outcome.body)
        } catch {
            outcome.error = error
        }
        precondition(outcome.body.count <= limits.bodyBytes, "a body exceeds its bound")
        outcome.used += offset
        guard outcome.error == nil else { return outcome }
    }
    outcome.isDone = decoder.isDone
    return outcome
}
