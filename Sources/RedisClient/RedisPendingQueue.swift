internal import Messaging

/// Commands that wait for their replies, in order: a ring that grows by doubling and is bounded by its owner.
struct RedisPendingQueue {
    /// One command.
    struct Command {
        var completion: any RedisCompletion
        var token: UInt64
        var deadline: Instant
        var form: RedisReplyForm
    }

    private var slots: [Command?] = Array(repeating: nil, count: 64)
    private var head = 0
    private(set) var count = 0

    /// The command whose reply comes next.
    var first: Command? { count == 0 ? nil : slots[head] }

    /// What is wanted of the next reply.
    var firstForm: RedisReplyForm { count == 0 ? .whole : slots[head]?.form ?? .whole }

    /// Adds a command behind all others.
    mutating func append(_ command: Command) {
        if count == slots.count { grow() }
        slots[(head + count) & (slots.count - 1)] = command
        count += 1
    }

    /// Takes the command whose reply has come.
    mutating func popFirst() -> Command? {
        guard count > 0 else { return nil }
        let command = slots[head].take()
        head = (head + 1) & (slots.count - 1)
        count -= 1
        return command
    }

    private mutating func grow() {
        var larger: [Command?] = []
        larger.reserveCapacity(slots.count * 2)
        for offset in 0..<count { larger.append(slots[(head + offset) & (slots.count - 1)]) }
        larger.append(contentsOf: repeatElement(nil, count: slots.count * 2 - count))
        slots = larger
        head = 0
    }
}
