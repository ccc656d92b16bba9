import Bytes
import Cache
import Testing

/// What proxies give to one another by way of a store: the same answer, or none.
@Suite struct StoredAnswerTests {
    private let name = String(repeating: "a", count: 64)

    private func random(_ dice: inout Dice, owner: CacheQuestion.Owner) -> CachedAnswer {
        let body = (0..<dice.roll(3_000)).map { _ in UInt8(dice.roll(256)) }
        var marks: [CachedAnswer.Mark] = []
        for _ in 0..<dice.roll(6) where !body.isEmpty {
            let (end, pause) = (marks.last?.end ?? 0, marks.last?.nanoseconds ?? 0)
            marks.append(
                .init(end: end + dice.roll(body.count - end + 1), nanoseconds: pause + Int64(dice.roll(1 << 30)))
            )
        }
        let fields = [
            "", "content-type: text/event-stream\r\n", "content-encoding: gzip\r\nx-hoosh-context: cut=3\r\n",
        ]
        return CachedAnswer(
            body: body,
            fields: Array(fields[dice.roll(3)].utf8),
            createdNanoseconds: 0,
            marks: marks,
            owner: owner,
            model: Array("m".utf8),
            provider: ["p", "openai", ""][dice.roll(3)],
            promptTokens: dice.roll(1 << 20),
            completionTokens: dice.roll(1 << 20)
        )
    }

    private func read(
        _ bytes: [UInt8],
        as name: String? = nil,
        left: Int64 = 60_000,
        _ stamps: [[UInt8]] = [],
        now: Int64 = 0
    ) -> StoredAnswer.Reading {
        StoredAnswer.decode(
            bytes,
            name: name ?? self.name,
            leftMilliseconds: left,
            stamps: stamps,
            now: now,
            owner: .key("k"),
            model: Array("m".utf8)
        )
    }

    private func isDamaged(_ reading: StoredAnswer.Reading) -> Bool {
        if case .damaged = reading { true } else { false }
    }

    @Test func `what is read is what was written, as old as it is`() throws {
        var dice = Dice(1)
        for _ in 0..<300 {
            let answer = random(&dice, owner: .key("k"))
            let stamps = (0..<dice.roll(4)).map { _ in (0..<dice.roll(20)).map { _ in UInt8(dice.roll(256)) } }
            let bytes = StoredAnswer.encode(answer, name: name, stamps: stamps, ttlMilliseconds: 60_000)
            let left = Int64(1 + dice.roll(60_000))
            guard case .answer(let found, let ttl) = read(bytes, left: left, stamps, now: 1 << 40) else {
                Issue.record("not read")
                continue
            }
            #expect(found.body == answer.body && found.fields == answer.fields && found.marks == answer.marks)
            #expect(found.provider == answer.provider && found.owner == .key("k") && found.model == answer.model)
            #expect(found.promptTokens == answer.promptTokens && found.completionTokens == answer.completionTokens)
            #expect(ttl == 60_000_000_000 && found.alike == nil)
            #expect(found.createdNanoseconds == 1 << 40 - (60_000 - left) * 1_000_000)
        }
    }

