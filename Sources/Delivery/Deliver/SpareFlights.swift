internal import Messaging

/// Flights of one component that are over, to be used again. One comes out only while nobody else holds it.
struct SpareFlights {
    /// How many are kept.
    static let limit = 128
    /// A larger message goes with its flight.
    static let messageLimit = 4096

    private var spares: [Flight] = []

    /// Takes a flight whose event is settled.
    mutating func put(_ flight: Flight) {
        guard spares.count < SpareFlights.limit, flight.received.size <= SpareFlights.messageLimit else { return }
        spares.append(flight)
    }

    /// The flight that came last, unless somebody holds it.
    mutating func take() -> Flight? {
        guard var spare = spares.popLast(), isKnownUniquelyReferenced(&spare) else { return nil }
        return spare
    }
}
