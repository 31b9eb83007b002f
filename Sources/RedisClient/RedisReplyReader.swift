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
    private var form = RedisReplyForm.whole
    /// Where the reply that is being read becomes entries.
    private var builder = RedisEntryBuilder()
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
    /// - Parameter form: what is wanted of it, the same at each call until it is complete.
    package func next(_ form: RedisReplyForm = .whole) throws(RedisFailure) -> RedisReply? {
        self.form = form
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

    private var buildsEntries: Bool { form == .readEntries || form == .entries }

    /// Hands an element to the builder of entries.
    private func build(_ element: (inout RedisEntryBuilder) -> Void) {
        if !builder.isBuilding { builder.begin(form) }
        element(&builder)
        if builder.isDone { finished = .entries(builder.finish()) }
    }

    private func addBulk(_ bytes: UnsafeRawBufferPointer) {
        if buildsEntries { return build { unsafe $0.bulk(RawSpan(_unsafeBytes: bytes)) } }
        if form == .confirmation, frames.isEmpty { return finished = .bulk([]) }
        unsafe add(.bulk([UInt8](bytes)))
    }

    private func addOther(_ reply: RedisReply) {
        guard buildsEntries else { return add(reply) }
        if !builder.isBuilding, case .error = reply { return finished = reply }
        build { builder in
            if reply == .null { builder.null() } else { builder.other() }
        }
    }

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
        if buildsEntries { return build { $0.open(count) } }
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

    private static let createString:
        @convention(c) (UnsafePointer<redisReadTask>?, UnsafeMutablePointer<CChar>?, Int) -> UnsafeMutableRawPointer? =
            {
                task, text, length in
                guard let task = unsafe task, let data = unsafe task.pointee.privdata else { return nil }
                let bytes = unsafe UnsafeRawBufferPointer(start: text, count: length)
                unsafe Unmanaged<RedisReplyReader>.fromOpaque(data)._withUnsafeGuaranteedRef { reader in
                    switch unsafe task.pointee.type {
                    case REDIS_REPLY_STATUS: unsafe reader.addOther(.status(String(decoding: bytes, as: UTF8.self)))
                    case REDIS_REPLY_ERROR:
                        unsafe reader.addOther(.error(RedisServerError(String(decoding: bytes, as: UTF8.self))))
                    default: unsafe reader.addBulk(bytes)
                    }
                }
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
                $0.addOther(.integer(Int(value)))
            }
            return unsafe object(task)
        }

    private static let createNull: @convention(c) (UnsafePointer<redisReadTask>?) -> UnsafeMutableRawPointer? = {
        task in
        guard let task = unsafe task, let data = unsafe task.pointee.privdata else { return nil }
        unsafe Unmanaged<RedisReplyReader>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.addOther(.null) }
        return unsafe object(task)
    }
}
