// swift-tools-version: 6.2
import PackageDescription

// Every Swift target is built with the same strictness (docs/adr/0001-footing.md).
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .enableExperimentalFeature("Lifetimes"),
    // Swift Regex comes with an implicit import and a megabyte of code; nothing here uses it (docs/adr/0003-one-file.md).
    .unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"]),
]
// Tests may use Foundation and unsafe code; they keep the language mode and the warnings.
let relaxed: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// `make release` links Debian's archives and the Swift runtime into one file; everything else links the shared objects.
let isStatic = Context.environment["MARTLET_STATIC"] == "1"
func library(_ shared: String, archive: String? = nil) -> LinkerSetting {
    .linkedLibrary(isStatic ? ":lib\(archive ?? shared).a" : shared)
}

func target(_ name: String, _ dependencies: [Target.Dependency], linker: [LinkerSetting] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict, linkerSettings: linker)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: relaxed)
}

// Fuzz targets exist only for scripts/fuzz: a new one is a folder Fuzz/<Name> and a line here.
let fuzzTargets: [Target] =
    Context.environment["MARTLET_FUZZ"] == "1"
    ? [
        .target(name: "FuzzDriver", path: "Fuzz/FuzzDriver"),
        fuzz("FuzzAMQPFrames", ["Bytes", "AMQPClient"]),
        fuzz("FuzzCEL", ["Events", "Rules"]),
        fuzz("FuzzCloudEvents", ["Bytes", "Events"]),
        fuzz("FuzzHTTPChunks", ["Bytes", "HTTP"]),
        fuzz("FuzzHTTPHead", ["Bytes", "HTTP"]),
        fuzz("FuzzJSON", ["Bytes", "Events"]),
        fuzz("FuzzMQTTPackets", ["Bytes", "MQTTClient"]),
        fuzz("FuzzRedisReplies", ["Bytes", "Messaging", "RedisClient", "Brokers"]),
        fuzz("FuzzYAML", ["Messaging", "Resources", "YAML"]),
    ] : []

func fuzz(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies + ["FuzzDriver"], path: "Fuzz/\(name)", swiftSettings: relaxed)
}

