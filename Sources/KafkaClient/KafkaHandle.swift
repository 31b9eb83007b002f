internal import CRDKafka
internal import Glibc
internal import Loop
internal import Messaging

/// Who is told what librdkafka's threads have to say. Called on the shard.
protocol KafkaHandleOwner: AnyObject {
    /// One event of the handle's own queue; the handle destroys it afterwards.
    func received(_ event: OpaquePointer, type: Int32)
    /// Something was in a queue, or the sweep came: partitions may have records.
    func woken()
}

/// One `rd_kafka_t`: its queue of events, the descriptor that wakes the loop, and its end on a thread that may block.
@safe final class KafkaHandle {
    /// How many events one turn takes: the rest comes in the next one.
    static let eventsPerTurn = 4_096
    /// The descriptor tells only that a queue stopped being empty; what slips through is found so late.
    static let sweepInterval: Duration = .milliseconds(500)

    let rk: OpaquePointer
    let queue: OpaquePointer
    let descriptor: Int32
    let loop: EventLoop
    private weak var owner: (any KafkaHandleOwner)?
    private var watcher: DescriptorWatcher?
    private var sweep = Wake.none
    private var borrowers = 0
    private(set) var isClosed = false
    private var isKept = false

    /// Makes a producer or consumer; it connects by itself from then on.
    init(
        _ type: rd_kafka_type_t, _ properties: KafkaProperties, events: Int32, on loop: EventLoop,
        owner: any KafkaHandleOwner
    ) throws(KafkaFailure) {
        let conf = try unsafe KafkaHandle.configuration(properties, type)
        unsafe rd_kafka_conf_set_events(conf, events)
        var text = [CChar](repeating: 0, count: 512)
        guard let rk = unsafe rd_kafka_new(type, conf, &text, text.count) else {
            // Only a handle that is made takes the configuration over.
            unsafe rd_kafka_conf_destroy(conf)
            throw KafkaFailure(.settings, KafkaHandle.string(text))
        }
        if type == RD_KAFKA_CONSUMER { unsafe rd_kafka_poll_set_consumer(rk) }
        let found = unsafe type == RD_KAFKA_CONSUMER ? rd_kafka_queue_get_consumer(rk) : rd_kafka_queue_get_main(rk)
        let descriptor = martlet_kafka_wake_descriptor()
        guard let queue = unsafe found, descriptor >= 0 else {
            unsafe rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            throw KafkaFailure(.unavailable, "the system gives no eventfd; raise the limit on open files")
        }
        unsafe self.rk = rk
        unsafe self.queue = queue
        self.descriptor = descriptor
        self.loop = loop
        self.owner = owner
        unsafe watch(queue: queue)
        do throws(LoopError) {
            let watcher = try DescriptorWatcher.watch(descriptor, on: loop) { [weak self] _ in self?.readable() }
            self.watcher = watcher
            watcher.watch(for: .read)
        } catch {
            destroy()
            throw KafkaFailure(.unavailable, "\(error)")
        }
        armSweep()
    }

    private static func configuration(
        _ properties: KafkaProperties, _ type: rd_kafka_type_t
    ) throws(KafkaFailure) -> OpaquePointer {
        guard let conf = unsafe rd_kafka_conf_new() else { throw KafkaFailure(.unavailable, "no memory") }
        unsafe martlet_kafka_prepare(conf, properties.keepAlive, properties.unacknowledgedLimit)
        var text = [CChar](repeating: 0, count: 512)
        for (name, value) in properties.pairs {
            guard unsafe rd_kafka_conf_set(conf, name, value, &text, text.count) == RD_KAFKA_CONF_OK else {
                unsafe rd_kafka_conf_destroy(conf)
                throw KafkaFailure(.settings, string(text))
            }
        }
        if type == RD_KAFKA_PRODUCER { unsafe martlet_kafka_set_partitioner(conf) }
        return unsafe conf
    }

    static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Has the loop woken when a queue stops being empty.
    func watch(queue: OpaquePointer) {
        var one: UInt64 = 1
        unsafe rd_kafka_queue_io_event_enable(queue, descriptor, &one, MemoryLayout<UInt64>.size)
    }

    // MARK: Events

    private func readable() {
        guard !isClosed else { return }
        martlet_kafka_quiet(descriptor)
        serve()
    }

