import Runtime
import Testing

@Suite struct PublishOptionsTests {
    func parse(_ arguments: String..., environment: [String: String] = [:]) throws -> PublishOptions {
        try PublishOptions.parse(["-p", "bus", "-t", "orders"] + arguments, environment: environment)
    }

    @Test func `an event goes to the sidecar on the usual port`() throws {
        let options = try parse("--data", "{}")
        #expect(options.pubsub == "bus" && options.topic == "orders" && options.port == 3500)
        #expect(options.source == .argument("{}") && options.apiToken == nil && options.socketPath == nil)
        #expect(String(decoding: options.target, as: UTF8.self) == "/v1.0/publish/bus/orders")
    }

    @Test func `port and token come from the environment, flags first`() throws {
        let environment = ["DAPR_HTTP_PORT": "3601", "DAPR_API_TOKEN": "t"]
        #expect(try parse("-d", "x", environment: environment).port == 3601)
        #expect(try parse("-d", "x", environment: environment).apiToken == "t")
        #expect(try parse("-d", "x", "--dapr-http-port", "3602", environment: environment).port == 3602)
    }

    @Test func `names and metadata are escaped`() throws {
        let options = try PublishOptions.parse(
            [
                "-p", "a b", "-t", "../x/ü", "-d", "", "-m", "ttlInSeconds=60", "-m", "{\"k&\":\"a=b,c\"}", "-m", "e=",
            ], environment: [:])
        #expect(
            String(decoding: options.target, as: UTF8.self)
                == "/v1.0/publish/a%20b/..%2fx%2f%c3%bc?metadata.ttlInSeconds=60&metadata.k%26=a%3db%2cc&metadata.e=")
        #expect(
            try String(
                decoding: PublishOptions.parse(["-p", "a", "-t", "..", "-d", ""], environment: [:]).target,
                as: UTF8.self) == "/v1.0/publish/a/%2e%2e")
    }

    @Test(arguments: [
        ("{\"id\": 1}", "application/json"), ("hello", "application/json"),
        (
            "{\"id\":\"1\",\"source\":\"s\",\"specversion\":\"1.0\",\"type\":\"t\",\"data\":1}",
            "application/cloudevents+json"
        ),
    ])
    func `what looks like a CloudEvent is sent as one`(data: String, type: String) throws {
        #expect(try parse("-d", data).contentType(of: Array(data.utf8)) == type)
        #expect(try parse("-d", data, "--content-type", "text/plain").contentType(of: Array(data.utf8)) == "text/plain")
    }

    @Test func `files, the standard input and sockets are read as such`() throws {
        #expect(try parse("-f", "a.json").source == .file("a.json"))
        #expect(try parse("-f", "-").source == .file("/dev/stdin"))
        let options = try parse("-d", "", "-u", "/run/dapr", "-i", "shop")
        #expect(options.socketPath == "/run/dapr/dapr-shop-http.socket")
    }

    @Test(arguments: [
        ([], "--pubsub is needed"), (["-p", "a"], "--topic is needed"),
        (["-p", "a", "-t", "b"], "either --data or --data-file is needed"),
        (["-p", "a", "-t", "b", "-d", "x", "-f", "y"], "either --data or --data-file is needed"),
        (["-p", "a", "-t", "b", "-d", "x", "y"], "there is no place for \"y\""),
        (["-p", "a", "-t", "b", "-d", "x", "-m", "y"], "--metadata \"y\" is not key=value"),
        (["-p", "a", "-t", "b", "-d", "x", "-m", "{"], "--metadata \"{\" is no JSON object"),
        (["-p", "a", "-t", "b", "-d", "x", "-m", "{\"a\":1}"], "--metadata: the value of a is no text"),
        (["-p", "a", "-t", "b", "-d", "x", "-u", "/x"], "--unix-domain-socket needs --publish-app-id"),
        (
            ["-p", "a", "-t", "b", "-d", "x", "--dapr-http-port", "0"],
            "\"0\" is no port, which is 1 to 65535"
        ),
    ])
    func `what is missing or wrong is said`(arguments: [String], reason: String) {
        #expect(throws: OptionError.usage(reason)) { try PublishOptions.parse(arguments, environment: [:]) }
    }

    @Test(arguments: [
        ("{\"errorCode\":\"ERR_X\",\"message\":\"no such thing\"}", "ERR_X: no such thing"),
        ("{\"message\":\"two\\nlines\"}", "two lines"), ("plain \u{1B}[31mtext", "plain  [31mtext"), ("", ""),
    ])
    func `the reason of an error answer is one plain line`(body: String, reason: String) {
        #expect(PublishOptions.reason(in: Array(body.utf8)) == reason)
    }
}
