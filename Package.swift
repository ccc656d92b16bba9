// swift-tools-version: 6.2
import PackageDescription

// Floors, lowest first: a target imports only targets of the floors below it. `docs/architecture.md` has the page
// that says what each one is for. `swift build --explicit-target-dependency-import-check error` enforces the list.

/// Set by `Tests/Fuzz/run.sh` to libFuzzer's archive: then the libraries are built for it, and `hoosh-fuzz` exists.
let fuzzer = Context.environment["FUZZ"]
let instrumented: [SwiftSetting] = fuzzer == nil ? [] : [.unsafeFlags(["-sanitize=fuzzer"])]

let strict: [SwiftSetting] = [
    // Each loop's objects are touched by its thread alone; debug builds check every access (docs/decisions/0001).
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
    .treatAllWarnings(as: .error),  // a warning nobody reads is a bug nobody sees
    .enableUpcomingFeature("ExistentialAny"),  // an existential costs; it should be visible where it is paid
]

func floor(
    _ folder: String,
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    _ settings: [SwiftSetting] = []
) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: "Sources/\(folder)/\(name)",
        swiftSettings: strict + instrumented + settings
    )
}

func tool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies,
        path: "Sources/Service/\(name)",
        swiftSettings: strict
    )
}

func suite(_ name: String, _ dependencies: [Target.Dependency], excluding excluded: [String] = []) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies,
        path: "Tests/\(name)",
        exclude: excluded,
        swiftSettings: strict
    )
}

// MARK: Floor 0, Native: C libraries and Linux calls
let native: [Target] = [
    .target(name: "CLinux", path: "Sources/Native/CLinux"),
    .target(name: "CAllocations", path: "Sources/Native/CAllocations"),
    .systemLibrary(
        name: "CCurl",
        path: "Sources/Native/CCurl",
        pkgConfig: "libcurl",
        providers: [.apt(["libcurl4-openssl-dev"])]
    ),
    .systemLibrary(
        name: "CYaml",
        path: "Sources/Native/CYaml",
        pkgConfig: "yaml-0.1",
        providers: [.apt(["libyaml-dev"])]
    ),
    .systemLibrary(
        name: "CPCRE2",
        path: "Sources/Native/CPCRE2",
        pkgConfig: "libpcre2-8",
        providers: [.apt(["libpcre2-dev"])]
    ),
    .systemLibrary(
        name: "CSSL",
        path: "Sources/Native/CSSL",
        pkgConfig: "openssl",
        providers: [.apt(["libssl-dev"])]
    ),
    .systemLibrary(
        name: "CHiredis",
        path: "Sources/Native/CHiredis",
        // No pkg-config: its file asks for a flag that the package manager does not pass on.
        providers: [.apt(["libhiredis-dev"])]
    ),
    .systemLibrary(
        name: "CSQLite",
        path: "Sources/Native/CSQLite",
        pkgConfig: "sqlite3",
        providers: [.apt(["libsqlite3-dev"])]
    ),
]

// MARK: Floor 1, Ground: no HTTP and no LLM word appears here
let ground: [Target] = [
    floor("Ground", "Bytes", ["CLinux"]),
    floor("Ground", "Report"),
    floor("Ground", "Loop", ["CLinux", "Bytes"]),
    floor("Ground", "Zones"),
]

// MARK: Floor 2, Wire: bytes in, values out; no descriptor, no clock
let safe: [SwiftSetting] = [.strictMemorySafety()]  // these read what strangers send: nothing unsafe, not even marked
let wire: [Target] = [
    floor("Wire", "HTTP", ["Bytes"], safe),
    floor("Wire", "EventStream", ["Bytes"], safe),
    floor("Wire", "JSON", ["Bytes"], safe),
    // One dialect knows nothing of another: each is read into, and written from, what `Conversation` has words for.
    floor("Wire", "Conversation", ["Bytes", "JSON"], safe),
    floor("Wire", "Dialect", ["Bytes", "JSON", "Conversation"], safe),
    floor("Wire", "OpenAI", ["Bytes", "JSON", "Conversation"], safe),
    floor("Wire", "Anthropic", ["Bytes", "JSON", "Conversation"], safe),
    floor("Wire", "Gemini", ["Bytes", "JSON", "Conversation"], safe),
    floor("Wire", "Ollama", ["Bytes", "JSON", "Conversation"], safe),
    floor("Wire", "Speech", ["Bytes", "JSON", "Conversation", "Dialect"], safe),
    floor(
        "Wire",
        "Translation",
        ["Bytes", "JSON", "EventStream", "Dialect", "Conversation", "OpenAI", "Anthropic", "Gemini", "Ollama"],
        safe
    ),
]

