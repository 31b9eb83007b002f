import AppChannels
import Testing

/// One line of the table: a threshold, what the probes brought (`+` passed, `-` failed), and what was to be done about each (`.` nothing).
struct HealthCase: CustomTestStringConvertible {
    var threshold: Int
    var probes: String
    var changes: String

    var testDescription: String { "threshold \(threshold): \(probes) → \(changes)" }
}

@Suite struct AppHealthTests {
    @Test(arguments: [
        HealthCase(threshold: 1, probes: "+", changes: "H"),
        HealthCase(threshold: 1, probes: "-", changes: "."),
        HealthCase(threshold: 1, probes: "--+", changes: "..H"),
        HealthCase(threshold: 1, probes: "++-", changes: "H.U"),
        HealthCase(threshold: 1, probes: "+-+-", changes: "HUHU"),
        HealthCase(threshold: 1, probes: "+---+", changes: "HU..H"),
        HealthCase(threshold: 3, probes: "+--+--", changes: "H....."),
        HealthCase(threshold: 3, probes: "+---", changes: "H..U"),
        HealthCase(threshold: 3, probes: "+----+---", changes: "H..U.H..U"),
        HealthCase(threshold: 3, probes: "---+", changes: "...H"),
        HealthCase(threshold: 0, probes: "+-+", changes: "HUH"),
        HealthCase(threshold: -5, probes: "-+", changes: ".H"),
    ])
    func `an app is well after one good probe and unwell after as many bad ones as the threshold says`(
        _ line: HealthCase
    ) {
        var health = AppHealth(threshold: line.threshold)
        var changes = ""
        for probe in line.probes {
            switch health.probed(probe == "+" ? .passed : .failed(reason: "status 500")) {
            case .becameHealthy: changes += "H"
            case .becameUnhealthy: changes += "U"
            case nil: changes += "."
            }
        }
        #expect(changes == line.changes)
    }

    @Test func `it begins unwell`() { #expect(!AppHealth(threshold: 3).isHealthy) }

    @Test func `the reason is the one of the probe that turned it`() {
        var health = AppHealth(threshold: 2)
        _ = health.probed(.passed)
        #expect(health.probed(.failed(reason: "first")) == nil)
        #expect(health.probed(.failed(reason: "second")) == .becameUnhealthy(reason: "second"))
        #expect(!health.isHealthy)
    }

    @Test func `a long time of failures is forgotten by one good probe`() {
        var health = AppHealth(threshold: 2)
        for _ in 0..<1000 { _ = health.probed(.failed(reason: "down")) }
        #expect(health.probed(.passed) == .becameHealthy)
        #expect(health.probed(.failed(reason: "down")) == nil)
    }
}
