internal import Bytes
internal import CUV
internal import Messaging

/// A TCP or Unix-domain socket on its shard.
///
/// Output goes to the kernel at once where it takes it; what it does not take waits here, and the owner bounds it by `pendingBytes`.
@safe package final class ByteStream: Transport {
    /// How long `closeAfterWriting` waits for a peer that does not read.
    static let lingerLimit: Duration = .seconds(5)
    /// An output array larger than this is not kept for the next turn. Owners of busy streams may raise it.
    package var keptCapacity = 64 * 1024

    enum State {
        case resolving
        case connecting
        case open
        case closing
        case closed
    }

    /// Held strongly until the stream is over: a weak reference would cost every read the slow path of reference counting.
    package var delegate: (any TransportDelegate)?

    let loop: EventLoop
    let handle: UnsafeMutablePointer<uv_stream_t>
    private let storage: UnsafeMutableRawPointer
    private let writeRequest: UnsafeMutablePointer<uv_write_t>
    private(set) var state: State
    private var wantsReading = true
    private var isReading = false
    private var closesWhenDrained = false
    private var lingerWake = Wake.none
    private var end = TransportEnd.closed
    /// What the kernel is being given by a write request, freed when it is done.
    private var inFlight: UnsafeMutableRawBufferPointer?
    /// What waits behind it.
    private var waiting: [UInt8] = []
    private var addresses: [SocketAddress] = []

    private init(on loop: EventLoop, isPipe: Bool, state: State) {
        self.loop = loop
        self.state = state
        let size = unsafe max(MemoryLayout<uv_tcp_t>.size, MemoryLayout<uv_pipe_t>.size)
        unsafe storage = .allocate(byteCount: size, alignment: 16)
        unsafe handle = storage.assumingMemoryBound(to: uv_stream_t.self)
        unsafe writeRequest = .allocate(capacity: 1)
        if isPipe {
            unsafe uv_pipe_init(loop.uv, storage.assumingMemoryBound(to: uv_pipe_t.self), 0)
        } else {
            unsafe uv_tcp_init(loop.uv, storage.assumingMemoryBound(to: uv_tcp_t.self))
        }
        // Released in the close callback: libuv owns the object as long as it owns the handle.
        unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    deinit {
        unsafe writeRequest.deallocate()
        unsafe storage.deallocate()
    }

    // MARK: Making one

    /// Starts to connect; the delegate hears `connected` or `ended`, never from inside this call.
    package static func connect(
        to endpoint: Endpoint, on loop: EventLoop, delegate: any TransportDelegate
    ) -> ByteStream {
        switch endpoint {
        case .unix(let path):
            let stream = ByteStream(on: loop, isPipe: true, state: .connecting)
            stream.delegate = delegate
            stream.connectPipe(path)
            return stream
        case .tcp(let host, let port):
            let stream = ByteStream(on: loop, isPipe: false, state: .resolving)
            stream.delegate = delegate
            // Not weak: every count of the stream would take the slow path from then on. The resolver always ends.
            Resolver.resolve(host: host, port: port, on: loop) { result in stream.resolved(result) }
            return stream
        }
    }

    /// Takes the next connection of a listener.
    static func accept(from server: UnsafeMutablePointer<uv_stream_t>, on loop: EventLoop, isPipe: Bool) -> ByteStream?
    {
        let stream = ByteStream(on: loop, isPipe: isPipe, state: .open)
        guard unsafe uv_accept(server, stream.handle) == 0 else {
            stream.finish(.closed)
            return nil
        }
        stream.setNoDelay(isPipe: isPipe)
        return stream
    }

    /// A pipe to a child process; it is opened by the spawn.
    static func childPipe(on loop: EventLoop) -> ByteStream { ByteStream(on: loop, isPipe: true, state: .open) }

    // MARK: Transport

    package var pendingBytes: Int { unsafe (inFlight?.count ?? 0) + waiting.count }

    package var isOpen: Bool { state != .closing && state != .closed }

    package func write(_ bytes: inout [UInt8]) {
        guard state == .open, !closesWhenDrained, !bytes.isEmpty else {
            bytes.removeAll(keepingCapacity: bytes.capacity <= keptCapacity)
            return
        }
        if unsafe inFlight != nil {
            waiting.append(contentsOf: bytes)
        } else {
            let written = tryWrite(bytes)
            if written < bytes.count, state == .open { startWrite(of: bytes[written...]) }
        }
        bytes.removeAll(keepingCapacity: bytes.capacity <= keptCapacity)
    }

    package func pauseReading() {
        wantsReading = false
        stopReading()
    }

    package func resumeReading() {
        wantsReading = true
        startReading()
    }

    package func close() { finish(.closed) }

    package func closeAfterWriting() {
        guard state == .open, pendingBytes > 0 else { return finish(.closed) }
        guard !closesWhenDrained else { return }
        closesWhenDrained = true
        lingerWake = loop.wake(at: loop.now + ByteStream.lingerLimit, self, token: 0)
    }

    /// Starts to read, once there is a delegate and unless it paused.
    func startReading() {
        guard wantsReading, !isReading, state == .open else { return }
        isReading = true
        unsafe uv_read_start(handle, ByteStream.allocate, ByteStream.read)
    }

    // MARK: Connecting

    private func resolved(_ result: Result<[SocketAddress], LoopError>) {
        guard state == .resolving else { return }
        switch result {
        case .failure(let error): finish(.failed(code: error.code, reason: error.reason))
        case .success(let found):
            addresses = found.reversed()
            state = .connecting
            connectNext()
        }
    }

    private func connectNext() {
        guard let address = addresses.popLast() else { return }
        let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
        let status = unsafe address.withPointer { pointer in
            unsafe uv_tcp_connect(
                request, storage.assumingMemoryBound(to: uv_tcp_t.self), pointer, ByteStream.connected)
        }
        if status != 0 {
            unsafe request.deallocate()
            finish(.failed(code: status, reason: LoopError.text(of: status)))
        }
    }

    private func connectPipe(_ path: String) {
        guard !Endpoint.unix(path: path).isOverlong else {
            let error = LoopError.overlong("connecting")
            return finish(.failed(code: error.code, reason: error.reason))
        }
        let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
        unsafe uv_pipe_connect(request, storage.assumingMemoryBound(to: uv_pipe_t.self), path, ByteStream.connected)
    }

    private func connectEnded(_ status: CInt) {
        guard state == .connecting else { return }
        guard status == 0 else { return finish(.failed(code: status, reason: LoopError.text(of: status))) }
        state = .open
        setNoDelay(isPipe: unsafe handle.pointee.type == UV_NAMED_PIPE)
        startReading()
        delegate?.connected()
    }

    private func setNoDelay(isPipe: Bool) {
        if !isPipe { unsafe uv_tcp_nodelay(storage.assumingMemoryBound(to: uv_tcp_t.self), 1) }
    }

    /// Lets the kernel find a peer that is gone without a word, after about a minute of silence.
    package func keepAlive() {
        guard unsafe handle.pointee.type == UV_TCP else { return }
        unsafe uv_tcp_keepalive(storage.assumingMemoryBound(to: uv_tcp_t.self), 1, 30)
    }

    // MARK: Reading

    private func stopReading() {
        guard isReading else { return }
        isReading = false
        unsafe uv_read_stop(handle)
    }

    private func readEnded(_ count: Int, _ buffer: UnsafePointer<uv_buf_t>) {
        guard state == .open else { return }
        if count > 0 {
            guard let base = unsafe buffer.pointee.base else { return }
            delegate?.received(unsafe UnsafeRawBufferPointer(start: base, count: count).bytes)
        } else if count == Int(UV_EOF.rawValue) {
            stopReading()
            delegate?.receivedEnd()
        } else if count < 0 {
            finish(.failed(code: Int32(count), reason: LoopError.text(of: Int32(count))))
        }
    }

    // MARK: Writing

    private func tryWrite(_ bytes: [UInt8]) -> Int {
        let status = unsafe bytes.withUnsafeBytes { raw in
            var buffer = unsafe uv_buf_t(
                base: UnsafeMutablePointer(mutating: raw.baseAddress?.assumingMemoryBound(to: CChar.self)),
                len: raw.count)
            return unsafe uv_try_write(handle, &buffer, 1)
        }
        if status >= 0 { return Int(status) }
        if status != UV_EAGAIN.rawValue { finish(.failed(code: status, reason: LoopError.text(of: status))) }
        return 0
    }

    private func startWrite(of bytes: ArraySlice<UInt8>) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        unsafe copy.copyBytes(from: bytes)
        unsafe inFlight = copy
        var buffer = unsafe uv_buf_t(base: copy.baseAddress?.assumingMemoryBound(to: CChar.self), len: copy.count)
        let status = unsafe uv_write(writeRequest, handle, &buffer, 1, ByteStream.written)
        if status != 0 { finish(.failed(code: status, reason: LoopError.text(of: status))) }
    }

    private func writeEnded(_ status: CInt) {
        unsafe inFlight?.deallocate()
        unsafe inFlight = nil
        guard state == .open else { return }
        guard status == 0 else { return finish(.failed(code: status, reason: LoopError.text(of: status))) }
        if !waiting.isEmpty {
            var next: [UInt8] = []
            swap(&next, &waiting)
            return startWrite(of: next[...])
        }
        if closesWhenDrained { return finish(.closed) }
        delegate?.drained()
    }

    // MARK: Closing

    private func finish(_ end: TransportEnd) {
        guard state != .closing, state != .closed else { return }
        state = .closing
        isReading = false
        self.end = end
        waiting = []
        loop.cancel(lingerWake)
        unsafe uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self), ByteStream.closed)
    }

    private func closeEnded() {
        state = .closed
        if let inFlight = unsafe inFlight { unsafe inFlight.deallocate() }
        unsafe inFlight = nil
        let delegate = delegate
        self.delegate = nil
        delegate?.ended(end)
    }

    // MARK: Trampolines

    private static let allocate: uv_alloc_cb = { handle, _, buffer in
        guard let data = unsafe handle?.pointee.data else { return }
        unsafe Unmanaged<ByteStream>.fromOpaque(data)._withUnsafeGuaranteedRef { stream in
            unsafe buffer?.pointee = uv_buf_t(base: stream.loop.readBuffer, len: EventLoop.readBufferSize)
        }
    }

    private static let read: uv_read_cb = { handle, count, buffer in
        guard let data = unsafe handle?.pointee.data, let buffer = unsafe buffer else { return }
        unsafe Unmanaged<ByteStream>.fromOpaque(data)._withUnsafeGuaranteedRef { unsafe $0.readEnded(count, buffer) }
    }

    private static let written: uv_write_cb = { request, status in
        guard let data = unsafe request?.pointee.handle.pointee.data else { return }
        unsafe Unmanaged<ByteStream>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.writeEnded(status) }
    }

    private static let connected: uv_connect_cb = { request, status in
        guard let request = unsafe request else { return }
        let data = unsafe request.pointee.handle.pointee.data
        unsafe request.deallocate()
        guard let data = unsafe data else { return }
        unsafe Unmanaged<ByteStream>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.connectEnded(status) }
    }

    private static let closed: uv_close_cb = { handle in
        guard let data = unsafe handle?.pointee.data else { return }
        let stream = unsafe Unmanaged<ByteStream>.fromOpaque(data).takeRetainedValue()
        stream.closeEnded()
    }
}

extension ByteStream: Sleeper {
    package func wake(_ token: UInt64) { finish(.closed) }
}

extension ByteStream: HandleOwner {
    func loopEnds() { finish(.closed) }
}
