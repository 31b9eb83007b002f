import HTTP
import Testing

@Suite struct RetryAfterTests {
    /// Sunday, 6 November 1994, 08:49:37.
    static let moment = 784_111_777

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "sun, 06 nov 1994 08:49:37 gmt",
    ])
    func `a date is read in each of its three forms`(text: String) {
        #expect(HTTPDate.parse(Array(text.utf8).rawSpan) == Self.moment)
    }

    @Test func `what is written is read`() {
        for seconds in stride(from: 0, to: 4_000_000_000, by: 98_765_432) {
            let line = HTTPDateField.format(seconds: seconds)
            #expect(HTTPDate.parse(Array(line.dropFirst(6).dropLast(2)).rawSpan) == seconds)
        }
    }

    @Test(arguments: [
        "", "Sun", "Sun, 06 Nov 1994", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
        "1994-11-06T08:49:37Z", "Sun, 0x Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT GMT",
    ])
    func `what is no date is none`(text: String) {
        #expect(HTTPDate.parse(Array(text.utf8).rawSpan) == nil)
    }

    @Test(
        arguments: [
            ("0", Duration.zero), ("120", .seconds(120)), ("99999999999999999999", .seconds(9_999_999_999)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", .seconds(60)), ("Sun, 06 Nov 1994 08:00:00 GMT", .zero), ("-1", nil),
            ("1.5", nil), ("", nil), ("soon", nil), ("12 0", nil),
        ] as [(String, Duration?)])
    func `the field is a number of seconds or a date`(text: String, expected: Duration?) {
        let now = Int64(Self.moment) * 1_000_000_000
        #expect(HTTPRetryAfter.wait(Array(text.utf8).rawSpan, wallClock: now) == expected)
    }
}
