/// Exchanges that are over, to be used again with the room of their bodies: in the steady state a request allocates nothing here.
///
/// An exchange comes out only while nobody else holds it, so that a request is never changed under the hands of who still looks at it.
struct HTTPSpareExchanges {
    /// How many are kept.
    static let limit = 256
    /// A larger body goes with its exchange.
    static let bodyLimit = 4096

    private var spares: [HTTPExchange] = []

    /// Takes an exchange that was answered; others may still hold it for a while.
    mutating func put(_ exchange: HTTPExchange) {
        guard spares.count < HTTPSpareExchanges.limit, exchange.body.count <= HTTPSpareExchanges.bodyLimit else {
            return
        }
        spares.append(exchange)
    }

    /// The exchange that came last, unless somebody holds it.
    mutating func take() -> HTTPExchange? {
        guard var spare = spares.popLast(), isKnownUniquelyReferenced(&spare) else { return nil }
        return spare
    }
}
