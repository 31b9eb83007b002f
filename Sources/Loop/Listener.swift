internal import CUV
internal import Glibc
internal import Messaging

/// A listening TCP or Unix-domain socket on its shard.
@safe package final class Listener {
    /// The port that is listened on; 0 for a Unix-domain socket.
    package private(set) var port: UInt16 = 0
    /// How long nothing is accepted after the system could give no descriptor, and then until it can.
    static let pause: Duration = .milliseconds(100)

    private let loop: EventLoop
    private let isPipe: Bool
    private let endpoint: Endpoint
    private let backlog: CInt
    private var retry = Wake.none
    /// From `open` until the handle begins to close.
    private var hasHandle = false
    private let storage: UnsafeMutableRawPointer
    private var accept: ((ByteStream) -> Void)?

    /// Listens. The accepted stream starts to read when `accept` has returned; its delegate is set there.
    /// A path of a socket that nobody serves any more is taken over; one that is served is an error.
    package static func listen(
        on endpoint: Endpoint, loop: EventLoop, backlog: Int = 1024, accept: @escaping (ByteStream) -> Void
    ) throws(LoopError) -> Listener {
        guard !endpoint.isOverlong else { throw LoopError.overlong("listening on \(endpoint)") }
        let listener = Listener(endpoint, on: loop, backlog: CInt(backlog))
        listener.accept = accept
        let status = listener.open()
        guard status == 0 else {
            listener.close()
            throw LoopError("listening on \(endpoint)", code: status)
        }
        return listener
    }

    private init(_ endpoint: Endpoint, on loop: EventLoop, backlog: CInt) {
        self.loop = loop
        self.endpoint = endpoint
        self.backlog = backlog
        isPipe = endpoint.isPath
        let size = unsafe max(MemoryLayout<uv_tcp_t>.size, MemoryLayout<uv_pipe_t>.size)
        unsafe storage = .allocate(byteCount: size, alignment: 16)
    }

    /// Makes the handle, binds and listens; a status of libuv. Whatever it is, the handle is there and must be closed.
    private func open() -> CInt {
        if isPipe {
            unsafe uv_pipe_init(loop.uv, storage.assumingMemoryBound(to: uv_pipe_t.self), 0)
        } else {
            unsafe uv_tcp_init(loop.uv, storage.assumingMemoryBound(to: uv_tcp_t.self))
        }
        // Released in the close callback: libuv owns the object as long as it owns the handle.
        unsafe stream.pointee.data = Unmanaged.passRetained(self).toOpaque()
        hasHandle = true
        return bind()
    }

    deinit { unsafe storage.deallocate() }

    /// Stops listening. Idempotent; accepted connections live on.
    package func close() {
        guard accept != nil else { return }
        accept = nil
        loop.cancel(retry)
        closeHandle()
    }

    private func closeHandle() {
        guard hasHandle else { return }
        hasHandle = false
        unsafe uv_close(storage.assumingMemoryBound(to: uv_handle_t.self), Listener.closed)
    }

    private var stream: UnsafeMutablePointer<uv_stream_t> { unsafe storage.assumingMemoryBound(to: uv_stream_t.self) }

    private func bind() -> CInt {
        var status: CInt
        switch endpoint {
        case .unix(let path):
            Listener.removeDeadSocket(path)
            status = unsafe uv_pipe_bind(storage.assumingMemoryBound(to: uv_pipe_t.self), path)
        case .tcp(let host, let port):
            // A port that the system chose stays the same.
            let port = self.port == 0 ? port : self.port
            guard let address = SocketAddress(literal: host, port: port) else { return UV_EINVAL.rawValue }
            let tcp = unsafe storage.assumingMemoryBound(to: uv_tcp_t.self)
            status = unsafe address.withPointer { unsafe uv_tcp_bind(tcp, $0, 0) }
        }
        if status == 0 { status = unsafe uv_listen(stream, backlog, Listener.connection) }
        if status == 0, !isPipe { readPort() }
        return status
    }

    private func readPort() {
        var address = sockaddr_storage()
        var length = CInt(MemoryLayout<sockaddr_storage>.size)
        let tcp = unsafe storage.assumingMemoryBound(to: uv_tcp_t.self)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            _ = unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe uv_tcp_getsockname(tcp, $0, &length)
            }
            // The port lies at the same place in both families, in network order.
            port = unsafe UnsafeRawPointer(pointer).load(fromByteOffset: 2, as: UInt16.self).bigEndian
        }
    }

    private static func removeDeadSocket(_ path: String) {
        let probe = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        guard probe >= 0 else { return }
        defer { _ = close_descriptor(probe) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < capacity else { return }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(probe, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if status != 0, errno == ECONNREFUSED { unsafe unlink(path) }
    }

    /// libuv keeps a descriptor aside with which it turns connections away when there are none left. Where that one is lost, it calls this
    /// again and again without end while a connection waits; only a closed handle stops it.
    func connectionArrived(_ status: CInt) {
        guard status == 0 else { return closeHandle() }
        guard let accept else { return }
        guard let stream = unsafe ByteStream.accept(from: stream, on: loop, isPipe: isPipe) else { return }
        accept(stream)
        stream.startReading()
    }

    /// The handle is gone: for good, or until the system has descriptors again.
    private func handleClosed() {
        guard accept != nil else { return }
        retry = loop.wake(at: loop.now + Listener.pause, self, token: 0)
    }

    private static let connection: uv_connection_cb = { handle, status in
        guard let data = unsafe handle?.pointee.data else { return }
        unsafe Unmanaged<Listener>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.connectionArrived(status) }
    }

    private static let closed: uv_close_cb = { handle in
        guard let data = unsafe handle?.pointee.data else { return }
        unsafe Unmanaged<Listener>.fromOpaque(data).takeRetainedValue().handleClosed()
    }
}

extension Listener: Sleeper {
    package func wake(_ token: UInt64) {
        guard accept != nil, open() != 0 else { return }
        closeHandle()
    }
}

extension Listener: HandleOwner {
    func loopEnds() { close() }
}

extension Endpoint {
    var isPath: Bool {
        if case .unix = self { return true }
        return false
    }
}

// Inside `Listener` the name `close` is the method's.
private func close_descriptor(_ descriptor: CInt) -> CInt { Glibc.close(descriptor) }
