/// How one log is kept.
package struct LogSettings: Sendable {
    /// The file; its directories are made where they are missing.
    package var path: String
    /// The pages in use may fill so many bytes; then publishing is refused.
    package var maxBytes: Int
    /// How long events are kept that no group takes, in milliseconds.
    package var retention: Int64
    /// How many bytes of the newest events are kept in memory for the groups.
    package var ringBytes: Int
    /// Who opens the file, for the line that a second process prints.
    package var owner: String

    /// Joins the parts.
    package init(path: String, maxBytes: Int, retention: Int64, ringBytes: Int = 4 << 20, owner: String) {
        self.path = path
        self.maxBytes = maxBytes
        self.retention = retention
        self.ringBytes = ringBytes
        self.owner = owner
    }
}
