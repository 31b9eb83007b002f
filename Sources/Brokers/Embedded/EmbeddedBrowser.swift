internal import Bytes
internal import Loop
internal import Messaging
internal import Store

/// A look at one topic in the file of a log, which a sidecar may be using at the same time.
///
/// Each look is a short read on the caller's shard, so it is for a process that does nothing else.
final class EmbeddedBrowser: Browser {
    /// How often the file is looked into while nothing comes.
    private static let interval: Duration = .milliseconds(50)

    private let path: String
    private let reader: LogReader
    private let request: BrowseRequest
    private let title: String
    private let loop = EventLoop.current
    private var position: UInt64?
    private var isClosed = false

    init(path: String, _ context: ComponentContext, _ request: BrowseRequest) {
        self.path = path
        reader = LogReader(path: path)
        self.request = request
        title = context.title
    }

    func next(limit: Int, wait: Duration) async throws(ComponentError) -> [BrowsedMessage] {
        let end = loop.now + wait
        while !isClosed {
            let events = try look(limit)
            if !events.isEmpty || loop.now >= end { return events }
            do { try await loop.sleep(for: Self.interval) } catch { break }
        }
        return []
    }

    func close() {
        isClosed = true
        reader.close()
    }

    private func look(_ limit: Int) throws(ComponentError) -> [BrowsedMessage] {
        do throws(ComponentError) {
            let after: UInt64
            if let position {
                after = position
            } else {
                // What comes into a file that is not there yet is new.
                let isAll = request.start == .oldest || !FileSystem.exists(path)
                after = isAll ? 0 : try reader.newestID()
                position = after
            }
            let events = try reader.events(of: request.topic, after: after, limit: limit)
            if let last = events.last { position = last.event.id }
            return events.map { event, time in
                BrowsedMessage(position: "\(event.id)", time: time * 1_000_000, message: event.message)
            }
        } catch {
            var error = error
            error.component = title
            throw error
        }
    }
}
