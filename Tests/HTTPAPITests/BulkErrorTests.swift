import Bytes
import Delivery
import Events
import HTTPAPI
import Testing

/// The words in which a refused bulk request is answered; callers of daprd know them.
@Suite struct BulkErrorTests {
    struct Row: Sendable, CustomStringConvertible {
        var body: String
        var message: String
        var description: String { body.debugDescription }

        init(_ body: String, _ message: String) {
            self.body = body
            self.message = message
        }
    }

    static let rows: [Row] = [
        Row("", "EOF"), Row("  ", "EOF"), Row("[{", "unexpected EOF"), Row("[", "unexpected EOF"),
        Row("hello", "invalid character 'h' looking for beginning of value"),
        Row("{bad", "invalid character 'b' looking for beginning of object key string"),
        Row("{}", "json: cannot unmarshal object into Go value of type []http.bulkPublishMessageEntry"),
        Row("[1]", "json: cannot unmarshal number into Go value of type http.bulkPublishMessageEntry"),
        Row(
            #"[{"entryId":5}]"#,
            "json: cannot unmarshal number into Go struct field bulkPublishMessageEntry.entryId of type string"),
        Row(
            #"[{"metadata":"x"}]"#,
            "json: cannot unmarshal string into Go struct field bulkPublishMessageEntry.metadata of type map[string]string"
        ),
        Row(
            #"[{"metadata":{"a":true}}]"#,
            "json: cannot unmarshal bool into Go struct field bulkPublishMessageEntry.metadata of type string"),
    ]

    @Test(arguments: rows) func `a body that is no list is answered in Go's words`(_ row: Row) {
        let body = Array(row.body.utf8)
        do {
            _ = try BulkPublishList.read(body.rawSpan)
            Issue.record("it was not refused")
        } catch {
            let answer = APIError.publish(.malformedBulk(error, body: body), pubsub: "p", topic: "t", appID: "me")
            #expect(answer.status == 400 && answer.code == "ERR_PUBSUB_EVENTS_SER")
            #expect(answer.message == "error when unmarshaling the request for topic t pubsub p: " + row.message)
            #expect(answer.details?.reason == "DAPR_PUBSUB_UNMARSHAL_EVENTS")
            #expect(answer.details?.metadata.map(\.key) == ["appID"])
        }
    }
}
