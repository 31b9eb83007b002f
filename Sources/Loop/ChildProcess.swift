internal import CUV
internal import Glibc

/// A program that runs as a child of this process, started and watched from a shard.
@safe package final class ChildProcess {
    /// How a child ended.
    package enum Exit: Sendable, Equatable {
        case status(Int32)
        case signal(Int32)

        /// The status as a shell shows it: 128 and the number for a signal.
        package var shellStatus: Int32 {
            switch self {
            case .status(let status): status
            case .signal(let number): 128 + number
            }
        }
    }

    /// What to start.
    package struct Launch: Sendable {
        /// The program, looked up in the child's `PATH` unless it has a slash, and its arguments.
        package var arguments: [String]
        /// All variables of the child; `nil` inherits ours.
        package var environment: [String: String]?
        /// Where it starts; `nil` is our own directory.
        package var directory: String?

        package init(_ arguments: [String], environment: [String: String]? = nil, directory: String? = nil) {
            self.arguments = arguments
            self.environment = environment
            self.directory = directory
        }
    }

    /// The number of the process.
    package private(set) var id: Int32 = 0
    /// How it ended; `nil` while it runs.
    package private(set) var exit: Exit?
    private let handle: UnsafeMutablePointer<uv_process_t>
    private let ended: (Exit) -> Void

    /// Starts a program. Its standard input is inherited; signals have their default actions in it.
    ///
    /// - Parameters:
    ///   - output: gets what the program writes to its standard output, through a stream that it closes itself on `receivedEnd`; `nil` inherits ours.
    ///   - errors: the same for the standard error.
    ///   - ended: is called on the shard, once. Output may still come after it, and other processes may hold the streams open.
    /// - Throws: the system's reason, such as `no such file or directory` for an unknown program.
    package static func start(
        _ launch: Launch, output: (any ChildOutput)? = nil, errors: (any ChildOutput)? = nil, on loop: EventLoop,
        ended: @escaping (Exit) -> Void
    ) throws(LoopError) -> ChildProcess {
        guard let program = launch.arguments.first else {
            throw LoopError("starting a program without a name", code: UV_EINVAL.rawValue)
        }
        let child = ChildProcess(ended: ended)
        let streams = [output, errors].map { $0 == nil ? nil : ByteStream.childPipe(on: loop) }
        let status = child.spawn(launch, streams: streams, on: loop)
        guard status == 0 else {
            for stream in streams { stream?.close() }
            child.close()
            throw LoopError("starting \(program)", code: status)
        }
        child.id = unsafe uv_process_get_pid(child.handle)
        for (stream, delegate) in zip(streams, [output, errors]) {
            guard let stream, let delegate else { continue }
            delegate.attach(stream)
            stream.delegate = delegate
            stream.startReading()
        }
        return child
    }

    /// Sends a signal to the process; false where it has ended.
    @discardableResult
    package func kill(_ signal: Int32) -> Bool {
        guard exit == nil else { return false }
        return unsafe uv_process_kill(handle, signal) == 0
    }

    private init(ended: @escaping (Exit) -> Void) {
        self.ended = ended
        unsafe handle = .allocate(capacity: 1)
        // Released in the close callback: libuv owns the object as long as it owns the handle.
        unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    deinit { unsafe handle.deallocate() }

    private func spawn(_ launch: Launch, streams: [ByteStream?], on loop: EventLoop) -> CInt {
        let arguments = CStrings(launch.arguments)
        let environment = launch.environment.map { CStrings($0.map { "\($0.key)=\($0.value)" }) }
        // The options hold bare pointers into both.
        defer { withExtendedLifetime((arguments, environment)) {} }
        var stdio = unsafe [ChildProcess.inherited(0)]
        for (index, stream) in streams.enumerated() {
            unsafe stdio.append(stream.map { unsafe ChildProcess.pipe($0) } ?? ChildProcess.inherited(CInt(index + 1)))
        }
        var options = unsafe uv_process_options_t()
        unsafe options.exit_cb = ChildProcess.exited
        unsafe options.file = UnsafePointer(arguments.pointers[0])
        unsafe options.args = arguments.pointers
        unsafe options.env = environment?.pointers
        unsafe options.stdio_count = CInt(stdio.count)
        return unsafe stdio.withUnsafeMutableBufferPointer { stdio in
            unsafe options.stdio = stdio.baseAddress
            guard let directory = launch.directory else { return unsafe uv_spawn(loop.uv, handle, &options) }
            return unsafe directory.withCString { directory in
                unsafe options.cwd = directory
                return unsafe uv_spawn(loop.uv, handle, &options)
            }
        }
    }

    private static func inherited(_ descriptor: CInt) -> uv_stdio_container_t {
        var container = unsafe uv_stdio_container_t()
        unsafe container.flags = UV_INHERIT_FD
        unsafe container.data.fd = descriptor
        return unsafe container
    }

    private static func pipe(_ stream: ByteStream) -> uv_stdio_container_t {
        var container = unsafe uv_stdio_container_t()
        unsafe container.flags = uv_stdio_flags(UV_CREATE_PIPE.rawValue | UV_WRITABLE_PIPE.rawValue)
        unsafe container.data.stream = stream.handle
        return unsafe container
    }

    private func exitSeen(_ status: Int64, _ signal: CInt) {
        let exit: Exit = signal != 0 ? .signal(signal) : .status(Int32(truncatingIfNeeded: status))
        self.exit = exit
        close()
        ended(exit)
    }

    private func close() {
        unsafe uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let data = unsafe handle?.pointee.data else { return }
            unsafe Unmanaged<ChildProcess>.fromOpaque(data).release()
        }
    }

    private static let exited: uv_exit_cb = { handle, status, signal in
        guard let data = unsafe handle?.pointee.data else { return }
        unsafe Unmanaged<ChildProcess>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.exitSeen(status, signal) }
    }
}

extension ChildProcess: HandleOwner {
    func loopEnds() { close() }
}

/// Who takes what a child process writes. Read only: what is written to the stream goes nowhere.
package protocol ChildOutput: TransportDelegate {
    /// The stream, before anything comes from it. It is kept, and closed on `receivedEnd`.
    func attach(_ stream: ByteStream)
}

/// A list of C strings that ends with a null pointer, as `execve` takes it.
@safe private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
        count = texts.count
        unsafe pointers = .allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { unsafe pointers[index] = strdup(text) }
        unsafe pointers[texts.count] = nil
    }

    deinit {
        for index in 0..<count { unsafe free(pointers[index]) }
        unsafe pointers.deallocate()
    }
}
