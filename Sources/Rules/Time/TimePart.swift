/// What the getters of timestamps and durations give.
enum TimePart: String, CaseIterable, Sendable {
    case fullYear = "getFullYear"
    case month = "getMonth"
    case dayOfYear = "getDayOfYear"
    case dayOfMonth = "getDayOfMonth"
    case date = "getDate"
    case dayOfWeek = "getDayOfWeek"
    case hours = "getHours"
    case minutes = "getMinutes"
    case seconds = "getSeconds"
    case milliseconds = "getMilliseconds"

    /// Whether a duration has it too.
    var isOfDuration: Bool {
        switch self {
        case .hours, .minutes, .seconds, .milliseconds: true
        default: false
        }
    }

    /// The part of a moment, on the wall clock of an offset. All but `date` and the clock's parts count from 0; 0 is Sunday.
    func value(of timestamp: Timestamp, offset: Int64) -> Int64 {
        let local = LocalTime(seconds: timestamp.seconds, offset: offset)
        return switch self {
        case .fullYear: local.date.year
        case .month: local.date.month - 1
        case .dayOfYear: local.date.dayOfYear
        case .dayOfMonth: local.date.day - 1
        case .date: local.date.day
        case .dayOfWeek: local.date.dayOfWeek
        case .hours: local.hour
        case .minutes: local.minute
        case .seconds: local.second
        case .milliseconds: timestamp.nanoseconds / 1_000_000
        }
    }

    /// The whole duration in this unit, towards zero.
    func value(ofDuration nanoseconds: Int64) -> Int64 {
        switch self {
        case .hours: nanoseconds / 3_600_000_000_000
        case .minutes: nanoseconds / 60_000_000_000
        case .seconds: nanoseconds / 1_000_000_000
        default: nanoseconds / 1_000_000
        }
    }
}
