internal import CHiredis

/// Bytes to replies: the unsafe core, the only file that calls hiredis.
///
/// hiredis parses; its object functions are ours, so that replies are built as Swift values at once, and so that an array's announced length
/// allocates nothing. Bounds: nesting as hiredis has it (7 levels), elements and bytes of one reply as below. Beyond one, or at bytes that are
/// not RESP 2, `next` throws, and the reader is of no use any more.
@safe package final class RedisReplyReader {
    /// How many elements one reply may hold in all.
    package static let elementsMaximum = 1 << 20
    /// How many bytes one reply may take on the wire: the largest value of Redis is half of it.
    package static let bytesMaximum = 1 << 30

    private struct Frame {
        var missing: Int
        var elements: [RedisReply]
    }

    private let reader: UnsafeMutablePointer<redisReader>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private var frames: [Frame] = []
    private var finished: RedisReply?
    private var elementCount = 0
    private var bytesSinceReply = 0

    package init() {
        unsafe functions = .allocate(capacity: 1)
        unsafe functions.initialize(
            to: redisReplyObjectFunctions(
                createString: RedisReplyReader.createString, createArray: RedisReplyReader.createArray,
                createInteger: RedisReplyReader.createInteger, createNil: RedisReplyReader.createNull,
                freeObject: { _ in }))
        guard let reader = unsafe redisReaderCreateWithFunctions(functions) else {
            preconditionFailure("there is no memory for a reply reader")
        }
        unsafe self.reader = reader
        unsafe reader.pointee.privdata = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit {
        unsafe redisReaderFree(reader)
        unsafe functions.deallocate()
    }

    /// Takes bytes from the server; they are copied.
    package func feed(_ bytes: RawSpan) throws(RedisFailure) {
        bytesSinceReply += bytes.byteCount
        guard bytesSinceReply <= RedisReplyReader.bytesMaximum else {
            throw RedisFailure(.protocolViolation, "a reply exceeds \(RedisReplyReader.bytesMaximum) bytes")
        }
        let status = unsafe bytes.withUnsafeBytes { raw in
            unsafe redisReaderFeed(reader, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
        }
        if status != REDIS_OK { throw problem() }
    }

    /// The next complete reply; `nil` when more bytes are needed.
    package func next() throws(RedisFailure) -> RedisReply? {
        var unused: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(reader, &unused) == REDIS_OK else { throw problem() }
        guard let reply = finished else { return nil }
        finished = nil
        elementCount = 0
        bytesSinceReply = unsafe Int(reader.pointee.len - reader.pointee.pos)
        return reply
    }

    private func problem() -> RedisFailure {
        if elementCount > RedisReplyReader.elementsMaximum {
            return RedisFailure(
                .protocolViolation, "a reply has more than \(RedisReplyReader.elementsMaximum) elements")
        }
        let text = unsafe withUnsafeBytes(of: reader.pointee.errstr) { raw in
            unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
        }
        return RedisFailure(.protocolViolation, "the server does not answer as Redis does (\(text)); is it Redis?")
    }

    // MARK: Building

    private func add(_ reply: RedisReply) {
        var reply = reply
        while let last = frames.indices.last {
            frames[last].elements.append(reply)
            frames[last].missing -= 1
            guard frames[last].missing == 0 else { return }
            reply = .array(frames.removeLast().elements)
        }
        finished = reply
    }

    private func open(_ count: Int) {
        if count == 0 { return add(.array([])) }
        var elements: [RedisReply] = []
        elements.reserveCapacity(min(count, 64))
        frames.append(Frame(missing: count, elements: elements))
    }

    /// False where the reply becomes larger than it may be.
    private func count(_ elements: Int) -> Bool {
        elementCount += max(0, elements)
        return elementCount <= RedisReplyReader.elementsMaximum
    }

    // MARK: Object functions

    /// hiredis wants an object for each element; it only looks whether there is one.
    private static func object(_ task: UnsafePointer<redisReadTask>) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(mutating: task)
    }

    /// The names of a stream entry's fields come with every event; these are made once.
    private static let names: [[UInt8]] = [Array("data".utf8), Array("metadata".utf8)]

    private static func known(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        switch bytes.count {
        case 4: unsafe bytes.elementsEqual(names[0]) ? names[0] : nil
        case 8: unsafe bytes.elementsEqual(names[1]) ? names[1] : nil
        default: nil
        }
    }

    private static let createString:
        @convention(c) (UnsafePointer<redisReadTask>?, UnsafeMutablePointer<CChar>?, Int) -> UnsafeMutableRawPointer? =
            {
                task, text, length in
                guard let task = unsafe task, let data = unsafe task.pointee.privdata else { return nil }
                let bytes = unsafe UnsafeRawBufferPointer(start: text, count: length)
                let reply: RedisReply
                switch unsafe task.pointee.type {
                case REDIS_REPLY_STATUS: reply = unsafe .status(String(decoding: bytes, as: UTF8.self))
                case REDIS_REPLY_ERROR: reply = unsafe .error(RedisServerError(String(decoding: bytes, as: UTF8.self)))
                default: reply = unsafe .bulk(known(bytes) ?? [UInt8](bytes))
                }
                unsafe Unmanaged<RedisReplyReader>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.add(reply) }
                return unsafe object(task)
            }

    private static let createArray: @convention(c) (UnsafePointer<redisReadTask>?, CInt) -> UnsafeMutableRawPointer? = {
        task, count in
        guard let task = unsafe task, let data = unsafe task.pointee.privdata else { return nil }
        let isTaken = unsafe Unmanaged<RedisReplyReader>.fromOpaque(data)._withUnsafeGuaranteedRef { reader in
            guard reader.count(Int(count)) else { return false }
            reader.open(Int(count))
            return true
        }
        return unsafe isTaken ? object(task) : nil
    }

    private static let createInteger:
        @convention(c) (UnsafePointer<redisReadTask>?, CLongLong) -> UnsafeMutableRawPointer? = { task, value in
            guard let task = unsafe task, let data = unsafe task.pointee.privdata else { return nil }
            unsafe Unmanaged<RedisReplyReader>.fromOpaque(data)._withUnsafeGuaranteedRef {
                $0.add(.integer(Int(value)))
            }
            return unsafe object(task)
        }

    private static let createNull: @convention(c) (UnsafePointer<redisReadTask>?) -> UnsafeMutableRawPointer? = {
        task in
        guard let task = unsafe task, let data = unsafe task.pointee.privdata else { return nil }
        unsafe Unmanaged<RedisReplyReader>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.add(.null) }
        return unsafe object(task)
    }
}
