import Bytes
import Loop
import Messaging
import RedisClient
import Testing

@testable import Brokers

private func at(_ milliseconds: UInt64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }
private func id(_ number: UInt64) -> Position { Position(high: number, low: 0) }

@Suite struct RedisHeldEntriesTests {
    /// Entries 1 to 5 at the app since the moment 0.
    private func five() -> RedisHeldEntries {
        var held = RedisHeldEntries()
        for number: UInt64 in [1, 2, 3, 4, 5] {
            _ = held.fetched(id(number), now: at(0))
            _ = held.handedOver(id(number))
        }
        return held
    }

    @Test(arguments: [[1], [5], [3], [1, 2, 3], [5, 1], [2, 4, 9], [1, 2, 3, 4, 5]] as [[UInt64]])
    func `what is done is not held any more, in whatever order it comes`(done: [UInt64]) {
        var held = five()
        held.remove(done.map(id))
        #expect(held.entries.map(\.id.high) == [1, 2, 3, 4, 5].filter { !done.contains($0) })
        #expect(held.waitingCount == 0)
    }

    @Test func `an entry that the app has is not handed over again`() {
        var held = five()
        #expect(held.fetched(id(3), now: at(1)) == false)
        #expect(held.fetched(id(6), now: at(1)) == true)
    }

    @Test func `a released entry is due after its pause, is claimed once, and remembers its attempts`() {
        var held = five()
        let isHeld = held.release(id(2), attempts: 3, due: at(100))
        #expect(isHeld && held.waitingCount == 1)
        #expect(held.nextDue(after: at(0)) == at(100))
        #expect(held.takeDue(now: at(99), limit: 10, isForeign: false, lapse: nil).isEmpty)
        #expect(held.takeDue(now: at(100), limit: 10, isForeign: false, lapse: nil) == [id(2)])
        #expect(held.takeDue(now: at(100), limit: 10, isForeign: false, lapse: nil).isEmpty)
        #expect(held.fetched(id(2), now: at(101)) == true)
        #expect(held.handedOver(id(2)) == 3)
        #expect(held.waitingCount == 0)
    }

    @Test func `after a lost connection only what Redis lists is claimed`() {
        var held = five()
        for number: UInt64 in [1, 2, 3] { #expect(held.release(id(number), attempts: 1, due: at(10)) == true) }
        #expect(held.takeDue(now: at(10), limit: 1, isForeign: false, lapse: nil) == [id(1)])
        held.connectionLost(now: at(20))
        #expect(held.waitingCount == 3)
        #expect(held.takeDue(now: at(30), limit: 10, isForeign: false, lapse: nil).isEmpty)
        held.found(id(1), attempts: 7, isForeign: false, due: at(30), renewedAt: at(30))
        held.found(id(4), attempts: 7, isForeign: false, due: at(30), renewedAt: at(30))
        held.found(id(9), attempts: 7, isForeign: false, due: at(30), renewedAt: at(30))
        held.listingEnded()
        #expect(held.entries.map(\.id.high) == [1, 4, 5, 9])
        #expect(held.takeDue(now: at(30), limit: 10, isForeign: false, lapse: nil) == [id(1), id(9)])
        #expect(held.fetched(id(1), now: at(30)) == true)
        #expect(held.handedOver(id(1)) == 1)
        #expect(held.fetched(id(9), now: at(30)) == true)
        #expect(held.handedOver(id(9)) == 7)
    }

    @Test func `another consumer's entries are claimed apart from ours`() {
        var held = RedisHeldEntries()
        held.found(id(1), attempts: 0, isForeign: true, due: at(0), renewedAt: at(0))
        held.found(id(2), attempts: 0, isForeign: false, due: at(0), renewedAt: at(0))
        #expect(held.takeDue(now: at(0), limit: 10, isForeign: false, lapse: nil) == [id(2)])
        #expect(held.takeDue(now: at(0), limit: 10, isForeign: true, lapse: nil) == [id(1)])
    }

    @Test func `signs of life are sent in time, not twice, and not for what may be another's by now`() {
        var held = five()
        let third = Duration.milliseconds(100)
        let lapse = Duration.milliseconds(300)
        #expect(held.takeRenewals(now: at(99), after: third, lapse: lapse).isEmpty)
        #expect(held.takeRenewals(now: at(100), after: third, lapse: lapse).count == 5)
        #expect(held.takeRenewals(now: at(150), after: third, lapse: lapse).isEmpty)
        #expect(held.takeRenewals(now: at(400), after: third, lapse: lapse).isEmpty)
    }

    @Test func `what waited while this process stood still is left to the search for idle entries`() {
        var held = five()
        #expect(held.release(id(1), attempts: 1, due: at(10)) == true)
        #expect(held.takeDue(now: at(301), limit: 10, isForeign: false, lapse: .milliseconds(300)).isEmpty)
        #expect(!held.contains(id(1)))
        #expect(held.contains(id(2)))
    }
}

@Suite struct RedisDecisionTests {
    @Test func `acknowledgements are kept until they are answered and sent again after a loss`() {
        var acknowledgements = RedisAcknowledgements()
        #expect(acknowledgements.add((0..<2_500).map(id)) == false)
        #expect(acknowledgements.takeUnsent().count == 1_000)
        #expect(acknowledgements.takeUnsent().count == 1_000)
        acknowledgements.answered()
        #expect(acknowledgements.takeUnsent().count == 500)
        #expect(acknowledgements.takeUnsent().isEmpty)
        acknowledgements.connectionLost()
        #expect(acknowledgements.takeUnsent().first == id(1_000))
        acknowledgements.answered()
        #expect(acknowledgements.takeUnsent().count == 500)
        acknowledgements.answered()
        acknowledgements.answered()
        #expect(acknowledgements.isEmpty)
    }