    /// Takes the events that are there.
    func serve() {
        // What is told may close the handle; it lives until the event is put away.
        borrowers += 1
        defer { giveBack() }
        var taken = 0
        while !isClosed, taken < KafkaHandle.eventsPerTurn, let event = unsafe rd_kafka_queue_poll(queue, 0) {
            taken += 1
            unsafe owner?.received(event, type: rd_kafka_event_type(event))
            unsafe rd_kafka_event_destroy(event)
        }
        if !isClosed { owner?.woken() }
        if taken == KafkaHandle.eventsPerTurn { wakeAgain() }
    }

    /// Goes on in the next turn.
    func wakeAgain() {
        guard !isClosed else { return }
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    private func armSweep() {
        sweep = loop.wake(at: loop.now + KafkaHandle.sweepInterval, self, token: 0)
    }

    // MARK: Tokens

    /// Gives the library the token that it shows to brokers from now on.
    func set(_ token: KafkaToken) throws(KafkaFailure) {
        guard !isClosed else { return }
        var text = [CChar](repeating: 0, count: 512)
        let words = token.extensions.flatMap { [$0.name, $0.value] }
        let packed = words.flatMap { Array($0.utf8) + [0] }.map { CChar(bitPattern: $0) } + [0]
        let result = unsafe martlet_kafka_set_token(
            rk, token.text, token.expiry, token.principal, packed, words.count, &text, text.count)
        if result != 0 { throw KafkaFailure(.refused, KafkaHandle.string(text), code: KafkaFailure.authentication) }
    }

    /// Tells the library that there is no token; it asks again after a while.
    func noToken(_ reason: String) {
        guard !isClosed else { return }
        unsafe rd_kafka_oauthbearer_set_token_failure(rk, reason)
    }

    // MARK: Calls that block

    /// Runs a call that blocks on a thread of its own, and goes on here with what it returned. The handle lives on until then.
    func blocking<R: Sendable>(
        _ name: String, _ body: @escaping @Sendable (KafkaReference) -> R, then: @escaping (R) -> Void
    ) {
        borrowers += 1
        let reference = unsafe KafkaReference(rk)
        let answer = KafkaAnswer<R>(then) { [self] in giveBack() }
        let loop = loop
        _ = NativeThread.start(name: name) {
            pthread_detach(pthread_self())
            let result = body(reference)
            loop.call { answer.deliver(result) }
        }
    }

    /// The same for control-plane work.
    func blocking<R: Sendable>(_ name: String, _ body: @escaping @Sendable (KafkaReference) -> R) async -> R {
        await withCheckedContinuation { continuation in
            blocking(name, body) { continuation.resume(returning: $0) }
        }
    }

    // MARK: The end

    /// Stops telling the owner, and gives the handle away to a thread that destroys it: the library may wait for brokers there.
    func close() { close(isKept: false) }

    private func close(isKept: Bool) {
        guard !isClosed else { return }
        isClosed = true
        self.isKept = isKept
        loop.cancel(sweep)
        watcher?.close()
        watcher = nil
        if borrowers == 0 { destroy() }
    }

    /// Stops telling the owner, and leaves the handle to the end of the process: it must not be destroyed.
    func abandon() {
        close(isKept: true)
    }

    private func giveBack() {
        borrowers -= 1
        if borrowers == 0, isClosed { destroy() }
    }

    private func destroy() {
        isClosed = true
        guard !isKept else { return }
        let reference = unsafe KafkaReference(rk)
        let queue = unsafe KafkaReference(queue)
        let descriptor = descriptor
        _ = NativeThread.start(name: "kafka-end") {
            pthread_detach(pthread_self())
            unsafe rd_kafka_queue_io_event_enable(queue.pointer, -1, nil, 0)
            unsafe rd_kafka_queue_destroy(queue.pointer)
            unsafe rd_kafka_destroy_flags(reference.pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            _ = Glibc.close(descriptor)
        }
    }
}

extension KafkaHandle: Sleeper {
    func wake(_ token: UInt64) {
        guard !isClosed else { return }
        armSweep()
        serve()
    }
}

/// A pointer into librdkafka that another thread uses: its handles are safe to share.
@safe struct KafkaReference: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }
}

/// What a blocking call returned, on its way back to the shard; touched there only.
@safe private final class KafkaAnswer<R: Sendable>: @unchecked Sendable {
    private let then: (R) -> Void
    private let finally: () -> Void

    init(_ then: @escaping (R) -> Void, finally: @escaping () -> Void) {
        self.then = then
        self.finally = finally
    }

    func deliver(_ result: R) {
        then(result)
        finally()
    }
}
