import Foundation
import Runtime
import Testing

@Suite struct OptionParserTests {
    static let flags = [
        OptionFlag("name", .text, "A name", default: "x").letter("n"), OptionFlag("wait", .toggle, "Waits").letter("w"),
        OptionFlag("count", .integer, "A count", default: "-1"), OptionFlag("streams", .natural, "Streams"),
        OptionFlag("path", .list, "Paths"), OptionFlag("period", .duration, "A period", default: "30s"),
    ]

    @Test(arguments: [
        ["--name", "a"], ["--name=a"], ["-name", "a"], ["-name=a"], ["-n", "a"], ["-n=a"],
        ["--name", "b", "--name", "a"],
    ])
    func `a text flag is read in every spelling, and the last one counts`(arguments: [String]) throws {
        let values = try OptionParser(Self.flags).parse(arguments)
        #expect(values.text("name") == "a")
        #expect(values.given == ["name"])
    }

    @Test func `what was not given has its default`() throws {
        let values = try OptionParser(Self.flags).parse([])
        #expect(values.text("name") == "x")
        #expect(values.integer("count") == -1)
        #expect(values.duration("period") == .seconds(30))
        #expect(!values.toggle("wait"))
        #expect(values.list("path") == [])
        #expect(!values.isGiven("name"))
    }

    @Test func `values may look like flags, be empty, and have equals signs`() throws {
        let values = try OptionParser(Self.flags).parse(["--count", "-7", "--name=", "--path=a=b"])
        #expect(values.integer("count") == -7)
        #expect(values.text("name") == "")
        #expect(values.list("path") == ["a=b"])
    }

    @Test func `lists add up and are split at commas outside of quotes`() throws {
        let values = try OptionParser(Self.flags).parse(["--path", "a,b", "--path=\"c,d\",e", "--path", ""])
        #expect(values.list("path") == ["a", "b", "c,d", "e"])
    }

    @Test(arguments: [
        (["--wait"], true), (["--wait=true"], true), (["--wait=0"], false), (["--wait", "--wait=F"], false),
    ])
    func `a toggle stands alone or has a value attached`(arguments: [String], expected: Bool) throws {
        #expect(try OptionParser(Self.flags).parse(arguments).toggle("wait") == expected)
    }

    @Test func `what follows two dashes is left alone`() throws {
        let values = try OptionParser(Self.flags).parse(["one", "--wait", "two", "--", "--name", "-x"])
        #expect(values.rest == ["one", "two", "--name", "-x"])
        let stopped = try OptionParser(Self.flags, stopsAtFirstOther: true).parse(["--wait", "cmd", "--name", "-x"])
        #expect(stopped.rest == ["cmd", "--name", "-x"])
    }

    @Test(arguments: [
        (["--nope"], "unknown flag: --nope"), (["-nope=1"], "unknown flag: --nope"),
        (["--name"], "flag needs an argument: --name"), (["-n"], "flag needs an argument: --name"),
        (["--=x"], "bad flag syntax: --=x"),
        (
            ["--wait=maybe"],
            "invalid argument \"maybe\" for \"--wait\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax"
        ),
        (
            ["--count", "many"],
            "invalid argument \"many\" for \"--count\" flag: strconv.ParseInt: parsing \"many\": invalid syntax"
        ),
        (
            ["--count=99999999999999999999"],
            "invalid argument \"99999999999999999999\" for \"--count\" flag: strconv.ParseInt: parsing \"99999999999999999999\": value out of range"
        ),
        (
            ["--streams=-1"],
            "invalid argument \"-1\" for \"--streams\" flag: strconv.ParseUint: parsing \"-1\": invalid syntax"
        ),
        (["--period=soon"], "invalid argument \"soon\" for \"--period\" flag: time: invalid duration \"soon\""),
    ])
    func `what cannot be read is refused in Go's words`(arguments: [String], reason: String) {
        #expect(throws: OptionError.usage(reason)) { try OptionParser(Self.flags).parse(arguments) }
    }

    @Test(arguments: [["--help"], ["-h"], ["-help"], ["--wait", "-h"]])
    func `help is asked for`(arguments: [String]) {
        #expect(throws: OptionError.helpWanted) { try OptionParser(Self.flags).parse(arguments) }
    }

    @Test func `the usage has a line for every flag that is shown, in columns`() {
        let lines = OptionUsage.text(OptionTable.sidecar).split(separator: "\n")
        #expect(lines.count == 52)
        for line in [
            "      --app-id string                              Name of the app: source of its events and default consumer group (required)",
            "      --enable-metrics                             Serve metrics (default true)",
            "      --dapr-http-port string                      Port of the HTTP API; 0 takes a free one (default \"3500\")",
            "      --dapr-internal-grpc-listen-address string   Address for calls between sidecars",
        ] {
            #expect(lines.contains { $0 == line }, "\(line)")
        }
        #expect(!lines.contains { $0.contains("components-path") })
    }
}