    @Test func `what was changed anywhere, cut or put elsewhere is none`() throws {
        var dice = Dice(2)
        for _ in 0..<60 {
            let answer = random(&dice, owner: .everybody)
            let bytes = StoredAnswer.encode(answer, name: name, stamps: [[1]], ttlMilliseconds: 60_000)
            for _ in 0..<40 {
                var other = bytes
                switch dice.roll(4) {
                case 0: other[dice.roll(other.count)] ^= UInt8(1 << dice.roll(8))
                case 1: other.removeLast(1 + dice.roll(other.count))
                case 2: other.append(UInt8(dice.roll(256)))
                default: other.insert(UInt8(dice.roll(256)), at: dice.roll(other.count))
                }
                #expect(isDamaged(read(other, [[1]])) || other == bytes)
            }
            #expect(isDamaged(read(bytes, as: String(repeating: "b", count: 64), [[1]])))
            // What no longer ends, or ends later than it may, was kept by somebody else.
            for left in [-1, 0, 60_001] { #expect(isDamaged(read(bytes, left: Int64(left), [[1]]))) }
        }
    }

    @Test func `no bytes of anybody's break the reader`() throws {
        var dice = Dice(3)
        let answer = random(&dice, owner: .everybody)
        let good = StoredAnswer.encode(answer, name: name, stamps: [], ttlMilliseconds: 60_000)
        for round in 0..<4_000 {
            var bytes: [UInt8] = round % 2 == 0 ? [0xff, 0x68, 0x63, 0x01] : Array(good.prefix(dice.roll(80)))
            bytes += (0..<dice.roll(120)).map { _ in [0, 1, 0xff, UInt8(dice.roll(256))][dice.roll(4)] }
            #expect(isDamaged(read(bytes)))
            // The same with a digest that is right, as somebody would make it who plants answers.
            if case .answer(let found, _) = read(StoredAnswer.sealed(bytes, name: name)) {
                #expect(found.marks.allSatisfy { $0.end <= found.body.count })
            }
        }
    }

    @Test func `a head that would say more than it may is none`() throws {
        func reading(_ fields: String, provider: String = "p") -> StoredAnswer.Reading {
            let answer = CachedAnswer(
                body: [1],
                fields: Array(fields.utf8),
                createdNanoseconds: 0,
                owner: .everybody,
                model: [],
                provider: provider
            )
            return read(StoredAnswer.encode(answer, name: name, stamps: [], ttlMilliseconds: 60_000))
        }
        #expect(!isDamaged(reading("content-type: text/plain\r\n")))
        for fields in [
            "set-cookie: a=b\r\n", "content-type: a", "content-type: a\n", "content-type: a\r\n\r\n", "\r\n",
            "content-type: a\r\nx-hoosh-provider: b\r\n", "content-type: a\nset-cookie: b\r\n", "content-length: 3\r\n",
        ] { #expect(isDamaged(reading(fields)), "\(fields)") }
        #expect(isDamaged(reading("", provider: "p\r\nset-cookie: a=b")))
    }

    @Test func `an answer of another generation is outdated`() throws {
        var dice = Dice(4)
        let answer = random(&dice, owner: .everybody)
        let bytes = StoredAnswer.encode(answer, name: name, stamps: [[], [7]], ttlMilliseconds: 60_000)
        for stamps in [[], [[]], [[7], []], [[], [8]], [[], [7], []]] as [[[UInt8]]] {
            guard case .outdated = read(bytes, stamps) else {
                Issue.record("\(stamps)")
                continue
            }
        }
    }

    @Test func `every choice has a generation of its own, and answers know theirs`() throws {
        let choices: [CacheBook.Choice] = [.all, .model("a"), .key("a"), .tenant("a"), .model(""), .model("ka")]
        #expect(Set(choices.map(\.generation)).count == choices.count)
        for choice in choices { #expect(CacheBook.Choice(told: choice.told) == choice) }
        #expect(CacheBook.Choice(told: "") == nil && CacheBook.Choice(told: "x") == nil)
        #expect(CacheBook.Choice(told: "ab") == nil)
        let model = Array("a".utf8)
        let generations = CacheBook.Choice.generations(model: model, owner: .tenant("t"))
        #expect(
            generations == [.all, .model("a"), .tenant("t")].map { (choice: CacheBook.Choice) in choice.generation }
        )
        #expect(CacheBook.Choice.generations(model: model, owner: .everybody).count == 2)
    }

    @Test func `whatever is told reaches who reads, at the latest as everything`() throws {
        var dice = Dice(5)
        for _ in 0..<200 {
            var list: [String] = []
            var readers = [StoreNews(), StoreNews(), StoreNews()]
            var missed = Array(repeating: [CacheBook.Choice](), count: 3)
            for index in readers.indices { #expect(readers[index].read(list) == .some([])) }
            for step in 0..<300 {
                let who = dice.roll(3)
                if dice.roll(3) > 0 {
                    let choice = CacheBook.Choice.model("m\(dice.roll(4))")
                    let entry = StoreNews.entry(choice, token: "\(step)")
                    list = Array(([entry] + list).prefix(StoreNews.length))
                    readers[who].tell(entry)
                    for other in 0..<3 where other != who { missed[other].append(choice) }
                } else if dice.roll(60) == 0 {
                    // With the list all that is kept there is gone as well.
                    list = []
                    missed = Array(repeating: [], count: 3)
                } else if dice.roll(20) == 0 {
                    switch readers[who].read(list) {
                    case .everything: break
                    case .some(let choices): #expect(choices.reversed() == missed[who])
                    }
                    missed[who] = []
                }
            }
        }
        var late = StoreNews()
        #expect(late.read([StoreNews.entry(.all, token: "x")]) == .everything)
        #expect(late.read(["garbage", StoreNews.entry(.all, token: "x")]) == .everything)
        #expect(late.read(["garbage", "x"]) == .some([]))
    }

    @Test func `a process takes no more of a store than of its own memory`() throws {
        let shelf = CacheShelf(CacheLimits(entries: 3, bytes: 100))
        #expect(shelf.mayLend(60, until: 10, now: 0) && !shelf.mayLend(50, until: 10, now: 0))
        #expect(shelf.mayLend(20, until: 20, now: 0) && shelf.mayLend(20, until: 30, now: 0))
        #expect(!shelf.mayLend(0, until: 30, now: 9))
        #expect(shelf.mayLend(50, until: 30, now: 10) && !shelf.mayLend(31, until: 40, now: 20))
    }

    @Test func `what came from a store is a hit, kept as long as it lasts there`() throws {
        let shelf = CacheShelf(CacheLimits(entries: 9, bytes: 1 << 20))
        let key = try ShelfTests.key(1)
        let answer = ShelfTests.answer(10, at: -40)
        func ask(_ now: Int64, compares: Bool = false) -> CacheShelf.Outcome {
            shelf.ask(key, CacheWish(), ttl: 100, now: now, compares: compares, teller: { _ in })
        }
        guard case .lead(let flight) = ask(0, compares: true) else {
            Issue.record("nobody leads")
            return
        }
        flight.finish(fromStore: answer, ttl: 100)
        shelf.foundInStore(answer, wasMiss: false)
        guard case .hit = ask(59) else {
            Issue.record("not kept")
            return
        }
        if case .hit = ask(60) { Issue.record("too old") }
        let counts = shelf.report(now: 60).counts
        #expect(counts.hits == 2 && counts.storeHits == 1 && counts.stores == 0 && counts.misses == 1)
    }
}
