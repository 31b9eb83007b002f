/// The bounds of the rule language; what happens at each is said here.
package enum RuleLimits {
    /// Longest source in Unicode scalars. A longer one does not compile.
    package static let sourceLength = 100_000
    /// Deepest nesting of an expression, in the parser and in the tree. A deeper one does not compile.
    package static let depth = 250
    /// Most findings that one expression reports; the rest is counted.
    package static let findings = 100
    /// Steps of one evaluation: a node inside a loop, or a few dozen bytes that are compared, searched or copied, is one.
    /// An evaluation that needs more ends with an error. A step takes 5 to 50 ns.
    package static let evaluationCost = 1_000_000
    /// Deepest nesting of two lists or maps that are compared. Deeper ones are an error.
    static let comparisonDepth = 1_000
    /// Bytes of text that one step pays for.
    static let bytesPerStep = 32
    /// Memory of one regular expression in bytes. A pattern that needs more does not compile; its automaton falls back to a slower, smaller one.
    static let regularExpressionMemory = 1 << 20
    /// Longest name of a time zone in bytes. A longer one is unknown.
    static let zoneNameLength = 64
    /// Largest file of a time zone in bytes. A larger one is refused.
    static let zoneFileSize = 64 * 1024
}
