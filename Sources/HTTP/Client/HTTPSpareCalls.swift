/// Calls that are over, to be used again. One comes out only while nobody else holds it, so that a call that somebody may still want to
/// cancel never becomes another one.
struct HTTPSpareCalls {
    /// How many are kept.
    static let limit = 128
    /// A request with a larger body goes with its call.
    static let bodyLimit = 4096

    private var spares: [HTTPClientCall] = []

    /// Takes a call whose completion was called.
    mutating func put(_ call: HTTPClientCall) {
        guard spares.count < HTTPSpareCalls.limit, call.request.body.count <= HTTPSpareCalls.bodyLimit else { return }
        spares.append(call)
    }

    /// The call that came last, unless somebody holds it.
    mutating func take() -> HTTPClientCall? {
        guard var spare = spares.popLast(), isKnownUniquelyReferenced(&spare) else { return nil }
        return spare
    }
}