    @Test func `beyond their bound the oldest acknowledgements that are not sent are forgotten`() {
        var acknowledgements = RedisAcknowledgements()
        #expect(acknowledgements.add((0..<UInt64(RedisAcknowledgements.maximum)).map(id)) == false)
        #expect(acknowledgements.takeUnsent().count == 1_000)
        #expect(acknowledgements.add([id(1 << 40), id(2 << 40)]) == true)
        acknowledgements.answered()
        #expect(acknowledgements.takeUnsent().first == id(1_002))
    }

    @Test func `reading starts small, grows while there is more, and keeps to the bytes`() {
        var pacing = RedisReadPacing(depth: 100)
        let credit = Credit(events: 80, bytes: 1_000_000)
        #expect(pacing.readCount(credit, promised: 0) == 8)
        for _ in 0..<5 { pacing.observed(count: 8, asked: 8, largestBody: 100) }
        #expect(pacing.readCount(credit, promised: 0) == 60)
        #expect(pacing.readCount(credit, promised: 79) == 1)
        #expect(pacing.readCount(credit, promised: 80) == 0)
        pacing.observed(count: 1, asked: 8, largestBody: 400_000)
        #expect(pacing.readCount(credit, promised: 0) == 2)
        pacing.observed(count: 1, asked: 8, largestBody: 5_000_000)
        #expect(pacing.readCount(credit, promised: 0) == 1)
        #expect(pacing.readCount(credit, promised: 1) == 0)
        #expect(pacing.readCount(Credit(events: 1, bytes: 0), promised: 0) == 0)
    }

    @Test func `lists are asked for page by page, our own first, idle ones again and again`() {
        var search = RedisPendingSearch()
        search.restart(now: at(10))
        #expect(search.ownCursor == Position(low: 0) && !search.ownIsListed)
        search.ownPage(last: id(5))
        #expect(search.ownCursor == Position(high: 5, low: 1))
        search.ownPage(last: nil)
        #expect(search.ownIsListed)
        #expect(search.idleCursor(now: at(10), interval: .seconds(1)) == Position(low: 0))
        search.idlePage(last: id(7))
        #expect(search.idleCursor(now: at(11), interval: .seconds(1)) == Position(high: 7, low: 1))
        search.idlePage(last: nil)
        #expect(search.idleCursor(now: at(12), interval: .seconds(1)) == nil)
        #expect(search.idleCursor(now: at(1_010), interval: .seconds(1)) == Position(low: 0))
    }

