import Foundation
import Testing

@testable import Bytes

@Suite struct `RFC 3339` {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2001-01-01T00:00:00Z", 978_307_200_000_000_000),
            ("2001-01-01T00:00:00+05:30", 978_287_400_000_000_000),
            ("2001-01-01T00:00:00-05:30", 978_327_000_000_000_000),
            ("2001-01-01T00:00:00.5Z", 978_307_200_500_000_000), ("2001-01-01T00:00:00,25Z", 978_307_200_250_000_000),
            ("2001-01-01T00:00:00.123456789Z", 978_307_200_123_456_789),
            ("2001-01-01T00:00:00.1234567899999Z", 978_307_200_123_456_789),
            ("2000-02-29T23:59:59Z", 951_868_799_000_000_000),
            ("1969-12-31T23:59:59Z", -1_000_000_000), ("1969-12-31T23:59:59.25Z", -750_000_000),
            ("2001-01-01T0:00:00Z", 978_307_200_000_000_000), ("9999-12-31T23:59:59Z", Int64.max),
            ("0000-01-01T00:00:00Z", Int64.min),
            ("2001-01-01T00:00:00+24:00", 978_220_800_000_000_000), ("2262-04-11T23:47:16.999Z", Int64.max),
        ] as [(String, Int64)])
    func `what Go accepts`(_ text: String, _ nanoseconds: Int64) {
        #expect(RFC3339.parse(Array(text.utf8).rawSpan) == nanoseconds)
    }

    @Test(arguments: [
        "", "soon", "2001-01-01", "2001-01-01T00:00:00", "2001-01-01t00:00:00z", "2001-01-01T00:00:00z",
        "2001-13-01T00:00:00Z",
        "2001-00-01T00:00:00Z", "2001-02-29T00:00:00Z", "2001-04-31T00:00:00Z", "2001-01-00T00:00:00Z",
        "2001-01-01T24:00:00Z",
        "2001-01-01T00:60:00Z", "2001-01-01T00:00:60Z", "2001-01-01T00:00:00.Z", "2001-01-01T00:00:00+5:30",
        "2001-01-01T00:00:00+0530",
        "2001-01-01T00:00:00+25:00", "2001-01-01T00:00:00+05:61", "2001-01-01T00:00:00Z ", " 2001-01-01T00:00:00Z",
        "01-01-01T00:00:00Z",
        "2001-1-01T00:00:00Z", "2001-01-1T00:00:00Z", "2001-01-01 00:00:00Z", "2001-01-01T00:00Z",
        "1900-02-29T00:00:00Z",
        "2001-01-01T00:00:00Z+00:00", "2001-01-01T:00:00Z",
    ])
    func `what Go refuses`(_ text: String) {
        #expect(RFC3339.parse(Array(text.utf8).rawSpan) == nil)
    }

    @Test func `every day of four centuries is written and read back`() {
        let clock = RFC3339Clock(.utc)
        for day in stride(from: -30_000, to: 80_000, by: 1) {
            let second = Int64(day) * 86_400 + Int64(abs(day) % 86_400)
            let text = clock.text(at: second * 1_000_000_000)
            #expect(RFC3339.parse(text.rawSpan) == second * 1_000_000_000)
        }
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (999_999_999, "1970-01-01T00:00:00Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00Z"), (Int64.max, "2262-04-11T23:47:16Z"),
            (Int64.min, "1677-09-21T00:12:43Z"),
        ] as [(Int64, String)])
    func `a moment is written to the second`(_ moment: Int64, _ text: String) {
        let clock = RFC3339Clock(.utc)
        #expect(String(decoding: clock.text(at: moment), as: UTF8.self) == text)
        #expect(String(decoding: clock.text(at: moment), as: UTF8.self) == text)
    }

    @Test func `another zone is written with its offset`() async {
        await #expect(processExitsWith: .success) {
            for (zone, text) in [
                ("Asia/Kolkata", "2020-07-01T17:30:00+05:30"), ("America/St_Johns", "2020-07-01T09:30:00-02:30"),
                ("UTC", "2020-07-01T12:00:00Z"),
            ] {
                setenv("TZ", zone, 1)
                let clock = RFC3339Clock(.local)
                let shown = String(decoding: clock.text(at: 1_593_604_800_000_000_000), as: UTF8.self)
                precondition(shown == text, "\(zone): \(shown)")
            }
        }
    }
}

