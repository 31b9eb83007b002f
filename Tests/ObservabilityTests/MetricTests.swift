import Testing

@testable import Observability

@Suite struct MetricTests {
    @Test(arguments: [
        (0.0, "0"), (1, "1"), (1.5, "1.5"), (0.001, "0.001"), (0.00001, "1e-05"), (100_000, "100000"),
        (1_000_000, "1e+06"), (1_048_576, "1.048576e+06"), (4_294_967_296, "4.294967296e+09"), (-2.25, "-2.25"),
        (1e21, "1e+21"), (1e100, "1e+100"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        (123_456.75, "123456.75"), (1_234_567.5, "1.2345675e+06"),
    ])
    func `a number is written as Go writes it`(number: Double, text: String) {
        #expect(MetricNumber.text(number) == text)
    }

    @Test(arguments: [
        (0, 0), (999_999, 0), (1_000_000, 0), (1_000_001, 1), (6_000_000, 5), (6_000_001, 6),
        (100_000_000_000, 33), (100_000_000_001, 34), (Int.max, 34),
    ])
    func `a latency falls into the bucket whose bound it does not exceed`(nanoseconds: Int, bucket: Int) {
        let limits = MetricSettings.defaultLatencyBuckets.map { $0 * 1_000_000 }
        #expect(Distribution.bucket(of: nanoseconds, in: limits) == bucket)
    }

    @Test(
        arguments: [
            (nil, MetricSettings.defaultLatencyBuckets), ([], MetricSettings.defaultLatencyBuckets),
            ([5, 1, 5], [1, 5]),
            ([-1, 0], MetricSettings.defaultLatencyBuckets), ([0, 10], [10]),
        ] as [([Int]?, [Int])])
    func `buckets are used sorted and without what makes no sense`(given: [Int]?, used: [Int]) {
        #expect(MetricSettings.latencyBuckets(given) == used)
    }

    @Test func `a page has help, type and every label, and escapes values`() {
        let registry = MetricRegistry(MetricSettings(appID: "a"))
        let family = registry.counter("x_total", "Counts \\ and\nlines.", labels: ["app_id", "topic"])
        family.series(["a", "say \"hi\"\n\\"]).add(3)
        family.series(["a", ""]).add()
        let text = String(decoding: registry.page(), as: UTF8.self)
        #expect(
            text == """
                # HELP x_total Counts \\\\ and\\nlines.
                # TYPE x_total counter
                x_total{app_id="a",topic="say \\"hi\\"\\n\\\\"} 3
                x_total{app_id="a",topic=""} 1

                """)
    }

