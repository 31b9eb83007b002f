/// Why a command does not start with the arguments that it was given.
package enum OptionError: Error, Sendable, Equatable {
    /// The arguments cannot be read: exit status 2, with the usage.
    case usage(String)
    /// They can be read and do not fit together, or a value is wrong: exit status 1, in daprd's words.
    case fatal(String)
    /// The usage was asked for: exit status 0.
    case helpWanted
}