// MARK: Floor 3, Engines: what the stages ask; each stands alone
let engines: [Target] = [
    floor("Engines", "Routing"),
    floor("Engines", "Decision", ["Bytes", "Report", "Routing", "CPCRE2"]),
    floor("Engines", "Content", ["Bytes", "JSON", "Dialect", "Routing", "CPCRE2"]),
    floor("Engines", "Shortening", ["Bytes", "JSON", "Conversation", "Dialect", "Routing"]),
    floor("Engines", "Providers", ["Bytes", "Conversation", "Dialect", "Routing", "Decision"]),
    floor("Engines", "Health", ["Routing", "Decision"]),
    floor("Engines", "Telemetry", ["Bytes"]),
    floor("Engines", "Identity", ["Bytes", "HTTP", "Routing", "Decision", "CSSL"]),
    floor("Engines", "Admission"),
    floor("Engines", "Audit", ["CSSL", "Bytes", "Loop", "Zones", "JSON"]),
    floor("Engines", "Budgets", ["Zones", "Routing"]),
    floor("Engines", "Limits", ["Budgets"]),
    floor("Engines", "SharedPools", ["CHiredis", "Loop", "Routing", "Budgets", "Limits"]),
    floor("Engines", "Costs", ["Routing", "Decision"]),
    floor("Engines", "Store", ["Budgets", "Costs", "CSQLite"]),
    floor("Engines", "Cache", ["Bytes", "JSON", "Routing", "CSSL"]),
    floor("Engines", "MCP", ["Bytes", "JSON", "Routing", "Decision", "Providers"]),
]

// MARK: Floor 4, Path: the stages in the order of a request; and Routes: YAML to program
let path: [Target] = [
    floor("Path", "Arrival", ["Bytes", "Loop", "HTTP", "JSON", "Dialect", "Routing", "Decision"]),
    floor(
        "Path",
        "Forwarding",
        ["Bytes", "Loop", "HTTP", "Dialect", "Routing", "Decision", "Providers", "Health", "Identity", "CCurl"]
    ),
    floor(
        "Path",
        "Relay",
        ["Bytes", "Loop", "HTTP", "EventStream", "JSON", "Dialect", "Conversation", "Speech", "Translation"]
    ),
    floor("Path", "Settlement", ["Bytes", "Telemetry"]),
]
let routes: [Target] = [
    floor("Routes", "RouteModel", ["Report", "Routing"]),
    // The definition of the language: it may know nothing of the compiler, so that the two can check one another.
    floor("Routes", "Interpreter", ["RouteModel", "Routing"]),
    floor(
        "Routes",
        "RouteLanguage",
        [
            "Report", "Dialect", "Routing", "Decision", "Content", "Zones", "Providers", "Identity", "MCP",
            "SharedPools", "RouteModel", "CYaml",
        ]
    ),
    floor(
        "Routes",
        "Compiler",
        [
            "Bytes", "Report", "Routing", "Decision", "Content", "Providers", "Identity", "MCP", "Costs",
            "SharedPools", "RouteModel", "Interpreter",
            "RouteLanguage",
        ]
    ),
    floor("Routes", "Analysis", ["Report", "Zones", "Dialect", "Routing", "RouteModel", "Interpreter"]),
    floor(
        "Routes",
        "Lint",
        [
            "Report", "Routing", "Decision", "Content", "Providers", "Costs", "RouteModel", "Interpreter", "Analysis",
            "Compiler",
            "RouteLanguage",
        ]
    ),
    floor(
        "Routes",
        "RouteTools",
        [
            "Bytes", "Report", "Loop", "JSON", "Dialect", "Routing", "Decision", "Content", "Health", "Zones",
            "Providers", "Costs", "Shortening", "RouteModel",
            "Interpreter", "Compiler", "Analysis", "RouteLanguage", "Lint",
        ]
    ),
]

