import Bytes
import Decision
import Routing
import Testing

/// Random files and requests over tiny alphabets, where overlaps are the rule.
struct World {
    static let apis: [API] = [.chat, .embeddings, .other]
    static let patterns = [
        "a", "b", "ab", "ba", "abb", "aab", "*", "a*", "b*", "ab*", "aa*", "abb*", "*a", "*b", "*ab", "*a*", "a*b",
        "a?", "?b",
        "[ab]", "[!a]*", "{a,b}", "{a,ab}*", "a{b,}", "a*b*a", "?", "é*", "?é", "[é-ü]a", "\\*", "a[b]*", "b{a,b*}",
    ]
    static let matchers = ["a", "a*", "*b", "?", "{a,b}", "*", "re:a+", "re:[ab]b", "re:(?:ab)*"]
    static let paths = ["/v1/a", "/v1/*", "/v1/{a,b}", "*", "/v1/files/*"]
    static let methods = ["GET", "POST", "DELETE"]
    static let headers = ["x-a", "x-b", "x-c"]

    let reference: [ReferenceRoute]
    let program: Program

    init(routes: Int, _ random: inout SeededGenerator) throws {
        reference = (0..<routes).map { _ in Self.route(&random) }
        program = try Self.program(reference)
    }

    static func program(_ reference: [ReferenceRoute]) throws -> Program {
        var routes: [Route] = []
        var boxes: [Box] = []
        for (number, route) in reference.enumerated() {
            routes.append(Route(name: "r\(number)", position: "x:\(number):1", action: .deny(status: 403, message: "")))
            var box = Box(route: number)
            if let apis = route.apis { box.apis = APISet(apis.map { APISet($0) }) }
            if let stream = route.stream { box.stream = stream ? .on : .off }
            box.models = try route.models.map { [try $0.map { try Glob(parsing: $0) }] } ?? []
            box.paths = try route.paths.map { [try $0.map { try Glob(parsing: $0) }] } ?? []
            box.methods = route.methods.map { [$0] } ?? []
            box.headers = try route.headers.map { name, matchers in
                let tests: [HeaderMatcher] = try matchers.map { text in
                    text.hasPrefix("re:")
                        ? .pattern(try HeaderPattern(parsing: String(text.dropFirst(3))))
                        : .glob(try Glob(parsing: text))
                }
                return HeaderTest(name: name, matchers: tests)
            }
            boxes.append(box)
        }
        return Program(routes: routes, boxes: boxes)
    }

    private static func some(_ words: [String], _ random: inout SeededGenerator) -> [String] {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in words.randomElement(using: &random) ?? "*" }
    }

    private static func route(_ random: inout SeededGenerator) -> ReferenceRoute {
        var route = ReferenceRoute()
        func sometimes(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }
        if sometimes(0.4) {
            route.apis = (0..<Int.random(in: 1...2, using: &random)).compactMap { _ in
                apis.randomElement(using: &random)
            }
        }
        if sometimes(0.3) { route.stream = Bool.random(using: &random) }
        if sometimes(0.8) { route.models = some(patterns, &random) }
        if sometimes(0.15) { route.paths = some(paths, &random) }
        if sometimes(0.15) { route.methods = some(methods, &random) }
        if sometimes(0.3) {
            for name in headers.shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random)) {
                route.headers.append((name, some(matchers, &random)))
            }
        }
        return route
    }

    static func request(_ random: inout SeededGenerator) -> ReferenceRequest {
        var request = ReferenceRequest()
        request.api = apis.randomElement(using: &random) ?? .chat
        request.stream = Bool.random(using: &random)
        request.model = word(&random, longest: 5)
        request.path = ["/v1/a", "/v1/b", "/v1/files/x", "/", "/v1/"].randomElement(using: &random) ?? "/"
        request.method = methods.randomElement(using: &random) ?? "GET"
        for name in headers where Bool.random(using: &random) { request.headers[name] = word(&random, longest: 4) }
        return request
    }

    private static func word(_ random: inout SeededGenerator, longest: Int) -> String {
        let letters = ["a", "a", "b", "b", "é", "*"]
        return (0..<Int.random(in: 0...longest, using: &random)).compactMap { _ in letters.randomElement(using: &random)
        }
        .joined()
    }

    /// Models at the edges of every pattern: itself without wildcards, one letter more, one less.
    func boundaryModels() -> Set<String> {
        var models: Set<String> = [""]
        for pattern in reference.flatMap({ $0.models ?? [] }) {
            let bare = pattern.filter { !"*?[]{}!,\\".contains($0) }
            models.formUnion([bare, String(bare.dropLast()), String(bare.dropFirst())])
            models.formUnion(["a", "b", "é"].flatMap { [bare + $0, $0 + bare] })
        }
        return models
    }

    func decide(_ request: ReferenceRequest) -> Int { Asked(request, program).decide(program) }

    func expected(_ request: ReferenceRequest) -> Int { reference.firstIndex { $0.takes(request) } ?? -1 }
}

/// A request as the proxy would hold it: bytes and ranges.
struct Asked {
    let head: [UInt8]
    let model: [UInt8]
    let facts: Facts

    init(_ request: ReferenceRequest, _ program: Program) {
        var bytes = Array("noise ".utf8)
        func append(_ text: String) -> TextRange {
            let range = TextRange(start: Int32(bytes.count), count: Int32(text.utf8.count))
            bytes += Array(text.utf8) + [0x20]
            return range
        }
        facts = Facts(
            api: request.api,
            method: append(request.method),
            stream: request.stream,
            path: append(request.path),
            headers: program.headerNames.map { name in request.headers[name].map { append($0) } ?? .absent }
        )
        head = bytes
        model = Array(request.model.utf8)
    }

    func decide(_ program: Program) -> Int {
        let nobody: [UInt8] = []
        if case .route(let route) = program.decide(facts, model: model.span, head: head.span, identity: nobody.span) {
            return route
        }
        return -1
    }
}
