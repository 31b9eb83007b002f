/// What changes during an evaluation: the variables of the macros around, and how many steps are left.
struct Frame {
    /// The variable of each macro around, the outermost first.
    var locals: [Value] = []
    private var budget = RuleLimits.evaluationCost

    /// Pays for work; what is out of budget ends the evaluation.
    mutating func pay(_ steps: Int) throws(Failure) {
        budget -= steps
        if budget < 0 { throw .cost }
    }

    /// Pays for work on that many bytes of text; short ones are free.
    @inline(__always)
    mutating func pay(bytes: Int) throws(Failure) {
        if bytes >= RuleLimits.bytesPerStep { try pay(bytes / RuleLimits.bytesPerStep) }
    }
}