// MARK: Floor 5, Service: composition and the programs
let service: [Target] = [
    floor(
        "Service",
        "ToolServers",
        ["Bytes", "Loop", "JSON", "EventStream", "MCP", "Providers", "Telemetry", "Forwarding"]
    ),
    floor(
        "Service",
        "Proxy",
        [
            "CLinux", "CSSL", "Bytes", "Report", "Loop", "HTTP", "JSON", "Dialect", "Conversation", "Ollama",
            "Shortening", "Speech", "Translation",
            "Decision", "Content", "Providers", "Health", "Budgets", "Limits", "SharedPools", "Costs", "Store",
            "Telemetry", "Identity", "Cache", "MCP", "Audit", "Admission", "ToolServers", "Arrival", "Forwarding",
            "Relay",
            "Settlement",
            "Routing",
            "RouteModel",
            "RouteLanguage",
            "Compiler",
            "Lint", "Zones",
        ]
    ),
    tool("hoosh-proxy", ["Decision", "Proxy", "RouteLanguage", "RouteTools", "Lint", "Report"]),
    tool("hoosh-mock", ["CLinux", "CSSL", "Loop", "JSON"]),
    tool(
        "hoosh-bench",
        [
            "CLinux", "CAllocations", "Bytes", "Loop", "Report", "Routing", "Budgets", "Decision", "RouteModel",
            "Compiler",
            "Analysis",
            "Lint",
        ]
    ),
]

// MARK: Tests: each suite is named after the target it tests; TestKit starts programs and speaks raw HTTP to them
let tests: [Target] = [
    .target(
        name: "TestKit",
        dependencies: ["CLinux", "CSSL"],
        path: "Tests/Support/TestKit",
        swiftSettings: strict
    ),
    .executableTarget(
        name: "hoosh-damaged",
        dependencies: ["Proxy", "Compiler", "Decision", "RouteModel", "Routing"],
        path: "Tests/Support/hoosh-damaged",
        swiftSettings: strict
    ),
    .target(
        name: "WireCases",
        dependencies: ["Bytes", "HTTP", "EventStream", "JSON", "Dialect"],
        path: "Tests/Support/WireCases",
        swiftSettings: strict + instrumented
    ),
    .target(
        name: "CodecKit",
        dependencies: ["Bytes", "JSON", "EventStream", "Conversation"],
        path: "Tests/Support/CodecKit",
        swiftSettings: strict
    ),
    .target(
        name: "RouteClaims",
        dependencies: ["Report", "RouteModel", "RouteLanguage", "Compiler", "Lint"],
        path: "Tests/Support/RouteClaims",
        swiftSettings: strict + instrumented
    ),
    suite("BytesTests", ["Bytes"]),
    suite("ZonesTests", ["Zones"]),
    suite("LoopTests", ["Loop", "CLinux"]),
    suite("HTTPTests", ["HTTP", "Bytes", "WireCases"]),
    suite("EventStreamTests", ["EventStream", "WireCases"]),
    suite("JSONTests", ["JSON", "Bytes", "WireCases"]),
    suite("DialectTests", ["Dialect", "Bytes", "WireCases"]),
    suite("AnthropicTests", ["Anthropic", "Conversation", "EventStream", "JSON", "Bytes"], excluding: ["replay.py"]),
    suite(
        "GeminiTests",
        ["Gemini", "OpenAI", "Anthropic", "Ollama", "Conversation", "EventStream", "JSON", "Bytes", "CodecKit"],
        excluding: ["replay.py"]
    ),
    suite("OpenAITests", ["OpenAI", "Conversation", "EventStream", "JSON", "Bytes"], excluding: ["replay.py"]),
    suite(
        "OllamaTests",
        ["Ollama", "Gemini", "OpenAI", "Conversation", "EventStream", "JSON", "Bytes", "CodecKit"],
        excluding: ["replay.py"]
    ),
    suite("SpeechTests", ["Speech", "Conversation", "Dialect", "JSON", "Bytes"]),
    suite("TranslationTests", ["CodecKit", "Translation", "Conversation", "Dialect", "EventStream", "JSON", "Bytes"]),
    .testTarget(
        name: "FuzzSeedTests",
        dependencies: ["WireCases", "RouteClaims"],
        path: "Tests/Fuzz/FuzzSeedTests",
        swiftSettings: strict
    ),
    suite("RelayTests", ["Relay", "Loop", "HTTP", "Dialect", "Conversation", "Translation", "JSON", "WireCases"]),
    suite("ServerJourneys", ["TestKit", "WireCases", "Dialect"]),
    suite("MockTests", ["TestKit"]),
    suite("ShippingTests", ["TestKit"]),
    suite("Journeys", ["TestKit"]),
    .testTarget(
        name: "RealTests",
        dependencies: ["TestKit"],
        path: "Tests/Real/RealTests",
        swiftSettings: strict
    ),
    suite("ReportTests", ["Report"]),
    suite("DecisionTests", ["Routing", "Decision", "Bytes"]),
    suite("InterpreterTests", ["Report", "Routing", "RouteModel", "Interpreter"]),
    suite("AnalysisTests", ["Report", "Dialect", "Routing", "RouteModel", "Interpreter", "Analysis"]),
    suite(
        "LintTests",
        [
            "Lint", "RouteLanguage", "RouteModel", "Interpreter", "Analysis", "Compiler", "Report", "Routing",
            "Decision",
            "Bytes",
        ],
        excluding: ["RuleCases", "Examples"]
    ),
    suite(
        "RouteToolsTests",
        [
            "RouteTools", "Lint", "Analysis", "Compiler", "RouteLanguage", "Interpreter", "RouteModel", "Decision",
            "Routing", "Report", "Zones", "Content",
        ]
    ),
    suite(
        "CompilerTests",
        ["Compiler", "Decision", "Interpreter", "Report", "RouteLanguage", "RouteModel", "Routing"]
    ),
    suite("IdentityTests", ["Identity", "HTTP", "Bytes", "Routing", "Decision"]),
    suite("AdmissionTests", ["Admission"]),
    suite("AuditTests", ["Audit"]),
    suite("BudgetsTests", ["Budgets", "Routing", "Zones"]),
    suite("LimitsTests", ["Limits"]),
    suite("SharedPoolsTests", ["SharedPools", "Budgets", "Limits", "Routing", "Zones", "Loop", "TestKit"]),
    suite("CostsTests", ["Costs"]),
    suite("StoreTests", ["Store", "Budgets", "Costs", "CSQLite"]),
    suite("CacheTests", ["Cache", "JSON", "Bytes", "Routing"]),
    suite("MCPTests", ["MCP", "JSON"]),
    suite("ContentTests", ["Content", "Routing", "Bytes"]),
    suite("ShorteningTests", ["Shortening", "Conversation", "Translation", "Dialect", "JSON", "Routing"]),
    suite("ProvidersTests", ["Providers", "Dialect", "Conversation", "Routing", "Decision"]),
    suite("RouteLanguageTests", ["RouteLanguage", "RouteModel", "Report", "Providers", "Routing"]),
]

