import Bytes
import FuzzDriver
import HTTP

@main
struct Main {
    static func main() { martlet_fuzz_main(CommandLine.argc, CommandLine.unsafeArgv) }
}

/// Feeds bytes as a connection of requests, and as a response, whole and cut in two and into single bytes.
///
/// What must hold: nothing traps; the outcome does not depend on the cuts; a head that is accepted has no CR, LF or NUL in a value.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHTTPHead(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    let cut = bytes.count > 2 ? Int(bytes[bytes.count / 2]) % bytes.count : 0
    let whole = requests(bytes, cut: bytes.count, size: bytes.count)
    precondition(requests(bytes, cut: cut, size: bytes.count) == whole, "a cut changed what the requests are")
    precondition(requests(bytes, cut: 1, size: 1) == whole, "single bytes changed what the requests are")
    let response = responses(bytes, size: bytes.count)
    precondition(responses(bytes, size: 1) == response, "single bytes changed what the response is")
    return 0
}

private struct Outcome: Equatable {
    var heads: [[UInt8]] = []
    var ranges: [[HTTPFieldRange]] = []
    var bodies: [[UInt8]] = []
    var error: HTTPParseError?
    var rest = 0
}

private func requests(_ bytes: [UInt8], cut: Int, size: Int) -> Outcome {
    var reader = HTTPRequestReader(limits: HTTPLimits())
    var outcome = Outcome()
    var start = 0
    while start < bytes.count {
        let end = min(bytes.count, start == 0 ? max(1, cut) : start + size)
        let piece = [UInt8](bytes[start..<end])
        var offset = 0
        do {
            feeding: while true {
                switch try reader.next(piece.rawSpan, from: &offset) {
                case .needsMore: break feeding
                case .complete: outcome.bodies.append(reader.takeBody())
                case .head:
                    guard let head = reader.head else { preconditionFailure("a head without a head") }
                    check(head.fields)
                    outcome.heads.append(head.fields.bytes)
                    outcome.ranges.append(head.fields.ranges)
                }
            }
        } catch {
            outcome.error = error
            return outcome
        }
        start = end
    }
    return outcome
}

private func responses(_ bytes: [UInt8], size: Int) -> Outcome {
    var reader = HTTPResponseReader(limits: HTTPLimits())
    reader.begin(toHead: false)
    var outcome = Outcome()
    var start = 0
    while start < bytes.count {
        let end = min(bytes.count, start + size)
        let piece = [UInt8](bytes[start..<end])
        var offset = 0
        do {
            if try reader.read(piece.rawSpan, from: &offset) {
                outcome.rest = bytes.count - start - offset
                break
            }
        } catch {
            outcome.error = error
            return outcome
        }
        start = end
    }
    if let head = reader.head {
        check(head.fields)
        outcome.heads.append(head.fields.bytes)
    }
    outcome.bodies.append(reader.body)
    return outcome
}

private func check(_ fields: HTTPFields) {
    for index in 0..<fields.count {
        let value = fields.value(at: index)
        for offset in 0..<value.byteCount {
            let byte = value[offset]
            precondition(byte >= 0x20 && byte != 0x7F || byte == 0x09, "a control byte came through in a value")
        }
        precondition(fields.name(at: index).byteCount > 0, "a field has no name")
    }
}
