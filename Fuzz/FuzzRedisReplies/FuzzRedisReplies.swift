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
    for form in [RedisReplyForm.readEntries, .entries] {
        let entries = replies(bytes, size: max(1, bytes.count), form).replies
        precondition(entries == replies(bytes, size: 1, form).replies, "a cut changed the entries")
        precondition(
            entries == whole.replies.prefix(entries.count).map { inForm($0, form) },
            "entries are those that the whole replies hold")
    }
    if let metadata = RedisEventMetadata.decode(bytes), !metadata.isEmpty {
        precondition(
            RedisEventMetadata.decode(RedisEventMetadata.encode(metadata)) == metadata,
            "metadata is written as it was read")
    }
    return 0
}

private func replies(
    _ bytes: [UInt8], size: Int, _ form: RedisReplyForm = .whole
) -> (replies: [RedisReply], isRefused: Bool) {
    let reader = RedisReplyReader()
    var replies: [RedisReply] = []
    do throws(RedisFailure) {
        for start in stride(from: 0, to: bytes.count, by: size) {
            try reader.feed(bytes.rawSpan.extracting(start..<min(start + size, bytes.count)))
            while let reply = try reader.next(form) { replies.append(reply) }
        }
    } catch { return (replies, true) }
    return (replies, false)
}

private func takeApart(_ reply: RedisReply) {
    _ = RedisStreamReplies.pending(reply)
    _ = RedisStreamReplies.lastGenerated(reply)
    if let error = reply.error { _ = (error.description, error.meansReconnect) }
}

/// What a reader makes of a reply in a form, the slow way: out of the whole reply.
private func inForm(_ reply: RedisReply, _ form: RedisReplyForm) -> RedisReply {
    if case .error = reply { return reply }
    if reply == .null { return .entries([]) }
    guard form == .readEntries else { return .entries(entries(reply)) }
    guard let streams = reply.elements, streams.count == 1, let stream = streams[0].elements, stream.count == 2,
        case .bulk = stream[0], case .array = stream[1]
    else { return .entries(nil) }
    return .entries(entries(stream[1]))
}

private func entries(_ reply: RedisReply) -> [RedisEntry]? {
    guard let elements = reply.elements else { return nil }
    var entries: [RedisEntry] = []
    for element in elements where element != .null {
        guard let parts = element.elements, parts.count == 2, case .bulk(let text) = parts[0],
            let id = RedisEntry.id(text.rawSpan)
        else { return nil }
        var entry = RedisEntry(id: id)
        if parts[1] != .null {
            guard let fields = parts[1].elements, fields.count.isMultiple(of: 2) else { return nil }
            for index in stride(from: 0, to: fields.count, by: 2) {
                guard case .bulk(let name) = fields[index], case .bulk(let value) = fields[index + 1] else {
                    return nil
                }
                switch String(decoding: name, as: UTF8.self) {
                case "data": entry.body = value
                case "metadata": entry.metadata = value
                case "key": entry.key = value
                default: break
                }
            }
        }
        entries.append(entry)
        _ = RedisEventMetadata.decode(entry.metadata)
    }
    return entries
}
