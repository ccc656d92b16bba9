import Routing
import Bytes

/// Boxes laid flat for verification: numbers and ranges into shared pools.
struct BoxTables: Sendable {
    struct FlatBox: Sendable {
        var route: UInt32
        var apis: APISet
        var stream: StreamSet
        var models: FlatRange
        var paths: FlatRange
        var methods: FlatRange
        /// Range of `boxTests`.
        var tests: FlatRange
        /// The dimensions that this box tests at all.
        var tested: Dimensions
    }

    struct FlatRange: Sendable {
        var start: UInt32 = 0
        var count: UInt32 = 0
        var range: Range<Int> { Int(start)..<Int(start + count) }
        init() {}
        init(_ range: Range<Int>) {
            start = UInt32(range.lowerBound)
            count = UInt32(range.count)
        }
    }

    struct FlatTest: Sendable {
        /// Position in `headerNames`.
        var header: Int
        var matchers: FlatRange
        /// For `print()`.
        var text: String
    }

    struct FlatMatcher: Sendable {
        /// Position in `patterns`, or -1 for globs.
        var pattern: Int32
        var globs: FlatRange
    }

    private(set) var headerNames: [String] = []
    private(set) var boxes: [FlatBox] = []
    private(set) var tests: [FlatTest] = []
    private(set) var boxTests: [UInt32] = []
    private(set) var matchers: [FlatMatcher] = []
    private(set) var patterns: [HeaderPattern] = []
    private(set) var pool = GlobPool()

    init(_ boxes: [Box]) {
        var headerIndex: [String: Int] = [:]
        var testIndex: [[String]: Int] = [:]
        for box in boxes {
            var tested: Dimensions = []
            if box.apis != .all { tested.insert(.api) }
            if box.stream != .all { tested.insert(.stream) }
            if !box.models.isEmpty { tested.insert(.model) }
            if !box.paths.isEmpty { tested.insert(.path) }
            if !box.methods.isEmpty { tested.insert(.method) }
            if !box.headers.isEmpty { tested.insert(.headers) }
            let start = boxTests.count
            for test in box.headers {
                let identity = [test.name] + test.matchers.map(\.text)
                let number = testIndex[identity] ?? add(test, &headerIndex)
                testIndex[identity] = number
                boxTests.append(UInt32(number))
            }
            let flat = FlatBox(
                route: UInt32(box.route),
                apis: box.apis,
                stream: box.stream,
                models: add(box.models.first ?? []),
                paths: add(box.paths.first ?? []),
                methods: add(methods: box.methods.first ?? []),
                tests: FlatRange(start..<boxTests.count),
                tested: tested
            )
            self.boxes.append(flat)
        }
    }

    private mutating func add(_ globs: [Glob]) -> FlatRange {
        let start = pool.alternatives.count
        for glob in globs { _ = pool.append(glob) }
        return FlatRange(start..<pool.alternatives.count)
    }

    private mutating func add(methods: [String]) -> FlatRange {
        let start = pool.alternatives.count
        for method in methods { pool.append(method.utf8.map { .byte($0) }) }
        return FlatRange(start..<pool.alternatives.count)
    }

    private mutating func add(_ test: HeaderTest, _ headerIndex: inout [String: Int]) -> Int {
        let header = headerIndex[test.name] ?? headerNames.count
        if header == headerNames.count {
            headerNames.append(test.name)
            headerIndex[test.name] = header
        }
        let start = matchers.count
        for matcher in test.matchers {
            switch matcher {
            case .glob(let glob): matchers.append(FlatMatcher(pattern: -1, globs: FlatRange(pool.append(glob))))
            case .pattern(let pattern):
                matchers.append(FlatMatcher(pattern: Int32(patterns.count), globs: FlatRange()))
                patterns.append(pattern)
            }
        }
        let text = test.matchers.map(\.text).joined(separator: " | ")
        tests.append(FlatTest(header: header, matchers: FlatRange(start..<matchers.count), text: text))
        return tests.count - 1
    }

    /// True when what is open in a leaf's entry holds for the request.
    func verifies(
        _ entry: LeafEntry,
        _ facts: Facts,
        model: Span<UInt8>,
        head: Span<UInt8>,
        _ answers: inout TestAnswers
    ) -> Bool {
        let open = entry.open
        if open.isEmpty { return true }
        let box = Int(entry.box)
        if open.contains(.api), boxes[box].apis.rawValue & (1 << UInt16(facts.api.rawValue)) == 0 { return false }
        if open.contains(.stream), boxes[box].stream.rawValue & (facts.stream ? 2 : 1) == 0 { return false }
        // What a request lacks fits no pattern, not even `*`.
        if open.contains(.model), model.isEmpty || !pool.matches(boxes[box].models.range, model) { return false }
        if open.contains(.method), !fits(boxes[box].methods, facts.method, head) { return false }
        if open.contains(.path), !fits(boxes[box].paths, facts.path, head) { return false }
        if open.contains(.headers) {
            for index in boxes[box].tests.range {
                let test = boxTests[index]
                if test < 32, entry.settledTests & (1 << test) != 0 { continue }
                if !passes(test: Int(test), facts, head: head, &answers) { return false }
            }
        }
        return true
    }

    private func fits(_ globs: FlatRange, _ text: TextRange, _ head: Span<UInt8>) -> Bool {
        !text.isAbsent && pool.matches(globs.range, head.extracting(text.range))
    }

    /// True when the header of a test is there and fits one of its matchers.
    func passes(test: Int, _ facts: Facts, head: Span<UInt8>, _ answers: inout TestAnswers) -> Bool {
        let bit: UInt64 = test < 64 ? 1 << UInt64(test) : 0
        if answers.known & bit != 0 { return answers.truth & bit != 0 }
        let result = evaluate(test, facts, head)
        answers.known |= bit
        if result { answers.truth |= bit }
        return result
    }

    private func evaluate(_ test: Int, _ facts: Facts, _ head: Span<UInt8>) -> Bool {
        let header = tests[test].header
        guard header < facts.headers.count, !facts.headers[header].isAbsent else { return false }
        let value = head.extracting(facts.headers[header].range)
        for index in tests[test].matchers.range {
            let matcher = matchers[index]
            if matcher.pattern >= 0 {
                if patterns[Int(matcher.pattern)].matches(value) { return true }
            } else if pool.matches(matcher.globs.range, value) {
                return true
            }
        }
        return false
    }
}
