internal import Events

/// What an evaluation knows: the event, the variables of the macros around, and how many steps are left.
struct Frame {
    let event: RuleEvent
    /// The variable of each macro around, the outermost first.
    var locals: [Value] = []
    private var budget = RuleLimits.evaluationCost

    init(event: RuleEvent) {
        self.event = event
    }

    /// Pays for work; what is out of budget ends the evaluation.
    mutating func pay(_ steps: Int) throws(Failure) {
        budget -= steps
        if budget < 0 { throw .cost }
    }

    /// Pays for work on that many bytes of text; short ones are free.
    mutating func pay(bytes: Int) throws(Failure) {
        if bytes >= RuleLimits.bytesPerStep { try pay(bytes / RuleLimits.bytesPerStep) }
    }
}
