/// What changes during an evaluation: the variables of the macros around, and how many steps are left.
struct Frame {
    /// The variable of each macro around, the outermost first.
    var locals: [Value] = []
    private var budget = RuleLimits.evaluationCost
    /// Lists and maps that are just being compared, one in the other.
    private var comparisons = 0

    /// Pays for work; what is out of budget ends the evaluation.
    mutating func pay(_ steps: Int) throws(Failure) {
        budget -= steps
        if budget < 0 { throw .cost }
    }

    /// Goes one level deeper into a comparison; `endComparison` goes back.
    mutating func beginComparison() throws(Failure) {
        comparisons += 1
        if comparisons > RuleLimits.comparisonDepth {
            throw .other("values are nested deeper than \(RuleLimits.comparisonDepth) levels")
        }
    }

    mutating func endComparison() {
        comparisons -= 1
    }

    /// Pays for work on that many bytes of text; short ones are free.
    @inline(__always)
    mutating func pay(bytes: Int) throws(Failure) {
        if bytes >= RuleLimits.bytesPerStep { try pay(bytes / RuleLimits.bytesPerStep) }
    }
}