@Suite struct `Go's durations` {
    @Test(
        arguments: [
            ("0", 0), ("5s", 5_000_000_000), ("30s", 30_000_000_000), ("1478s", 1_478_000_000_000),
            ("-5s", -5_000_000_000), ("+5s", 5_000_000_000),
            ("-0", 0), ("+0", 0), ("5.0s", 5_000_000_000), ("5.6s", 5_600_000_000), ("5.s", 5_000_000_000),
            (".5s", 500_000_000),
            ("1.0s", 1_000_000_000), ("1.00s", 1_000_000_000), ("1.004s", 1_004_000_000),
            ("100.00100s", 100_001_000_000), ("10ns", 10), ("11us", 11_000),
            ("12µs", 12_000), ("12μs", 12_000), ("13ms", 13_000_000), ("14s", 14_000_000_000), ("15m", 900_000_000_000),
            ("16h", 57_600_000_000_000),
            ("3h30m", 12_600_000_000_000), ("10.5s4m", 250_500_000_000), ("-2m3.4s", -123_400_000_000),
            ("1h2m3s4ms5us6ns", 3_723_004_005_006),
            ("52763797000ns", 52_763_797_000), ("0.3333333333333333333h", 1_200_000_000_000),
            ("9007199254740993ns", 9_007_199_254_740_993),
            ("9223372036854775807ns", Int64.max), ("9223372036854775.807us", Int64.max),
            ("9223372036s854ms775us807ns", Int64.max),
            ("-9223372036854775808ns", Int64.min), ("0.100000000000000000000h", 360_000_000_000),
            ("0.830103483285477580700h", 2_988_372_539_827),
            ("1m30s", 90_000_000_000), ("1.5h", 5_400_000_000_000),
        ] as [(String, Int64)])
    func `what Go accepts`(_ text: String, _ nanoseconds: Int64) {
        #expect(GoDuration.nanoseconds(text) == nanoseconds)
    }

    @Test(arguments: [
        "", "3", "-", "s", ".", "-.", ".s", "+.s", "1d", "\u{85}\u{85}", "hello \u{FFFD} world",
        "9223372036854775810ns", "9223372036854775808ns",
        "-9223372036854775809ns", "9223372036854776us", "3000000h", "9223372036854775.808us",
        "9223372036854ms775us808ns", " 5s", "5s ", "5 s", "1.5", "--5s",
        "5S", "1e3s",
    ])
    func `what Go refuses`(_ text: String) {
        #expect(GoDuration.nanoseconds(text) == nil)
    }

    @Test(
        arguments: [
            (0, "0s"), (1, "1ns"), (1_100, "1.1µs"), (2_200_000, "2.2ms"), (3_300_000_000, "3.3s"),
            (245_000_000_000, "4m5s"),
            (245_001_000_000, "4m5.001s"), (18_367_001_000_000, "5h6m7.001s"), (480_000_000_001, "8m0.000000001s"),
            (Int64.max, "2562047h47m16.854775807s"), (Int64.min, "-2562047h47m16.854775808s"),
            (90_000_000_000, "1m30s"),
            (100_000_000, "100ms"), (3_600_000_000_000, "1h0m0s"), (-1_500_000_000, "-1.5s"),
        ] as [(Int64, String)])
    func `what Go prints`(_ nanoseconds: Int64, _ text: String) {
        #expect(GoDuration.format(nanoseconds: nanoseconds) == text)
        #expect(GoDuration.nanoseconds(text) == nanoseconds)
    }

    @Test func `Swift's durations pass through`() {
        #expect(GoDuration.parse("1m30s") == .seconds(90))
        #expect(GoDuration.format(.milliseconds(1500)) == "1.5s")
        #expect(GoDuration.format(.seconds(Int64.max)) == "2562047h47m16.854775807s")
        #expect(GoDuration.format(.milliseconds(-1500)) == "-1.5s")
    }
}

@Suite struct `Sizes and truth` {
    @Test(arguments: [
        ("0", 0), ("4096", 4096), ("4Mi", 4_194_304), ("1G", 1_000_000_000), ("1Gi", 1_073_741_824), ("1.5Ki", 1536),
        ("1k", 1000), ("1e3", 1000),
        ("1E3", 1000), ("100m", 1), ("1500m", 2), ("0.5", 1), ("+1Ki", 1024), ("1E", 1_000_000_000_000_000_000),
        (".5Mi", 524_288), ("5.", 5),
        ("1e-3", 1), ("0e99", 0),
    ])
    func `quantities`(_ text: String, _ bytes: Int) {
        #expect(Quantity.parse(text) == bytes)
    }

    @Test(arguments: [
        "", "Mi", "4MiB", "4 Mi", "-1", "1.2.3", "4mi", "1K", "0x10", "8Ei", "99999999999999999999", "1e99", "1e", ".",
        "+",
    ])
    func `texts that are no quantity`(_ text: String) {
        #expect(Quantity.parse(text) == nil)
    }

    @Test(arguments: ["1", "t", "T", "TRUE", "true", "True"]) func `strictly true`(_ text: String) {
        #expect(GoBool.strict(text) == true)
    }

    @Test(arguments: ["0", "f", "F", "FALSE", "false", "False"]) func `strictly false`(_ text: String) {
        #expect(GoBool.strict(text) == false)
    }

    @Test(arguments: ["", "yes", "TrUe", "2", " true", "on"]) func `strictly nothing`(_ text: String) {
        #expect(GoBool.strict(text) == nil)
    }

    @Test(arguments: ["y", "Yes", "TRUE", "t", "on", "1", " true ", "\ton\n"]) func `truthy`(_ text: String) {
        #expect(GoBool.isTruthy(text))
    }

    @Test(arguments: ["", "n", "no", "0", "2", "false", "truee", "y es"]) func `not truthy`(_ text: String) {
        #expect(!GoBool.isTruthy(text))
    }
}
