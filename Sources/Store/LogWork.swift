package import Messaging

/// What a shard asks of the file. Everything that waits when the thread looks is done at once, with one commit.
package struct LogWork: Sendable {
    /// Events of one turn. Numbers ascend by one.
    package struct Append: Sendable {
        /// The number under which the end is reported.
        package var number: UInt64
        /// The events in the order of publishing.
        package var events: [LogEvent]

        /// Joins both.
        package init(number: UInt64, events: [LogEvent]) {
            self.number = number
            self.events = events
        }
    }

    /// A group's whole state, and which records of failures change.
    package struct Save: Sendable {
        /// The topic's number.
        package var topic: Int
        /// The group's row.
        package var group: Int64
        /// Its state.
        package var state: Claims.Saved
        /// Records to write or to delete, in order.
        package var failures: [LogFailure]

        /// Joins the parts.
        package init(topic: Int, group: Int64, state: Claims.Saved, failures: [LogFailure] = []) {
            self.topic = topic
            self.group = group
            self.state = state
            self.failures = failures
        }
    }

    /// A window of one topic.
    package struct Read: Sendable {
        /// Who asks, for the report.
        package var group: Int
        /// The topic's number.
        package var topic: Int
        /// Only events after this id.
        package var after: UInt64
        /// Events at most.
        package var events: Int
        /// Bytes at most, except for a single larger event.
        package var bytes: Int
    }

    /// A group of a topic.
    package struct Open: Sendable {
        /// The number under which the shard knows the group, for the report.
        package var group: Int
        /// The topic's number.
        package var topic: Int
        /// The group's name.
        package var name: String
    }

    /// Single events of a topic.
    package struct Fetch: Sendable {
        /// Who asks, for the report.
        package var group: Int
        /// The topic's number.
        package var topic: Int
        /// Their ids.
        package var ids: [UInt64]
    }

    /// A slice of the file whose events of one topic are counted.
    package struct Count: Sendable {
        /// Who asks, for the report.
        package var group: Int
        /// The topic's number.
        package var topic: Int
        /// Only events after this id.
        package var after: UInt64
        /// And up to this one.
        package var through: UInt64
    }

    /// The log's time.
    package var now: Int64 = 0
    /// Names of topics that the file may not know, in the order of their numbers.
    package var topics: [String] = []
    /// Events.
    package var appends: [Append] = []
    /// States of groups, one for each group at most.
    package var saves: [Save] = []
    /// Groups to be opened.
    package var opens: [Open] = []
    /// Groups whose last subscription ended.
    package var leaves: [(topic: Int, group: Int64)] = []
    /// Windows.
    package var reads: [Read] = []
    /// Single events.
    package var fetches: [Fetch] = []
    /// Slices to be counted.
    package var counts: [Count] = []
    /// Whether to do what can wait for a quiet moment.
    package var isMaintenanceDue = false
    /// Whether to end.
    package var isClosing = false

    /// No work.
    package init() {}

    /// Adds work that came later. A group's newer state replaces its older one.
    mutating func add(_ later: LogWork) {
        now = max(now, later.now)
        topics += later.topics
        appends += later.appends
        opens += later.opens
        leaves += later.leaves
        reads += later.reads
        fetches += later.fetches
        counts += later.counts
        isMaintenanceDue = isMaintenanceDue || later.isMaintenanceDue
        isClosing = isClosing || later.isClosing
        if saves.isEmpty { saves = later.saves } else { later.saves.forEach { add($0) } }
    }

    /// Adds an event to the append with a number, which is the newest.
    mutating func add(_ event: LogEvent, number: UInt64) {
        if appends.last?.number == number {
            appends[appends.count - 1].events.append(event)
        } else {
            appends.append(Append(number: number, events: [event]))
        }
    }

    /// Adds a group's state in place of an older one; records of failures are kept in order.
    mutating func add(_ save: Save) {
        guard let index = saves.firstIndex(where: { $0.group == save.group }) else { return saves.append(save) }
        saves[index].state = save.state
        saves[index].failures += save.failures
    }

    /// Whether there is nothing to do.
    package var isEmpty: Bool {
        appends.isEmpty && saves.isEmpty && opens.isEmpty && leaves.isEmpty && reads.isEmpty && fetches.isEmpty
            && counts.isEmpty && !isMaintenanceDue && !isClosing
    }
}

/// What the file answers.
package enum LogReport: Sendable {
    /// The file is open.
    case opened(LogOpened)
    /// It is not, and the thread has ended.
    case refused(ComponentError)
    /// A commit ended for appends up to a number.
    case committed(LogCommit)
    /// A group is open, or could not be opened.
    case group(Int, Result<LogGroupRecord, ComponentError>)
    /// A window was read.
    case window(group: Int, LogWindow)
    /// Single events were read; what is missing is gone.
    case fetched(group: Int, ids: [UInt64], [StoredEvent])
    /// So many events of a topic are in a slice.
    case counted(group: Int, events: Int)
    /// Retention passed events that a group had not settled.
    case passed(LogPassed)
    /// The file cannot be trusted any more; nothing is written from here on.
    case latched(ComponentError)
    /// The thread has ended.
    case closed

    /// Whether none follows.
    var isLast: Bool {
        switch self {
        case .closed, .refused: true
        default: false
        }
    }
}

/// What was found in the file.
package struct LogOpened: Sendable {
    /// The topics by number.
    package var topics: [String]
    /// The newest event's id, zero where there never was one.
    package var last: UInt64
    /// Lines for the user.
    package var warnings: [String]
}

/// How a commit ended. Appends that are not mentioned in `refused` are stored whole; ids ascend by one from `first` over all that is stored.
package struct LogCommit: Sendable {
    /// All appends up to this number are answered.
    package var through: UInt64
    /// The first stored event's id.
    package var first: UInt64
    /// Appends of which only so many events from the front are stored.
    package var refused: [(number: UInt64, stored: Int)] = []
    /// Why the rest is not, or may not be.
    package var error: ComponentError?
}

/// One group as the file has it.
package struct LogGroupRecord: Sendable {
    /// Its row.
    package var row: Int64
    /// Its state.
    package var state: Claims.Saved
    /// Records of failures, by id.
    package var failed: [LogFailure]
}

/// Events of one topic that follow an id.
package struct LogWindow: Sendable {
    /// The events by id.
    package var events: [StoredEvent]
    /// The topic has no others up to this id.
    package var through: UInt64
}

/// Events that retention took from a group.
package struct LogPassed: Sendable {
    /// The group's row.
    package var group: Int64
    /// Its name.
    package var name: String
    /// Its topic.
    package var topic: String
    /// How many events.
    package var events: Int
}

/// The record of an event whose delivery failed.
package struct LogFailure: Sendable, Equatable {
    /// The event.
    package var id: UInt64
    /// Attempts so far; on the way to the file, zero deletes the record.
    package var attempts: Int
    /// When it comes again.
    package var due: Int64

    /// Joins the parts.
    package init(id: UInt64, attempts: Int, due: Int64) {
        self.id = id
        self.attempts = attempts
        self.due = due
    }
}
