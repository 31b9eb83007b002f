internal import Loop
internal import Messaging

/// The one thread that touches a log's file: it takes what waits, commits it, reads what is asked for, and reports once for all.
final class LogThread: Sendable {
    private let settings: LogSettings
    private let queue: LogQueue
    private let reports: Mailbox<[LogReport]>
    private let now: Int64

    private init(_ settings: LogSettings, now: Int64, queue: LogQueue, reports: Mailbox<[LogReport]>) {
        self.settings = settings
        self.now = now
        self.queue = queue
        self.reports = reports
    }

    /// Starts the thread. The last report is `refused` or `closed`.
    static func start(
        _ settings: LogSettings, now: Int64, queue: LogQueue, reports: Mailbox<[LogReport]>
    ) -> NativeThread {
        let thread = LogThread(settings, now: now, queue: queue, reports: reports)
        return NativeThread.start(name: "martlet-log") { thread.run() }
    }

    private func run() {
        let file: LogFile
        do throws(ComponentError) {
            file = try LogFile(settings, now: now)
        } catch {
            return send([.refused(error)])
        }
        var warnings: [String] = []
        if StateFile.isInMemory(settings.path) {
            warnings.append(
                "\(settings.path) lies in memory (tmpfs): events do not outlive the machine, set another path")
        }
        send([.opened(LogOpened(topics: file.topics.map(\.name), last: file.last, warnings: warnings))])
        while work(file) {}
        file.close()
        send([.closed])
    }

    /// One round; false after the last one.
    private func work(_ file: LogFile) -> Bool {
        let work = queue.take()
        file.commit(work)
        for open in work.opens { file.openGroup(open) }
        for leave in work.leaves { file.leaveGroup(topic: leave.topic, row: leave.group, now: work.now) }
        // Who publishes does not wait for the reads of this round.
        flush(file)
        for read in work.reads { file.read(read) }
        for fetch in work.fetches { file.fetch(fetch) }
        for count in work.counts { file.count(count) }
        if work.isMaintenanceDue { file.maintain(work.now) }
        flush(file)
        file.checkpointIfLong()
        flush(file)
        return !work.isClosing
    }

    private func flush(_ file: LogFile) {
        guard !file.reports.isEmpty else { return }
        send(file.reports)
        file.reports.removeAll(keepingCapacity: true)
    }

    private func send(_ batch: [LogReport]) {
        // A round takes work of a turn of the shard, and in each turn the shard empties the mailbox: a few lists wait at most.
        let isTaken = reports.send(batch)
        precondition(isTaken, "a log reports more than its shard asks for")
    }
}