let package = Package(
    name: "martlet",
    products: [.executable(name: "martlet", targets: ["martlet"])],
    targets: [
        // C libraries, each imported by exactly one Swift target.
        .systemLibrary(name: "CUV"),
        .systemLibrary(name: "COpenSSL"),
        .systemLibrary(name: "CHiredis"),
        .systemLibrary(name: "CRabbitMQ"),
        .systemLibrary(name: "CSQLite"),
        .systemLibrary(name: "CYAML"),
        .target(name: "CRE2", linkerSettings: [library("re2"), library("stdc++"), .linkedLibrary("m")]),
        .target(name: "CThread"),
        // Opens libmosquitto at run time: Debian has no archive of it.
        .target(name: "CMosquitto"),
        .target(
            name: "CRDKafka", cSettings: isStatic ? [.define("MARTLET_STATIC")] : [],
            linkerSettings: [library("rdkafka")]
                + (isStatic ? [library("lz4"), library("zstd"), library("z")] : [])),

        // From the bottom up; arrows go down only (scripts/check-imports holds them).
        target("Bytes", []),
        target("Events", ["Bytes"]),
        target("Messaging", ["Bytes", "Events"]),
        target("MessagingTesting", ["Bytes", "Events", "Messaging"]),
        target("Loop", ["CUV", "CThread", "Bytes", "Messaging"], linker: [library("uv", archive: "uv_a")]),
        target("TLS", ["COpenSSL", "Bytes", "Messaging", "Loop"], linker: [library("ssl"), library("crypto")]),
        target("Store", ["CSQLite", "Bytes", "Messaging", "Loop"], linker: [library("sqlite3")]),
        target("YAML", ["CYAML", "Bytes"], linker: [library("yaml")]),
        target("RedisClient", ["CHiredis", "Bytes", "Messaging", "Loop", "TLS"], linker: [library("hiredis")]),
        target("MQTTClient", ["CMosquitto", "Bytes", "Messaging", "Loop", "TLS"]),
        target("KafkaClient", ["CRDKafka", "Bytes", "Messaging", "Loop"]),
        target("AMQPClient", ["CRabbitMQ", "Bytes", "Messaging", "Loop", "TLS"], linker: [library("rabbitmq")]),
        target("HTTP", ["Bytes", "Messaging", "Loop", "TLS"]),
        target("Rules", ["CRE2", "Bytes", "Events"]),
        target("Delivery", ["Bytes", "Events", "Messaging", "Rules"]),
        target("Observability", ["Bytes", "Events", "Messaging", "Loop", "HTTP", "Delivery"]),
        target("Resources", ["Bytes", "Events", "Messaging", "YAML", "Rules"]),
        target(
            "Brokers",
            [
                "Bytes", "Events", "Messaging", "Loop", "Store", "TLS", "HTTP", "Rules", "RedisClient", "KafkaClient",
                "MQTTClient", "AMQPClient",
            ]),
        target("AppChannels", ["Bytes", "Events", "Messaging", "Loop", "HTTP", "Delivery"]),
        target("HTTPAPI", ["Bytes", "Events", "Messaging", "Loop", "HTTP", "Delivery", "Observability"]),
        target(
            "Runtime",
            [
                "Bytes", "Events", "Messaging", "Loop", "HTTP", "Delivery", "Rules", "Observability", "Resources",
                "Brokers", "AppChannels", "HTTPAPI", "TLS",
            ]),
        .executableTarget(
            name: "martlet", dependencies: ["Bytes", "Messaging", "Loop", "HTTP", "Observability", "Runtime"],
            swiftSettings: strict),

        .executableTarget(
            name: "redis-bench", dependencies: ["Messaging", "Loop", "Brokers"], path: "Benchmarks/RedisBench",
            swiftSettings: strict),
        .executableTarget(
            name: "http-bench", dependencies: ["Bytes", "Messaging", "Loop", "HTTP"], path: "Benchmarks/HTTPBench",
            swiftSettings: strict),
        // Benchmarks are in this package because other packages cannot see `package` code.
        .executableTarget(
            name: "events-bench", dependencies: ["Bytes", "Events"], path: "Benchmarks/EventsBench",
            swiftSettings: strict),
        // What only an optimised build can get wrong; tests are built without optimisation.
        .executableTarget(
            name: "optimised-checks", dependencies: ["Bytes", "Events", "Messaging", "HTTP", "Rules"],
            path: "Benchmarks/OptimisedChecks", swiftSettings: strict),
        .executableTarget(
            name: "store-bench", dependencies: ["Messaging", "Loop", "Store"], path: "Benchmarks/StoreBench",
            swiftSettings: strict),

        // Servers and other programs that tests start.
        .target(name: "TestServers", path: "Tests/TestServers", swiftSettings: relaxed),
        tests("BytesTests", ["Bytes"]),
        tests("EventsTests", ["Bytes", "Events"]),
        tests("RulesTests", ["Bytes", "Events", "Rules"]),
        tests("YAMLTests", ["Bytes", "YAML"]),
        tests("ResourcesTests", ["Bytes", "Events", "Messaging", "YAML", "Rules", "Resources"]),
        tests("LoopTests", ["Bytes", "Messaging", "Loop"]),
        tests("HTTPTests", ["Bytes", "Messaging", "Loop", "HTTP"]),
        tests("StoreTests", ["Bytes", "Messaging", "Loop", "Store", "TestServers"]),
        tests("RedisClientTests", ["Bytes", "Messaging", "Loop", "TLS", "RedisClient", "Brokers", "TestServers"]),
        tests("MQTTClientTests", ["Bytes", "Messaging", "Loop", "TLS", "MQTTClient", "Brokers"]),
        tests(
            "KafkaClientTests",
            [
                "Bytes", "Events", "Messaging", "MessagingTesting", "Loop", "Resources", "Rules", "CRDKafka",
                "KafkaClient", "Brokers",
            ]),
        tests("AMQPClientTests", ["Bytes", "Messaging", "Loop", "TLS", "AMQPClient", "Brokers"]),
        tests("DeliveryTests", ["Bytes", "Events", "Messaging", "MessagingTesting", "Rules", "Delivery"]),
        // A library, so that tests run it and `simulate` runs it optimised.
        .target(
            name: "Simulation",
            dependencies: ["Bytes", "Events", "Messaging", "MessagingTesting", "Rules", "Delivery"],
            path: "Tests/Simulation", swiftSettings: relaxed),
        .executableTarget(
            name: "simulate", dependencies: ["Simulation"], path: "Tests/Simulate", swiftSettings: relaxed),
        tests("SimulationTests", ["Simulation"]),
        tests("MessagingTestingTests", ["Messaging", "MessagingTesting"]),
        tests(
            "ContractTests",
            [
                "Bytes", "Events", "Messaging", "MessagingTesting", "Loop", "Delivery", "Store", "Resources", "Brokers",
                "AMQPClient", "TestServers", "CRDKafka",
            ]),
        tests("AppChannelsTests", ["AppChannels"]),
        tests("HTTPAPITests", ["Bytes", "Events", "Messaging", "Delivery", "HTTP", "HTTPAPI"]),
        tests(
            "RuntimeTests",
            [
                "Bytes", "Events", "Messaging", "MessagingTesting", "Loop", "HTTP", "Delivery", "Observability", "YAML",
                "Resources", "Runtime",
            ]),
        tests(
            "ObservabilityTests",
            ["Bytes", "Events", "Messaging", "MessagingTesting", "Loop", "HTTP", "Delivery", "Observability"]),
        tests("CommandsTests", ["Runtime", "martlet"]),
    ] + fuzzTargets,
    cxxLanguageStandard: .cxx17
)
