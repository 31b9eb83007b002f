import Bytes
import Delivery
import Testing

@Suite struct BulkAnswerTests {
    private static let ids = (1...3).map { UUIDv4(high: 0, low: $0) }

    /// S, D, N (404) or R for each of three entries; `<1>` to `<3>` in the body stand for their ids.
    private static func letters(_ status: Int, _ body: String) -> String {
        var text = body
        for (index, id) in ids.enumerated() {
            text = text.split(separator: "<\(index + 1)>", omittingEmptySubsequences: false).joined(separator: id.text)
        }
        return BulkAnswer.verdicts(status: status, body: Array(text.utf8), ids: ids).map { verdict in
            switch verdict {
            case .success: "S"
            case .drop: "D"
            case .notFound: "N"
            case .retry: "R"
            }
        }.joined()
    }

    static let answers: [(String, String)] = [
        (
            #"{"statuses":[{"entryId":"<1>","status":"SUCCESS"},{"entryId":"<2>","status":"DROP"},{"entryId":"<3>","status":"RETRY"}]}"#,
            "SDR"
        ),
        (
            #" {"x":[1],"STATUSES" : [ {"EntryID":"<3>","Status":"SUCCESS"} , {"status":"SUCCESS","entryId":"<1>"} ] } x"#,
            "SRS"
        ),
        (#"{"statuses":[{"entryId":"<2>","status":"SUCCESS"},{"entryId":"<2>","status":"RETRY"}]}"#, "RRR"),
        (
            #"{"statuses":[{"entryId":"<2>","status":"success"},{"entryId":"<1>","status":""},{"entryId":"<3>"}]}"#,
            "RRR"
        ),
        (
            #"{"statuses":[{"entryId":"nope","status":"SUCCESS"},{"status":"SUCCESS"},null,{"entryId":"<3>","status":"SUCCESS"}]}"#,
            "RRS"
        ),
        (#"{"statuses":[{"entryId":"<1>","status":null}]}"#, "RRR"),
        (#"{"statuses":[{"entryId":"<1>","status":"SUCCESS"}],"statuses":[]}"#, "RRR"),
        (#"{"statuses":null}"#, "RRR"), (#"{"statuses":[]}"#, "RRR"), ("{}", "RRR"), ("null", "RRR"),
        (#"{"status":"SUCCESS"}"#, "RRR"),
        // Nothing of an answer counts that is not what it should be.
        (#"{"statuses":[{"entryId":"<1>","status":"SUCCESS"},1]}"#, "RRR"),
        (#"{"statuses":[{"entryId":"<1>","status":"SUCCESS"},{"entryId":5,"status":"SUCCESS"}]}"#, "RRR"),
        (#"{"statuses":[{"entryId":"<1>","status":1}]}"#, "RRR"), (#"{"statuses":{}}"#, "RRR"),
        (#"{"statuses":[{"entryId":"<1>","status":"SUCCESS"}]"#, "RRR"),
        (#"{"statuses":[{"entryId":"<1>","status":"SUCCESS"}}"#, "RRR"),
        ("", "RRR"), ("OK", "RRR"), ("[]", "RRR"), ("{bad", "RRR"),
    ]

    @Test(arguments: answers)
    func `each entry has its own verdict, and what is not said clearly is tried again`(
        body: String, expected: String
    ) {
        #expect(BulkAnswerTests.letters(200, body) == expected)
        #expect(BulkAnswerTests.letters(201, body) == expected)
    }

    @Test(arguments: [(404, "NNN"), (301, "RRR"), (400, "RRR"), (500, "RRR"), (503, "RRR")])
    func `a status other than 2xx counts for all, whatever the body`(status: Int, expected: String) {
        let body = #"{"statuses":[{"entryId":"<1>","status":"SUCCESS"}]}"#
        #expect(BulkAnswerTests.letters(status, body) == expected)
        #expect(BulkAnswerTests.letters(status, "") == expected)
    }
}
