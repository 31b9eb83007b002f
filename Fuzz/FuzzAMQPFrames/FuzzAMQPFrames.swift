import Bytes
import FuzzDriver
import AMQPClient

@main
struct Main {
    static func main() { martlet_fuzz_main(CommandLine.argc, CommandLine.unsafeArgv) }
}

/// Reads any bytes as frames of a broker of AMQP, whole, cut in two and byte by byte; and each payload, and the bytes themselves, as a method and
/// as the properties of an event.
///
/// What must hold: nothing traps, nothing is read outside of its frame, however deep tables nest; the frames do not depend on the cuts; properties
/// that were read and can be written are read the same again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzAMQPFrames(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    let whole = frames(bytes, size: max(1, bytes.count))
    let halves = frames(bytes, size: max(1, bytes.count / 2))
    let single = frames(bytes, size: 1)
    precondition(whole.payloads == halves.payloads && halves.payloads == single.payloads, "a cut changed the frames")
    precondition(whole.isRefused == single.isRefused, "a cut changed whether the bytes are AMQP")
    let codec = AMQPCodec()
    for payload in whole.payloads + [bytes] { takeApart(payload, codec) }
    return 0
}

private func frames(_ bytes: [UInt8], size: Int) -> (payloads: [[UInt8]], isRefused: Bool) {
    var reader = AMQPFrameReader(maximum: 1 << 16)
    var payloads: [[UInt8]] = []
    do throws(RabbitMQFailure) {
        for start in stride(from: 0, to: bytes.count, by: size) {
            try reader.feed(bytes.rawSpan.extracting(start..<min(start + size, bytes.count))) {
                _, _, payload throws(RabbitMQFailure) in payloads.append([UInt8](payload))
            }
        }
    } catch { return (payloads, true) }
    return (payloads, false)
}

private func takeApart(_ payload: [UInt8], _ codec: AMQPCodec) {
    _ = try? codec.decode(method: payload.rawSpan)
    let properties = codec.decode(properties: payload.rawSpan)
    guard !properties.hasUnreadableHeaders, isWritten(properties), let written = try? codec.encode(properties) else {
        return
    }
    precondition(codec.decode(properties: written.rawSpan) == properties, "properties are written as they were read")
}

/// Whether all of it is something that this codec writes.
private func isWritten(_ properties: AMQPProperties) -> Bool {
    guard properties.timestamp == nil, properties.userID == nil, properties.appID == nil, properties.replyTo == nil
    else {
        return false
    }
    return properties.headers.entries.allSatisfy { entry in
        switch entry.value {
        case .bool, .integer, .text: true
        case .double, .table, .other: false
        }
    }
}
