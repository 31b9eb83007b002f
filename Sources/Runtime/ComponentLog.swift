internal import Delivery
internal import Observability

/// How components stand, in the log: the first failure at once, then less and less often.
enum ComponentLog {
    /// After the first attempts only every so many are logged, at the same level.
    private static let everyAttempt = 10

    static func write(_ report: ComponentSupervisor.Report, to log: Log) {
        switch report {
        case .connected(let title, let again):
            log.info(again ? "\(title) is connected again" : "\(title) is connected")
        case .attemptFailed(let title, let error, let wait, let attempt):
            guard attempt <= 3 || attempt % everyAttempt == 0 else { return }
            _ = title
            log.warning("\(error); attempt \(attempt), again in \(milliseconds(wait)) ms")
        case .lost(_, let error):
            log.warning("\(error); connecting again")
        case .refused(_, let error):
            log.error("\(error)")
        case .warning(let title, let text):
            log.warning("\(title): \(text)")
        }
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    }
}
