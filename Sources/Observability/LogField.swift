/// The names under which lines carry their variable parts. A new name is one line here.
///
/// `time level msg app_id instance scope type ver` are taken: every line has them.
package enum LogKey: String, Sendable {
    case address
    case attempts
    case broker
    case code
    case component
    case componentType = "component_type"
    case count
    case duration
    case eventID = "event_id"
    case file
    case group
    case kind
    case limit
    case method
    case path
    case port
    case process
    case reason
    case route
    case size
    case status
    case subscription
    case topic
    case traceID = "trace_id"
    case useragent
    case version
}

/// The variable part of a line.
package enum LogValue: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case number(Double)
    case flag(Bool)
}

extension LogValue: ExpressibleByStringInterpolation {
    package init(stringLiteral value: String) { self = .text(value) }
}

extension LogValue: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int) { self = .integer(value) }
}

extension LogValue: ExpressibleByBooleanLiteral {
    package init(booleanLiteral value: Bool) { self = .flag(value) }
}

/// The fields of one line, written as `[.topic: "\(topic)", .count: .integer(count)]`.
package typealias LogFields = KeyValuePairs<LogKey, LogValue>
