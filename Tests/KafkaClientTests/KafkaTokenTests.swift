import Brokers
import Messaging
import Testing

/// OAuth 2.0 client credentials: what is asked, and what is made of the answer.
struct KafkaTokenTests {
    @Test(arguments: [
        ("https://t.example", true, "t.example", 443, "/", "t.example"),
        ("http://t.example:8080/oauth2/token", false, "t.example", 8080, "/oauth2/token", "t.example:8080"),
        ("https://[::1]:8443?a=b", true, "::1", 8443, "/?a=b", "[::1]:8443"),
    ])
    func `an endpoint is read`(
        _ text: String, _ isSecure: Bool, _ host: String, _ port: UInt16, _ target: String, _ authority: String
    ) throws {
        let address = try KafkaTokenSettings.address(text)
        #expect(address.isSecure == isSecure && address.host == host && address.port == port)
        #expect(address.target == target && address.authority == authority)
    }

    @Test(arguments: ["t.example/token", "https://", "https://t:0/", "https://t:x/", "https://u:p@t/", "https://t/a b"])
    func `what is no endpoint is refused without being shown`(_ text: String) {
        #expect { try KafkaTokenSettings.address(text) } throws: { error in
            let reason = (error as? ComponentError)?.reason ?? ""
            return reason.contains("oidcTokenEndpoint") && !reason.contains("u:p")
        }
    }

    @Test func `the form and the client are escaped`() throws {
        let values = KafkaSettingsTests.tokens.merging(["oidcScopes": "kafka, openid", "oidcExtensions": #"{"a":"b"}"#])
        {
            $1
        }
        let tokens = try #require(try KafkaSettingsTests.read(values).tokens)
        let form = String(decoding: tokens.form(showsClient: false), as: UTF8.self)
        #expect(form == "grant_type=client_credentials&scope=kafka+openid")
        let whole = String(decoding: tokens.form(showsClient: true), as: UTF8.self)
        #expect(whole == form + "&client_id=c+d&client_secret=s%26s")
        #expect(tokens.authorization == "Basic YytkOnMlMjZz")
        #expect(tokens.extensions.map(\.name) == ["a"])
    }

    @Test(arguments: [
        (#"{"access_token":"x.y","expires_in":60}"#, "x.y", 60), (#"{"expires_in":"90","access_token":"x"}"#, "x", 90),
        (#"{"access_token":"x"}"#, "x", 300), (#"{"access_token":""}"#, nil, 0), (#"{"token":"x"}"#, nil, 0),
        ("<html>", nil, 0),
    ])
    func `a token is found in an answer`(_ body: String, _ text: String?, _ seconds: Int) {
        let token = KafkaTokenSettings.token(in: Array(body.utf8))
        #expect(token?.text == text)
        #expect(token?.seconds ?? 0 == seconds)
    }

    @Test(arguments: [
        (#"{"error":"invalid_client","error_description":"who\nis it?"}"#, "invalid_client: who is it?"),
        (#"{"error":"invalid_scope"}"#, "invalid_scope"), ("no", ""),
    ])
    func `a complaint is one line`(_ body: String, _ words: String) {
        #expect(KafkaTokenSettings.complaint(in: Array(body.utf8)) == words)
    }
}
