internal import CUV
internal import Glibc

/// A listening TCP or Unix-domain socket on its shard.
@safe package final class Listener {
    /// The port that is listened on; 0 for a Unix-domain socket.
    package private(set) var port: UInt16 = 0
    private let loop: EventLoop
    private let isPipe: Bool
    private let storage: UnsafeMutableRawPointer
    private var accept: ((ByteStream) -> Void)?

    /// Listens. The accepted stream starts to read when `accept` has returned; its delegate is set there.
    /// A path of a socket that nobody serves any more is taken over; one that is served is an error.
    package static func listen(
        on endpoint: Endpoint, loop: EventLoop, backlog: Int = 1024, accept: @escaping (ByteStream) -> Void
    ) throws(LoopError) -> Listener {
        let listener = Listener(on: loop, isPipe: endpoint.isPath)
        listener.accept = accept
        let status = listener.bind(to: endpoint, backlog: CInt(backlog))
        guard status == 0 else {
            listener.close()
            throw LoopError("listening on \(endpoint)", code: status)
        }
        return listener
    }

    private init(on loop: EventLoop, isPipe: Bool) {
        self.loop = loop
        self.isPipe = isPipe
        let size = unsafe max(MemoryLayout<uv_tcp_t>.size, MemoryLayout<uv_pipe_t>.size)
        unsafe storage = .allocate(byteCount: size, alignment: 16)
        if isPipe {
            unsafe uv_pipe_init(loop.uv, storage.assumingMemoryBound(to: uv_pipe_t.self), 0)
        } else {
            unsafe uv_tcp_init(loop.uv, storage.assumingMemoryBound(to: uv_tcp_t.self))
        }
        unsafe stream.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    deinit { unsafe storage.deallocate() }

    /// Stops listening. Idempotent; accepted connections live on.
    package func close() {
        guard accept != nil else { return }
        accept = nil
        unsafe uv_close(storage.assumingMemoryBound(to: uv_handle_t.self), Listener.closed)
    }

    private var stream: UnsafeMutablePointer<uv_stream_t> { unsafe storage.assumingMemoryBound(to: uv_stream_t.self) }

    private func bind(to endpoint: Endpoint, backlog: CInt) -> CInt {
        var status: CInt
        switch endpoint {
        case .unix(let path):
            Listener.removeDeadSocket(path)
            status = unsafe uv_pipe_bind(storage.assumingMemoryBound(to: uv_pipe_t.self), path)
        case .tcp(let host, let port):
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

    private func connectionArrived(_ status: CInt) {
        guard status == 0, let accept else { return }
        guard let stream = unsafe ByteStream.accept(from: stream, on: loop, isPipe: isPipe) else { return }
        accept(stream)
        stream.startReading()
    }

    private static let connection: uv_connection_cb = { handle, status in
        guard let data = unsafe handle?.pointee.data else { return }
        unsafe Unmanaged<Listener>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.connectionArrived(status) }
    }

    private static let closed: uv_close_cb = { handle in
        guard let data = unsafe handle?.pointee.data else { return }
        unsafe Unmanaged<Listener>.fromOpaque(data).release()
    }
}

extension Endpoint {
    var isPath: Bool {
        if case .unix = self { return true }
        return false
    }
}

// Inside `Listener` the name `close` is the method's.
private func close_descriptor(_ descriptor: CInt) -> CInt { Glibc.close(descriptor) }
