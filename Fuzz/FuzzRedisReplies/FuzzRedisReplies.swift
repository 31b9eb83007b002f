import Brokers
import Bytes
import FuzzDriver
import Messaging
import RedisClient

@main
struct Main {
    static func main() { martlet_fuzz_main(CommandLine.argc, CommandLine.unsafeArgv) }
}

/// Reads any bytes as replies of Redis, whole, cut in two and byte by byte, and takes each reply apart as the replies of streams.
///
/// What must hold: nothing traps and no bound is passed; the replies do not depend on the cuts; metadata that was read is read the same
/// after it was written.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRedisReplies(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    let whole = replies(bytes, size: max(1, bytes.count))
    let halves = replies(bytes, size: max(1, bytes.count / 2))
    let single = replies(bytes, size: 1)
    precondition(whole.replies == halves.replies && halves.replies == single.replies, "a cut changed the replies")
    precondition(whole.isRefused == single.isRefused, "a cut changed whether the bytes are RESP 2")
    for reply in whole.replies { takeApart(reply) }
    if let metadata = RedisEventMetadata.decode(bytes), !metadata.isEmpty {
        precondition(
            RedisEventMetadata.decode(RedisEventMetadata.encode(metadata)) == metadata,
            "metadata is written as it was read")
    }
    return 0
}

private func replies(_ bytes: [UInt8], size: Int) -> (replies: [RedisReply], isRefused: Bool) {
    let reader = RedisReplyReader()
    var replies: [RedisReply] = []
    do throws(RedisFailure) {
        for start in stride(from: 0, to: bytes.count, by: size) {
            try reader.feed(bytes.rawSpan.extracting(start..<min(start + size, bytes.count)))
            while let reply = try reader.next() { replies.append(reply) }
        }
    } catch { return (replies, true) }
    return (replies, false)
}

private func takeApart(_ reply: RedisReply) {
    _ = RedisStreamReplies.read(reply)
    _ = RedisStreamReplies.pending(reply)
    _ = RedisStreamReplies.lastGenerated(reply)
    if let error = reply.error { _ = (error.description, error.meansReconnect) }
    for entry in RedisStreamReplies.entries(reply) ?? [] {
        _ = RedisEventMetadata.decode(entry.metadata)
    }
}
