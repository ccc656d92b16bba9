import Bytes
import Cache
import JSON
import Routing
import Testing

/// Which questions may have the same answer, and how the nearest is found.
@Suite struct AlikeTests {
    private func alike(_ body: String, _ shape: AlikeQuestion.Shape = .messages) -> AlikeQuestion? {
        AlikeQuestion(Array(body.utf8), shape, limitBytes: 100)
    }

    private func chat(_ text: String, _ more: String = "") -> String {
        #"{"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"\#(text)"}]\#(more)}"#
    }

    private func partition(_ question: CacheQuestion, _ body: String, _ embedder: String = "e/m") throws -> CacheKey {
        try question.partition(of: try #require(alike(body)), embedder: Array(embedder.utf8))
    }

    // MARK: What is compared

    @Test func `the last text of the user is compared, in every dialect`() throws {
        let asked: [(String, AlikeQuestion.Shape)] = [
            (#"{"messages":[{"role":"user","content":"wh\u0079 so"}]}"#, .messages),
            (#"{"messages":[{"role":"user","content":[{"type":"text","text":"why so"}]}],"system":"x"}"#, .messages),
            (#"{"input":"why so","instructions":"x"}"#, .input),
            (#"{"input":[{"role":"user","content":[{"type":"input_text","text":"why so"}]}]}"#, .input),
            (#"{"contents":[{"parts":[{"text":"why so"}]}]}"#, .contents),
            (#"{"contents":[{"role":"user","parts":[{"text":"why so"}]}],"generationConfig":{"topK":3}}"#, .contents),
        ]
        for (body, shape) in asked {
            let question = try #require(alike(body, shape), "\(body)")
            #expect(question.text == Array("why so".utf8))
            #expect(try JSONNode.parse(question.rest).isObject)
            #expect(Scan.find("why so", in: question.rest.span) == nil)
        }
    }

    @Test(arguments: [
        ("water at -5 degrees", "water at 5 degrees"), ("x = -1", "x = 1"), ("x = \u{2212}1", "x = 1"),
        ("pay 1,500 now", "pay 1.500 now"), ("cost 1.5", "cost 1,5"), ("give 3/4", "give 3 4"), ("give .5", "give 5"),
        ("1e5 units", "1 e5 units"), ("what is 5+3", "what is 5-3"), ("what is 5 - 3", "what is 5 + 3"),
        ("is 3 < 4", "is 3 > 4"), ("is a < b", "is a > b"), ("pay 5 \u{20ac}", "pay 5 $"), ("at 12:30", "at 12.30"),
        ("5 % of it", "5 of it"), ("2 * 3", "2 / 3"),
    ])
    func `numbers that are reckoned otherwise are other numbers`(one: String, other: String) throws {
        let (first, second) = (try #require(alike(chat(one))), try #require(alike(chat(other))))
        #expect(first.numbers != second.numbers)
    }

    @Test(arguments: [
        ("the well-known 17 rooms.", "17 rooms, which are well known"), ("chapter 3: why?", "why chapter 3, please"),
        ("it costs 5.", "so it costs 5"), ("no number", "none, at all!"),
    ])
    func `words and the signs of sentences are none of them`(one: String, other: String) throws {
        let (first, second) = (try #require(alike(chat(one))), try #require(alike(chat(other))))
        #expect(first.numbers == second.numbers)
    }

    @Test(arguments: [
        #","tools":[{"type":"function","function":{"name":"f"}}]"#, #","functions":[{"name":"f"}]"#, #","n":2"#,
        #","seed":1"#, #","temperature":1.2"#, #","response_format":{"type":"json_object"}"#, #","logprobs":true"#,
        #","modalities":["text","audio"]"#, #","web_search_options":{}"#, #","unheard_of":1"#, #","model":"m""#,
        #","options":{"seed":3}"#, #","tool_choice":"auto","audio":{}"#,
    ])
    func `what asks for more than one text is not compared`(more: String) {
        #expect(alike(chat("why so", more)) == nil)
    }

    @Test(arguments: [
        "", #","tools":[],"tool_choice":"none","n":1,"temperature":1,"response_format":{"type":"text"}"#,
        #","top_p":0.5,"seed":null,"logprobs":false,"max_tokens":5,"user":"u","stream":true"#,
    ])
    func `what asks for one text is compared`(more: String) {
        #expect(alike(chat("why so", more)) != nil)
    }

    @Test(arguments: [
        #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"#,
        #"{"messages":[{"role":"tool","content":"a"}]}"#, #"{"messages":[]}"#, #"{"messages":"why"}"#, "[]", "{", "",
        #"{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}"#,
        #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]},{"role":"user","content":"a"}]}"#,
        #"{"messages":[{"role":"assistant","content":"a","tool_calls":[]},{"role":"user","content":"a"}]}"#,
        #"{"messages":[{"role":"user","content":"a","content":"b"}]}"#,
        #"{"messages":[{"role":"user","content":" \n"}]}"#, #"{"messages":[{"role":"user","content":"see `x`"}]}"#,
        #"{"messages":[{"role":"user","content":"read https://a.test/x"}]}"#,
        #"{"messages":[{"role":"user","content":"write to a@b.test"}]}"#,
        #"{"messages":[{"role":"user","content":"a","images":["x"]}]}"#,
    ])
    func `what is no text of the user's at the end is not compared`(body: String) { #expect(alike(body) == nil) }

    @Test func `a long text is not compared`() {
        #expect(alike(chat(String(repeating: "a", count: 100))) != nil)
        #expect(alike(chat(String(repeating: "a", count: 101))) == nil)
    }

    // MARK: Partitions

    @Test func `only the words of the last text may differ`() throws {
        let question = KeyTests.question()
        let same = try partition(question, chat("why is it so"))
        #expect(try partition(question, chat("tell me why")) == same)
        #expect(try partition(question, chat("what now").replacing("{\"model\"", with: "{ \"model\" ")) == same)
        #expect(same != (try question.key(body: Array(chat("").utf8).span)))
        for more in [#","temperature":0"#, #","max_tokens":1"#, #","user":"u""#, #","top_p":0.5"#, #","stop":"x""#] {
            #expect(try partition(question, chat("tell me why", more)) != same, "\(more)")
        }
        #expect(try partition(question, chat("tell me why").replacing("brief", with: "long")) != same)
        #expect(try partition(question, chat("tell me why"), "e/other") != same)
    }

    @Test(arguments: [
        ("17 times 3", "17 times 4"), ("1 2", "12"), ("in 2024", "in 2025"), ("at 10", "ten"), ("½ of it", "⅓ of it"),
        ("٣ of it", "٤ of it"),
    ])
    func `other numbers are another question`(one: String, other: String) throws {
        let question = KeyTests.question()
        #expect(try partition(question, chat(one)) != partition(question, chat(other)))
        #expect(try partition(question, chat(one)) == partition(question, chat("say, \(one)?")))
    }

    /// Whatever differs besides the words, the partition does.
    @Test func `no two scopes, models, classes or parameters share a partition`() throws {
        var dice = Dice(23)
        var known: [CacheKey: String] = [:]
        let words = ["why", "so", "tell", "me", "what", "is", "it"]
        for _ in 0..<4_000 {
            let owners: [CacheQuestion.Owner] = [.everybody, .key("a"), .key("b"), .tenant("a"), .tenant("b")]
            let owner = owners[dice.roll(owners.count)]
            let (route, model, path) = (
                ["r", "s"][dice.roll(2)], ["m", "n"][dice.roll(2)], ["/a", "/b"][dice.roll(2)]
            )
            let level = Level.allCases[dice.roll(4)]
            let (tags, streams, embedder) = (UInt64(dice.roll(3)), dice.roll(2) == 0, ["e", "f"][dice.roll(2)])
            var question = CacheQuestion(
                owner: owner,
                route: Array(route.utf8),
                level: level,
                tags: tags,
                method: Array("POST".utf8),
                path: Array(path.utf8),
                model: Array(model.utf8),
                streams: streams
            )
            let field = dice.roll(3)
            if field > 0 { question.fields = [(Array("x-a".utf8), [UInt8(field)])] }
            let temperature = dice.roll(3)
            let system = ["short", "long"][dice.roll(2)]
            let number = dice.roll(3)
            let text = (0..<4).map { _ in words[dice.roll(words.count)] }.joined(separator: " ")
            let body = chat("\(text) \(number)", ",\"temperature\":0.\(temperature)").replacing("brief", with: system)
            let all = "\(owner) \(route) \(model) \(path) \(level) \(tags) \(streams) \(embedder) \(field)"
            let said = "\(all) \(temperature) \(system) \(number)"
            let made = try partition(question, body, embedder)
            if let earlier = known[made] { #expect(earlier == said) }
            known[made] = said
        }
        #expect(known.count > 1_000)
    }

    // MARK: The nearest

    private func vector(_ dice: inout Dice, _ count: Int = 16) throws -> AlikeVector {
        try #require(AlikeVector((0..<count).map { _ in Float(dice.roll(2_001) - 1_000) }))
    }

    private func shelf(_ entries: Int = 10_000, bytes: Int = 64 << 20) -> CacheShelf {
        CacheShelf(CacheLimits(entries: entries, bytes: bytes))
    }

    private func keep(
        _ shelf: CacheShelf,
        _ number: Int,
        _ mark: AlikeMark?,
        now: Int64 = 0,
        ttl: Int64 = 1_000,
        wish: CacheWish = CacheWish()
    ) throws {
        let key = try self.key(number)
        guard case .lead(let flight) = shelf.ask(key, wish, ttl: ttl, now: now, teller: { _ in }) else {
            throw Fault()
        }
        let answer = CachedAnswer(
            body: Array("answer \(number)".utf8),
            fields: [],
            createdNanoseconds: now,
            owner: .everybody,
            model: [],
            provider: "p",
            alike: mark
        )
        flight.finish(answer, ttl: ttl)
    }

    private struct Fault: Error {}

    private func key(_ number: Int) throws -> CacheKey {
        try KeyTests.question().key(body: Array("{\"number\":\(number)}".utf8).span)
    }

    @Test func `a vector without a direction is none`() {
        #expect(AlikeVector([]) == nil && AlikeVector([0, 0]) == nil && AlikeVector([.nan, 1]) == nil)
        #expect(AlikeVector([.infinity, 1]) == nil)
        #expect(AlikeVector([Float](repeating: 1, count: AlikeVector.mostNumbers + 1)) == nil)
    }

    @Test func `similarity is the cosine`() throws {
        var dice = Dice(5)
        for count in [1, 7, 8, 9, 64, 1_536] {
            let one = (0..<count).map { _ in Float(dice.roll(2_001) - 1_000) + 0.5 }
            let other = (0..<count).map { _ in Float(dice.roll(2_001) - 1_000) + 0.5 }
            let dot = zip(one, other).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            let squares = [one, other].map { $0.reduce(0.0) { $0 + Double($1) * Double($1) } }
            let cosine = dot / (squares[0] * squares[1]).squareRoot()
            let (left, right) = (try #require(AlikeVector(one)), try #require(AlikeVector(other)))
            #expect(abs(Double(try #require(left.similarity(to: right))) - cosine) < 1e-5)
            #expect(abs(try #require(left.similarity(to: left)) - 1) < 1e-5)
            let longer = try #require(AlikeVector(one + [1]))
            #expect(left.similarity(to: longer) == nil)
        }
    }

    @Test func `the nearest of the partition is found and no other`() throws {
        var dice = Dice(31)
        let shelf = shelf()
        let partitions = try (0..<3).map { try partition(KeyTests.question(), chat("why"), "e\($0)") }
        var kept: [(number: Int, partition: CacheKey, vector: AlikeVector)] = []
        for number in 0..<300 {
            let mark = AlikeMark(partition: partitions[dice.roll(3)], vector: try vector(&dice))
            try keep(shelf, number, mark)
            kept.append((number, mark.partition, mark.vector))
        }
        var found = 0
        for _ in 0..<300 {
            let mark = AlikeMark(partition: partitions[dice.roll(3)], vector: try vector(&dice))
            let best = kept.filter { $0.partition == mark.partition }
                .map { ($0.number, $0.vector.similarity(to: mark.vector) ?? -1) }
                .max { $0.1 < $1.1 }
            let expected = try #require(best)
            let answer = shelf.alike(mark, threshold: 0.6, CacheWish(), ttl: 1_000, now: 1)
            if expected.1 >= 0.6 {
                found += 1
                let (answer, similarity) = try #require(answer)
                #expect(similarity == expected.1 && answer.body == Array("answer \(expected.0)".utf8))
            } else {
                #expect(answer == nil)
            }
        }
        #expect(found > 20 && found < 300)
        let counts = shelf.report(now: 1).counts
        #expect(counts.alike == found && counts.misses == 300 + 300 - found)
    }

    @Test func `what is gone, too old or replaced is not found`() throws {
        var dice = Dice(3)
        let shelf = shelf(2)
        let place = try partition(KeyTests.question(), chat("why"))
        let marks = try (0..<3).map { _ in AlikeMark(partition: place, vector: try vector(&dice)) }
        func find(_ number: Int, now: Int64 = 1, ttl: Int64 = 1_000, _ wish: CacheWish = CacheWish()) -> String? {
            shelf.alike(marks[number], threshold: 0.99, wish, ttl: ttl, now: now).map {
                String(decoding: $0.answer.body, as: UTF8.self)
            }
        }
        try keep(shelf, 0, marks[0])
        try keep(shelf, 1, marks[1])
        #expect(find(0) == "answer 0" && find(1) == "answer 1")
        #expect(find(0, now: 500, ttl: 100) == nil)
        var wish = CacheWish()
        wish.maxAgeNanoseconds = 10
        #expect(find(0, now: 500, wish) == nil && find(0, now: 5, wish) == "answer 0")
        try keep(shelf, 2, marks[2])
        #expect(find(1) == nil, "the one longest unused went")
        #expect(find(0) == "answer 0" && find(2) == "answer 2")
        // Asked anew on purpose, the question still means what it meant.
        var refresh = CacheWish()
        refresh.mayRead = false
        try keep(shelf, 0, nil, now: 600, wish: refresh)
        #expect(find(0, now: 601) == "answer 0")
        #expect(find(2, now: 1_001) == nil && find(0, now: 1_001) == "answer 0")
        #expect(shelf.invalidate { _ in true } == 1)
        #expect(find(0, now: 1_001) == nil)
        #expect(shelf.report(now: 1_001).bytes == 0)
    }

    @Test func `vectors count as bytes`() throws {
        var dice = Dice(4)
        let place = try partition(KeyTests.question(), chat("why"))
        let shelf = shelf(bytes: 100_000)
        for number in 0..<100 {
            try keep(shelf, number, AlikeMark(partition: place, vector: try vector(&dice, 1_000)))
        }
        let report = shelf.report(now: 1)
        #expect(report.bytes <= 100_000 && report.entries < 25 && report.counts.evictions > 70)
    }

    @Test func `those who wait get the answer that is alike`() throws {
        let shelf = shelf()
        let told = Told()
        let key = try key(1)
        guard
            case .lead(let flight) = shelf.ask(
                key,
                CacheWish(),
                ttl: 10,
                now: 0,
                compares: true,
                teller: { _ in }
            ),
            case .wait = shelf.ask(key, CacheWish(), ttl: 10, now: 0, compares: true, teller: { told.hear($0) })
        else { throw Fault() }
        #expect(shelf.report(now: 0).counts.misses == 0)
        let answer = CachedAnswer(
            body: [1],
            fields: [],
            createdNanoseconds: 0,
            owner: .everybody,
            model: [],
            provider: "p"
        )
        flight.share(answer, similarity: 0.97)
        #expect(told.similarity == 0.97)
        let report = shelf.report(now: 0)
        #expect(report.counts.shared == 1 && report.inFlight == 0 && report.entries == 0)
        shelf.foundNoneAlike(isFailure: true)
        let counts = shelf.report(now: 0).counts
        #expect(counts.misses == 1 && counts.embedderFailures == 1)
    }
}

/// What one who waited was told.
private final class Told: @unchecked Sendable {
    // One thread only.
    private(set) var similarity: Float?
    func hear(_ news: CacheShelf.News) {
        if case .alike(_, let similarity) = news { self.similarity = similarity }
    }
}
