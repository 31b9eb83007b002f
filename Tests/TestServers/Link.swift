import Glibc

/// A link between a client and a server of the loopback that can go silent: a TCP proxy on a port of its own.
///
/// A silent connection is a half-open one: whatever either side writes vanishes, and neither hears of an end. It stays so; connections that are
/// made later pass again, as after a router's restart. One thread carries all bytes; it ends with `close`.
package final class Link: @unchecked Sendable {
    /// Where clients connect.
    package let port: Int
    private let target: Int
    private let listener: Int32
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private var thread = pthread_t()
    // Guarded by the lock.
    private var pairs: [Pair] = []
    private var swallowed = 0
    private var isClosed = false
    private var muted: [Int32] = []

    private struct Pair {
        let client: Int32
        let server: Int32
        var isSilent = false
    }

    /// Starts to carry.
    /// - Parameter target: the server's port.
    package init(to target: Int) throws {
        self.target = target
        port = try FreePort.take()
        guard let listener = FreePort.listen(port) else { throw TestProgram.Failure(description: "no listener") }
        self.listener = listener
        lock = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        let this = Unmanaged.passRetained(self).toOpaque()
        let carries: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
            if let context { Unmanaged<Link>.fromOpaque(context).takeRetainedValue().carry() }
            return nil
        }
        pthread_create(&thread, nil, carries, this)
    }

    /// Bytes that vanished: the evidence that a silent link mattered.
    package var swallowedBytes: Int { locked { swallowed } }

    /// All connections of now go silent.
    package func silence() {
        locked { for index in pairs.indices { pairs[index].isSilent = true } }
    }

    /// Ends all connections and the thread.
    package func close() {
        guard
            !locked({ () -> Bool in
                defer { isClosed = true }; return isClosed
            })
        else { return }
        pthread_join(thread, nil)
        Glibc.close(listener)
        for pair in pairs { end(pair) }
        for descriptor in muted { Glibc.close(descriptor) }
        pairs = []
        muted = []
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return body()
    }

    private func end(_ pair: Pair) {
        Glibc.close(pair.client)
        Glibc.close(pair.server)
    }

    // MARK: On the thread

    private func carry() {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while !locked({ isClosed }) {
            let now = locked { pairs }
            var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
            for pair in now {
                polled.append(pollfd(fd: pair.client, events: Int16(POLLIN), revents: 0))
                polled.append(pollfd(fd: pair.server, events: Int16(POLLIN), revents: 0))
            }
            guard poll(&polled, nfds_t(polled.count), 20) > 0 else { continue }
            for index in now.indices {
                let pair = now[index]
                if polled[1 + 2 * index].revents != 0 { pass(pair, from: pair.client, to: pair.server, &buffer) }
                if polled[2 + 2 * index].revents != 0 { pass(pair, from: pair.server, to: pair.client, &buffer) }
            }
            if polled[0].revents != 0 { accept() }
        }
    }

    private func accept() {
        let client = Glibc.accept(listener, nil, nil)
        guard client >= 0 else { return }
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        guard let server = FreePort.connect(target) else {
            Glibc.close(client)
            return
        }
        locked { pairs.append(Pair(client: client, server: server)) }
    }

    private func pass(_ pair: Pair, from: Int32, to: Int32, _ buffer: inout [UInt8]) {
        guard let now = locked({ pairs.first { $0.client == pair.client } }) else { return }
        let count = recv(from, &buffer, buffer.count, 0)
        if now.isSilent {
            if count > 0 { return locked { swallowed += count } }
            // An end vanishes, too: the side that is left hears nothing.
            return mute(pair, from)
        }
        guard count > 0, sendAll(to, buffer[..<count]) else {
            locked { pairs.removeAll { $0.client == pair.client } }
            return end(pair)
        }
    }

    /// Keeps a descriptor whose other end has gone out of the poll, without telling the other side.
    private func mute(_ pair: Pair, _ descriptor: Int32) {
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            return
        }
        dup2(ends[0], descriptor)
        Glibc.close(ends[0])
        locked { muted.append(ends[1]) }
    }

    private func sendAll(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
