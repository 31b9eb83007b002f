internal import CUV
internal import Messaging

/// One socket address, IPv4 or IPv6.
@safe package struct SocketAddress: Sendable {
    private var storage: sockaddr_storage

    init(copying address: UnsafePointer<sockaddr>, length: Int) {
        storage = sockaddr_storage()
        unsafe withUnsafeMutableBytes(of: &storage) { raw in
            unsafe raw.copyMemory(
                from: UnsafeRawBufferPointer(start: address, count: min(length, raw.count)))
        }
    }

    /// An address in digits; `nil` for a name.
    init?(literal host: String, port: UInt16) {
        storage = sockaddr_storage()
        var v4 = sockaddr_in()
        var v6 = sockaddr_in6()
        if unsafe uv_ip4_addr(host, CInt(port), &v4) == 0 {
            unsafe withUnsafeMutableBytes(of: &storage) { raw in unsafe raw.storeBytes(of: v4, as: sockaddr_in.self) }
        } else if unsafe uv_ip6_addr(host, CInt(port), &v6) == 0 {
            unsafe withUnsafeMutableBytes(of: &storage) { raw in unsafe raw.storeBytes(of: v6, as: sockaddr_in6.self) }
        } else {
            return nil
        }
    }

    func withPointer<R>(_ body: (UnsafePointer<sockaddr>) -> R) -> R {
        unsafe withUnsafePointer(to: storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0) }
        }
    }
}

/// Names to addresses, on libuv's pool: the call never blocks the shard.
enum Resolver {
    private final class Request {
        let answer: (Result<[SocketAddress], LoopError>) -> Void
        let port: UInt16

        init(port: UInt16, answer: @escaping (Result<[SocketAddress], LoopError>) -> Void) {
            self.port = port
            self.answer = answer
        }
    }

    /// Answers on the shard, never from inside this call. Addresses come in the system's order of preference.
    static func resolve(
        host: String, port: UInt16, on loop: EventLoop, answer: @escaping (Result<[SocketAddress], LoopError>) -> Void
    ) {
        if let literal = SocketAddress(literal: host, port: port) {
            let later = Later { answer(.success([literal])) }
            loop.atTurnEnd(later)
            return
        }
        let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
        let box = unsafe Unmanaged.passRetained(Request(port: port, answer: answer))
        unsafe request.pointee.data = box.toOpaque()
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        unsafe hints.ai_family = AF_UNSPEC
        let status = unsafe uv_getaddrinfo(loop.uv, request, resolved, host, String(port), &hints)
        guard status != 0 else { return }
        unsafe request.deallocate()
        unsafe box.release()
        loop.atTurnEnd(Later { answer(.failure(LoopError("resolving \(host)", code: status))) })
    }

    private static let resolved: uv_getaddrinfo_cb = { request, status, list in
        guard let request = unsafe request, let data = unsafe request.pointee.data else { return }
        let box = unsafe Unmanaged<Request>.fromOpaque(data).takeRetainedValue()
        unsafe request.deallocate()
        defer { unsafe uv_freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let address = unsafe entry.pointee.ai_addr {
                found.append(unsafe SocketAddress(copying: address, length: Int(entry.pointee.ai_addrlen)))
            }
            unsafe next = entry.pointee.ai_next
        }
        if status == 0, !found.isEmpty {
            box.answer(.success(found))
        } else {
            box.answer(
                .failure(LoopError("resolving a host name", code: status == 0 ? UV_EAI_NONAME.rawValue : status)))
        }
    }
}

/// A call that is put off to the end of the turn.
final class Later {
    private let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }
}

extension Later: TurnParticipant {
    func turnEnded() { body() }
}