    @Test func `a few warnings a minute pass and say how many did not`() {
        var limit = WarningLimit()
        let lines = (0..<10).map { limit.pass("line \($0)", now: at(UInt64($0))) }
        #expect(lines.compactMap { $0 }.count == WarningLimit.linesMaximum)
        #expect(limit.pass("late", now: at(60_001)) == "late (4 lines were left out before)")
        #expect(limit.pass("later", now: at(60_002)) == "later")
    }

    @Test(arguments: [
        ("1-0", 1, 0), ("1700000000000-12", 1_700_000_000_000, 12), ("0-18446744073709551615", 0, UInt64.max),
    ])
    func `ids of entries are two numbers`(text: String, high: UInt64, low: UInt64) {
        #expect(RedisEntry.id(Array(text.utf8).span.bytes) == Position(high: high, low: low))
        #expect(Position(high: high, low: low).entryID == text)
    }

    @Test(arguments: ["", "-", "1-", "-1", "1", "1-2-3", "a-1", "1-18446744073709551616", " 1-1"])
    func `anything else is no id`(text: String) { #expect(RedisEntry.id(Array(text.utf8).span.bytes) == nil) }

    @Test func `neighbours of ids go over the halves`() {
        #expect(Position(high: 5, low: 0).predecessor == Position(high: 4, low: .max))
        #expect(Position(high: 4, low: .max).successor == Position(high: 5, low: 0))
        #expect(Position(low: 0).predecessor == Position(low: 0))
    }

    static let metadata: [(String, Metadata?)] = [
        ("{}", Metadata()), (" { \"a\" : \"b\" , \"c\":\"\" } ", Metadata([("a", "b"), ("c", "")])),
        ("{\"\\u00e4\\ud83d\\ude00\":\"\\n\\\"\"}", Metadata([("ä😀", "\n\"")])), ("", nil), ("[]", nil),
        ("{\"a\":1}", nil),
        ("{\"a\":null}", nil), ("{\"a\":\"b\"", nil), ("{\"a\":\"b\"}x", nil), ("{\"a\":{}}", nil), ("null", nil),
    ]

    @Test(arguments: metadata)
    func `the metadata field is an object of texts or nothing`(text: String, expected: Metadata?) {
        #expect(RedisEventMetadata.decode(Array(text.utf8)) == expected)
        if let expected, !expected.isEmpty {
            #expect(RedisEventMetadata.decode(RedisEventMetadata.encode(expected)) == expected)
        }
    }

    @Test(arguments: RedisServerError.Code.allCases)
    func `a refusal of a publish is not sent, whatever it is`(code: RedisServerError.Code) {
        let outcome = RedisErrors.outcome(.reply(.error(RedisServerError("\(code.rawValue) x"))), topic: "t")
        guard case .failed(let error) = outcome else { return #expect(Bool(false)) }
        #expect(error.outcome == .notSent)
        #expect(error.action == "publishing to topic t")
    }

    @Test(arguments: [true, false])
    func `a lost connection is unknown once the command was written`(wasWritten: Bool) {
        let failure = RedisFailure(.unavailable, "x", wasWritten: wasWritten)
        guard case .failed(let error) = RedisErrors.outcome(.failed(failure), topic: "t") else {
            return #expect(Bool(false))
        }
        #expect(error.outcome == (wasWritten ? .unknown : .notSent))
    }
}

@Suite struct RedisSettingsTests {
    static let endpoints: [(String, Int?, Endpoint)] = [
        ("localhost", nil, .tcp(host: "localhost", port: 6379)), ("redis:1234", nil, .tcp(host: "redis", port: 1234)),
        ("redis", 77, .tcp(host: "redis", port: 77)), ("redis:77", 77, .tcp(host: "redis", port: 77)),
        ("[::1]:77", nil, .tcp(host: "::1", port: 77)), ("[::1]", nil, .tcp(host: "::1", port: 6379)),
        ("fe80::1", nil, .tcp(host: "fe80::1", port: 6379)), ("/run/redis.sock", nil, .unix(path: "/run/redis.sock")),
    ]

    @Test(arguments: endpoints)
    func `the host is read with and without its port`(text: String, port: Int?, expected: Endpoint) throws {
        #expect(try RedisPubSubSettings.endpoint(text, port: port) == expected)
    }

    @Test(
        arguments: [
            ("", nil), ("a,b", nil), ("redis://a", nil), ("a:b", nil), ("a:0", nil), ("a:1", 2), (":1", nil),
            ("[::1", nil), ("[::1]x1", nil),
        ] as [(String, Int?)])
    func `a host that cannot be meant is refused`(text: String, port: Int?) {
        let error = #expect(throws: ComponentError.self) { try RedisPubSubSettings.endpoint(text, port: port) }
        #expect(error?.code == .settings)
    }

    private func read(_ given: [String: SettingValue]) throws -> RedisPubSubSettings {
        let context = ComponentContext(name: "orders", type: "pubsub.redis", appID: "app", instanceID: "host-3500")
        return try RedisPubSubSettings(redisSettings(given), context)
    }

    @Test func `defaults are daprd's, with waits that end`() throws {
        let settings = try read([:])
        #expect(settings.endpoint == .tcp(host: "localhost", port: 6379))
        #expect(settings.group == "app" && settings.consumer == "app-host-3500")
        #expect(settings.takeOver == RedisPubSubSettings.TakeOver(idle: .seconds(60), interval: .seconds(15)))
        #expect(settings.queueDepth == 100 && settings.block == .seconds(2) && settings.replyTimeout == .seconds(3))
        #expect(settings.tls == nil && settings.connectTimeout == .seconds(5))
    }

    @Test func `a read that would wait for ever waits two seconds, zero switches taking over off`() throws {
        #expect(try read(["readTimeout": .duration(.milliseconds(-1))]).block == .seconds(2))
        #expect(try read(["readTimeout": .duration(.seconds(7))]).block == .seconds(7))
        #expect(try read(["processingTimeout": .duration(.zero)]).takeOver == nil)
        #expect(try read(["redeliverInterval": .duration(.zero)]).takeOver == nil)
    }

    @Test(
        arguments: [
            ["redisType": .text("cluster")], ["redisUsername": .text("me")],
            ["redisHost": .text("a:1"), "redisPort": .integer(2)],
        ] as [[String: SettingValue]])
    func `settings that contradict each other are told`(given: [String: SettingValue]) {
        let error = #expect(throws: ComponentError.self) { try read(given) }
        #expect(error?.code == .settings)
    }

    @Test func `every field of the specification is declared once, what is not supported is refused by name`() {
        let names = PubSubKind.redis.fields.flatMap { [$0.name] + $0.aliases }
        #expect(Set(names.map { $0.lowercased() }).count == names.count)
        let specified = """
            redisHost redisPort redisUsername redisPassword redisDB redisType failover sentinelMasterName sentinelUsername sentinelPassword enableTLS \
            insecureSkipTLSVerify clientCert clientKey useEntraID useAzureAD useOIDC oidcTokenEndpoint oidcClientID oidcClientAssertionCert \
            oidcClientAssertionKey oidcResource oidcAudience oidcKid oidcScopes oidcCACert redisMaxRetries redisMinRetryInterval redisMaxRetryInterval \
            dialTimeout readTimeout writeTimeout poolSize minIdleConns poolTimeout maxConnAge idleTimeout idleCheckFrequency consumerID processingTimeout \
            redeliverInterval queueDepth concurrency maxLenApprox streamTTL
            """.split(separator: " ").map(String.init)
        #expect(Set(specified).subtracting(names).isEmpty)
        for name in ["failover", "useEntraID", "sentinelMasterName", "oidcScopes"] {
            #expect(PubSubKind.redis.fields.contains { $0.name == name && $0.refusal != nil })
        }
        let secrets = PubSubKind.redis.fields.filter(\.isSecret).map(\.name)
        #expect(Set(secrets) == ["redisPassword", "clientKey", "sentinelPassword", "oidcClientAssertionKey"])
    }
}
