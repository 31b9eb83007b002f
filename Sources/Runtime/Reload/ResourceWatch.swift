internal import Loop
internal import Messaging
internal import Observability
internal import Resources

/// Tells when resource files have changed, and only when they have stopped changing.
///
/// The system's notification wakes it, and a slow poll finds what that misses (network file systems, files of secrets elsewhere). What
/// counts is the bytes: a file that is being written, or is gone for the moment of a rename, is not taken for the new state until two
/// readings in a row were the same and nothing was told in between. Confined to a shard; files are read on it, which blocks it meanwhile.
final class ResourceWatch {
    /// The time between two readings that must be the same.
    static let quiet: Duration = .milliseconds(150)
    /// In a directory that is never quiet, because something else is written there too, the bytes alone decide after this time.
    static let patience: Duration = .seconds(5)

    private let directories: [String]
    private let interval: Duration
    private let loop: EventLoop
    private let log: Log
    private let apply: (ResourceFiles) async -> Void
    private var watchers: [FileWatcher] = []
    private var waiter: CheckedContinuation<Void, Never>?
    private var wake = Wake.none
    private var hasNews = false
    private var isClosed = false
    private var hasWarned = false

    /// - Parameters:
    ///   - interval: how often everything is read and applied without a notification.
    ///   - apply: takes what was read; it is called again only when it has returned.
    init(
        _ directories: [String], interval: Duration, loop: EventLoop, log: Log,
        apply: @escaping (ResourceFiles) async -> Void
    ) {
        self.directories = directories
        self.interval = interval
        self.loop = loop
        self.log = log
        self.apply = apply
    }

    /// Watches until `close()`.
    func run(from first: ResourceFiles) async {
        var applied = first
        arm()
        // Whatever changed between the first reading and the watch is found now.
        hasNews = true
        while !isClosed {
            let isNews = await waitForNews()
            guard !isClosed else { return }
            let files = await settledFiles()
            guard !isClosed, !isNews || files != applied else { continue }
            applied = files
            await apply(files)
            if !isNews { arm() }
        }
    }

    func close() {
        isClosed = true
        disarm()
        resume()
    }

    /// A directory that was replaced by another of its name is watched anew.
    private func arm() {
        disarm()
        guard !isClosed else { return }
        for directory in directories {
            do {
                watchers.append(try FileWatcher.watch(directory, on: loop) { [weak self] in self?.changed() })
            } catch {
                if !hasWarned { log.warning("\(error); its files are read every \(interval) instead") }
                hasWarned = true
            }
        }
    }

    private func disarm() {
        for watcher in watchers { watcher.close() }
        watchers = []
    }

    private func changed() {
        hasNews = true
        resume()
    }

    /// True for a notification, false for the time.
    private func waitForNews() async -> Bool {
        if !hasNews {
            wake = loop.wake(at: loop.now + interval, self, token: 0)
            await withCheckedContinuation { waiter = $0 }
            loop.cancel(wake)
        }
        defer { hasNews = false }
        return hasNews
    }

    private func settledFiles() async -> ResourceFiles {
        let begin = loop.now
        var last = ResourceFiles.read(directories)
        while true {
            hasNews = false
            try? await loop.sleep(for: ResourceWatch.quiet)
            let isQuiet = !hasNews || loop.now.elapsed(since: begin) > ResourceWatch.patience
            let now = ResourceFiles.read(directories)
            if isClosed || (now == last && isQuiet) { return now }
            last = now
        }
    }

    private func resume() {
        let waiting = waiter
        waiter = nil
        waiting?.resume()
    }
}

extension ResourceWatch: Sleeper {
    func wake(_ token: UInt64) { resume() }
}