// MARK: Fuzzing: only when asked for, since it needs libFuzzer and the lld linker
let fuzz: [Target] =
    fuzzer.map { archive in
        [
            .target(name: "CFuzz", path: "Tests/Fuzz/CFuzz"),
            .executableTarget(
                name: "hoosh-fuzz",
                dependencies: ["CFuzz", "WireCases", "RouteClaims"],
                path: "Tests/Fuzz/hoosh-fuzz",
                swiftSettings: strict,
                linkerSettings: [.unsafeFlags(["-use-ld=lld", "-lstdc++", "-Xlinker", archive])]
            ),
        ]
    } ?? []

/// `SUITES=DecisionTests,LintTests swift test` builds these suites alone; without it, all.
///
/// With `FLOORS=Wire` or `FLOORS=Engines` nothing above that floor is built, which saves most of the time where nothing
/// above is asked about.
let wanted = Context.environment["SUITES"].map { $0.split(separator: ",").map(String.init) }
let codecs = native + ground + wire
let low: [Target]? =
    switch Context.environment["FLOORS"] {
    case "Wire": codecs
    case "Engines": codecs + engines
    default: nil
    }
// A suite that is asked for by its name may start programs.
let lowNames = low.map { Set($0.map(\.name) + ["WireCases", "CodecKit"] + (wanted == nil ? [] : ["TestKit"])) }
let chosen = tests.filter { target in
    if let lowNames, !target.dependencies.allSatisfy({ lowNames.contains($0.targetName) }) { return false }
    return !target.isTest || wanted?.contains(target.name) ?? true
}

extension Target.Dependency {
    /// The target it names; every dependency here is one of this package.
    var targetName: String {
        switch self {
        case .byNameItem(let name, _), .targetItem(let name, _), .productItem(let name, _, _, _): name
        @unknown default: ""
        }
    }
}

let package = Package(
    name: "hoosh-proxy",
    targets: (low ?? codecs + engines + path + routes + service + fuzz) + chosen,
    swiftLanguageModes: [.v6]
)