    @Test func `a distribution is cumulative and shows its unit`() {
        let registry = MetricRegistry(MetricSettings(appID: "a"))
        let family = registry.distribution("l", "L", labels: ["app_id"], .latencies([1, 5]))
        for nanoseconds in [500_000, 1_000_000, 2_000_000, 9_000_000] { family.series(["a"]).record(nanoseconds) }
        let text = String(decoding: registry.page(), as: UTF8.self)
        #expect(
            text == """
                # HELP l L
                # TYPE l histogram
                l_bucket{app_id="a",le="1"} 2
                l_bucket{app_id="a",le="5"} 3
                l_bucket{app_id="a",le="+Inf"} 4
                l_sum{app_id="a"} 12.5
                l_count{app_id="a"} 4

                """)
    }

    @Test func `beyond the bound of series open labels become other, and that is counted`() {
        let registry = MetricRegistry(MetricSettings(appID: "a"))
        let family = registry.counter("x", "X", labels: ["status", "topic"], open: ["topic"])
        for number in 0..<(MetricRegistry.seriesLimit + 10) { family.series(["ok", "t\(number)"]).add() }
        family.series(["bad", "t-new"]).add()
        family.series(["ok", "t3"]).add()
        let text = String(decoding: registry.page(), as: UTF8.self)
        #expect(text.contains("x{status=\"ok\",topic=\"other\"} 10\n"))
        #expect(text.contains("x{status=\"bad\",topic=\"other\"} 1\n"))
        #expect(text.contains("x{status=\"ok\",topic=\"t3\"} 2\n"))
        #expect(text.contains("martlet_metrics_series_folded_total{metric=\"x\"} 11\n"))
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("x{") }.count == MetricRegistry.seriesLimit + 2)
    }

    @Test func `rules rewrite labels before series are told apart`() {
        var settings = MetricSettings(appID: "a")
        settings.rewrite = { metric, label, value in metric == "x" && label == "path" ? "/any" : value }
        let registry = MetricRegistry(settings)
        let family = registry.counter("x", "X", labels: ["app_id", "path"])
        family.series(["a", "/1"]).add()
        family.series(["a", "/2"]).add()
        #expect(String(decoding: registry.page(), as: UTF8.self).contains("x{app_id=\"a\",path=\"/any\"} 2\n"))
    }

    @Test(arguments: [
        ("", ""), ("/", "/"), ("/v1.0/publish/p/t", "/v1.0/publish/p/t"), ("//v1.0//publish/p", "/v1.0/publish/p"),
        ("/v1.0/state/store/key/more", "/v1.0/state/store"), ("/v1.0/secrets/vault/name", "/v1.0/secrets/vault"),
        ("/v1.0/actors/Demo/1/timer/name", "/v1.0/actors/Demo/{id}/timer"),
        ("actors/Demo/1/method/m", "actors/Demo/{id}/method/m"),
        ("/v1.0/workflows/c/id", "/v1.0/workflows/c/{instanceId}"),
        ("/v1.0/workflows/c/w/start", "/v1.0/workflows/c/w/start"),
        ("/v1.0/workflows/c/id/raiseEvent/e", "/v1.0/workflows/c/{instanceId}/raiseEvent/{eventName}"),
    ])
    func `ids are left out of paths as daprd does`(path: String, label: String) {
        #expect(PathLabel.collapsed(path) == label)
    }

    static let patterns = ["/orders/{id}", "/orders/special", "/items/", "/files/{rest...}", "/exact/{$}"]

    @Test(
        arguments: [
            ("/orders/7", "/orders/{id}"), ("/orders/special", "/orders/special"), ("/orders/7/8", nil),
            ("/orders/", nil), ("/items/", "/items/"), ("/items/1/2", "/items/"), ("/items", nil),
            ("/files/a/b", "/files/{rest...}"), ("/exact/", "/exact/{$}"), ("/exact/x", nil),
            ("/v1.0/invoke/app/method/orders/7", "/v1.0/invoke/{app_id}/method/orders/{id}"),
            ("//orders//7", "/orders/{id}"),
        ] as [(String, String?)])
    func `the most specific pattern names a path`(path: String, pattern: String?) {
        #expect(PathPatterns(MetricTests.patterns).match(path) == pattern)
    }

    @Test(
        arguments: [
            (true, [], "/orders/7", "/orders/7"), (false, [], "/orders/7", ""), (false, [], "/healthz", "/healthz"),
            (true, ["/orders/{id}"], "/orders/7", "/orders/{id}"), (true, ["/orders/{id}"], "/else", "/else"),
            (false, ["/orders/{id}"], "/else", ""), (false, ["/orders/{id}"], "/orders/7", "/orders/{id}"),
            (false, ["/"], "/else", "/"),
        ] as [(Bool, [String], String, String)])
    func `paths are shown as cardinality and patterns say`(
        showsPaths: Bool, patterns: [String], path: String, label: String
    ) {
        var settings = MetricSettings(appID: "a")
        settings.showsPaths = showsPaths
        settings.pathPatterns = patterns
        #expect(PathLabel(settings).text(path) == label)
    }

    @Test func `the line of the process is read whatever the program is called`() {
        let line =
            "42 (a) b (c)) S 1 42 42 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 3 0 1000 8192000 200 18446744073709551615 1 1\n"
        let facts = ProcessMetrics.facts(line)
        #expect(
            facts
                == ProcessMetrics.Facts(
                    cpu: 2, virtual: 8_192_000, resident: 819_200, threads: 3, startedAfterBoot: 10))
        #expect(ProcessMetrics.facts("nothing") == nil)
    }
}
