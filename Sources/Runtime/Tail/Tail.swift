internal import Loop
internal import Messaging
internal import Resources

/// `martlet tail`: finds the component, looks at the topic, and shows what comes. Confined to one shard.
package final class Tail {
    /// Why there is nothing to look at: one line.
    package struct Failure: Error, Sendable {
        package var reason: String
    }

    /// How many events one look may bring.
    private static let batch = 100
    /// How long one look waits.
    private static let wait: Duration = .seconds(1)
    /// How long it waits after an error that may pass.
    private static let pause: Duration = .seconds(1)

    private let options: TailOptions
    private let output: TailOutput
    private let browser: any Browser
    private var isEnding = false

    /// Finds the component and reads its settings; nothing is connected yet. It blocks while it reads resources.
    package init(_ options: TailOptions) throws(Failure) {
        self.options = options
        let found = try TailComponent.find(options)
        browser = try found.browser(options)
        output = TailOutput(pubsub: found.name, showsData: options.showsData, isJSON: options.isJSON)
    }

    /// Shows events until `end()`, the maximum, or an error that does not pass.
    /// - Parameters:
    ///   - show: takes a text for the standard output; false ends.
    ///   - tell: takes a line about what is not as it should be.
    package func run(show: (String) -> Bool, tell: (String) -> Void) async throws(Failure) {
        defer { browser.close() }
        var left = options.maximum ?? .max
        var told = ""
        while !isEnding, left > 0 {
            do throws(ComponentError) {
                let events = try await browser.next(limit: min(left, Self.batch), wait: Self.wait)
                told = ""
                left -= events.count
                for event in events where !show(output.text(event)) { return }
            } catch {
                if isEnding { return }
                guard error.code == .unavailable || error.code == .timeout else { throw Failure(reason: "\(error)") }
                if told != error.reason { tell("\(error); trying again") }
                told = error.reason
                do { try await EventLoop.current.sleep(for: Self.pause) } catch { return }
            }
        }
    }

    /// Ends the run. Idempotent.
    package func end() {
        isEnding = true
        browser.close()
    }
}
