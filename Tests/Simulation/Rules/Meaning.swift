import Delivery

/// What an answer of the app means for one event (docs/delivery.md), said a second time.
enum Meaning {
    case success
    /// It leaves; `isFinal` where the `delivery` block says so, so that no dead letter is written.
    case drop(isFinal: Bool)
    case deadLetter
    /// With the status that matching looks at.
    case failure(code: Int?)

    /// - Parameters:
    ///   - status: nil where no answer came.
    ///   - word: the status in the body, where there is one.
    ///   - isEntry: whether it is about one entry of a bulk delivery; its word is nil where it is missing.
    init(status: Int?, word: String?, table: OutcomeTable?, isEntry: Bool) {
        let listed: OutcomeTable.Outcome?
        if let status {
            listed = table?.statuses[status] ?? table?.classes[status / 100]
        } else {
            listed = table?.noAnswer
        }
        switch listed {
        case .success?: self = .success
        case .drop?: self = .drop(isFinal: true)
        case .deadLetter?: self = .deadLetter
        case .retry?: self = .failure(code: status)
        case nil: self = Meaning.standard(status, word, isEntry: isEntry)
        }
    }

    private static func standard(_ status: Int?, _ word: String?, isEntry: Bool) -> Meaning {
        guard let status else { return .failure(code: nil) }
        if status == 404 { return .drop(isFinal: false) }
        guard (200..<300).contains(status) else { return .failure(code: isEntry ? nil : status) }
        switch word {
        case "SUCCESS"?: return .success
        case "DROP"?: return .drop(isFinal: false)
        case nil: return isEntry ? .failure(code: nil) : .success
        default: return .failure(code: nil)
        }
    }
}
