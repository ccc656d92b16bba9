import Bytes
import Cache
import JSON
import Routing
import Testing

/// What makes two requests the same question, and what does not.
@Suite struct KeyTests {
    private func form(_ text: String, leavingOut: [String] = []) throws -> [UInt8] {
        var output: [UInt8] = []
        let bytes = Array(text.utf8)
        try CanonicalJSON.append(bytes.span, leavingOut: leavingOut.map { Array($0.utf8) }, to: &output)
        return output
    }

    private func key(_ question: CacheQuestion, _ body: String) throws -> CacheKey {
        let bytes = Array(body.utf8)
        return try question.key(body: bytes.span)
    }

    static func question() -> CacheQuestion {
        CacheQuestion(
            owner: .key("a"),
            route: Array("default".utf8),
            level: .public,
            tags: 0,
            method: Array("POST".utf8),
            path: Array("/v1/chat/completions".utf8),
            model: Array("m".utf8),
            streams: false
        )
    }

    // MARK: The canonical form

    @Test func `however a value is written its form is the same`() throws {
        var dice = Dice(7)
        for _ in 0..<3_000 {
            let value = Value.random(&dice)
            let (one, other) = (value.spelled(&dice), value.spelled(&dice))
            #expect(try form(one) == form(other), "\(one)\n\(other)")
        }
    }

    @Test func `values that differ have forms that differ`() throws {
        var dice = Dice(11)
        var known: [[UInt8]: Value] = [:]
        for _ in 0..<6_000 {
            let value = Value.random(&dice)
            let made = try form(value.spelled(&dice))
            if let earlier = known[made] { #expect(earlier == value) }
            known[made] = value
        }
        #expect(known.count > 1_000)
    }

    @Test(arguments: [
        ("1", "1.0"), ("0", "0.000"), ("0", "0e7"), ("100", "1e2"), ("0.7", "7E-1"), ("1.50", "1.5"),
        (#""a""#, #""\u0061""#), (#""\/""#, #""/""#), (#""\ud83d\ude42""#, #""🙂""#),
        (#"{"a":1,"b":2}"#, #"{ "b" : 2 , "a" : 1 }"#), (#"[ ]"#, "[]"), ("{ }", "{}"),
    ])
    func `these are the same`(one: String, other: String) throws { #expect(try form(one) == form(other)) }

    @Test(arguments: [
        ("0", "-0"), ("1", "\"1\""), ("0.1", "0.10000000000000001"), ("1", "10"), ("null", "\"null\""),
        ("9007199254740993", "9007199254740992"), ("1e999999999", "1e999999998"), ("1e9999999999", "1e9999999998"),
        (#""\ud800""#, #""\ud801""#), (#""\ud800""#, #""\ufffd""#), (#""a ""#, #""a""#), (#""A""#, #""a""#),
        ("[1,2]", "[2,1]"), ("[[1],2]", "[[1,2]]"), ("[]", "{}"), ("[null]", "[]"), (#"{"a":null}"#, "{}"),
        (#"{"a":1,"a":2}"#, #"{"a":2,"a":1}"#), (#"{"a":1,"a":1}"#, #"{"a":1}"#), (#"{"a":"b"}"#, #"{"b":"a"}"#),
        (#"["a","b"]"#, #"["ab"]"#), (#"["a,b"]"#, #"["a","b"]"#), (#"["\":1"]"#, #"["",1]"#),
    ])
    func `these are not the same`(one: String, other: String) throws { #expect(try form(one) != form(other)) }

    @Test func `members that a model sees in their order keep it`() throws {
        let one = #"{"tools":[{"function":{"name":"f","parameters":{"x":{"type":"string"},"y":{}}}}]}"#
        let other = #"{"tools":[{"function":{"parameters":{"x":{"type":"string"},"y":{}},"name":"f"}}]}"#
        let turned = #"{"tools":[{"function":{"name":"f","parameters":{"y":{},"x":{"type":"string"}}}}]}"#
        #expect(try form(one) == form(other))
        #expect(try form(one) != form(turned))
        #expect(try form(#"{"schema":{"a":1.0}}"#) != form(#"{"schema":{"a":1}}"#))
        #expect(try form(#"{"input":{"a":1,"b":2}}"#) != form(#"{"input":{"b":2,"a":1}}"#))
        #expect(try form(#"{"input":[{"a":1,"b":2}]}"#) == form(#"{"input":[{"b":2,"a":1}]}"#))
    }

    @Test func `members are left out at the top only`() throws {
        #expect(try form(#"{"a":1,"model":"x"}"#, leavingOut: ["model"]) == form(#"{"a":1}"#))
        #expect(try form(#"{"a":{"model":"x"}}"#, leavingOut: ["model"]) != form(#"{"a":{}}"#))
    }

    @Test(arguments: ["", "{", "[1,]", "{\"a\"}", "01", "\"\\x\"", "{} {}", "nul"])
    func `what is no JSON has no form`(text: String) { #expect(throws: JSONFault.self) { try form(text) } }

    @Test func `a text nested too deeply has no form`() throws {
        let deep = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
        #expect(throws: JSONFault.self) { try form(deep) }
    }

    // MARK: The key

    private static let body =
        #"{"model":"m","messages":[{"role":"user","content":"hi"}],"temperature":0.5,"max_tokens":10,"seed":1}"#

    @Test func `no two of all owners, routes, classes, tags, paths, models and forms share a key`() throws {
        var seen: [CacheKey: String] = [:]
        let owners: [CacheQuestion.Owner] = [.everybody, .key("a"), .key("b"), .tenant("a"), .tenant("b"), .key("")]
        for owner in owners {
            for level in Level.allCases {
                for tags in [0, 1, 1 << 63] as [UInt64] {
                    for (route, path, model) in [
                        ("r", "/p", "m"), ("rm", "/p", ""), ("r", "/pm", ""), ("", "r/p", "m"), ("r", "/p", "n"),
                        ("r", "/p?a=1", "m"),
                    ] {
                        for streams in [false, true] {
                            let question = CacheQuestion(
                                owner: owner,
                                route: Array(route.utf8),
                                level: level,
                                tags: tags,
                                method: Array("POST".utf8),
                                path: Array(path.utf8),
                                model: Array(model.utf8),
                                streams: streams
                            )
                            let name = "\(owner) \(level) \(tags) \(route) \(path) \(model) \(streams)"
                            let made = try key(question, Self.body)
                            #expect(seen.updateValue(name, forKey: made) == nil, "\(name)")
                        }
                    }
                }
            }
        }
        #expect(seen.count == owners.count * 4 * 3 * 6 * 2)
    }

    @Test(arguments: [
        #"{"messages":[{"role":"user","content":"hi"}],"temperature":0.6,"max_tokens":10,"seed":1}"#,
        #"{"messages":[{"role":"user","content":"hi"}],"temperature":0.5,"max_tokens":11,"seed":1}"#,
        #"{"messages":[{"role":"user","content":"hi"}],"temperature":0.5,"max_tokens":10,"seed":2}"#,
        #"{"messages":[{"role":"user","content":"hi"}],"temperature":0.5,"max_tokens":10}"#,
        #"{"messages":[{"role":"user","content":"hi "}],"temperature":0.5,"max_tokens":10,"seed":1}"#,
        #"{"messages":[{"role":"system","content":"hi"}],"temperature":0.5,"max_tokens":10,"seed":1}"#,
        #"{"messages":[{"role":"user","content":"hi"}],"temperature":0.5,"max_tokens":10,"seed":1,"tools":[]}"#,
    ])
    func `a parameter that differs makes another question`(other: String) throws {
        #expect(try key(Self.question(), Self.body) != key(Self.question(), other))
    }

    @Test func `the model and the wish for a stream count as they are meant, not as they are spelled`() throws {
        let plain = #"{"messages":[]}"#
        let same = [#"{"model":"alias","messages":[]}"#, #"{"stream":false,"messages":[]}"#]
        for body in same { #expect(try key(Self.question(), plain) == key(Self.question(), body)) }
        var streaming = Self.question()
        streaming.streams = true
        #expect(try key(Self.question(), plain) != key(streaming, plain))
    }

    @Test func `fields of the head count whatever their order`() throws {
        var one = Self.question()
        one.fields = [("anthropic-version", "1"), ("accept-encoding", "gzip")].map { (Array($0.utf8), Array($1.utf8)) }
        var other = one
        other.fields.reverse()
        #expect(try key(one, "{}") == key(other, "{}"))
        other.fields[0].value = Array("br".utf8)
        #expect(try key(one, "{}") != key(other, "{}"))
        other.fields.removeLast()
        #expect(try key(one, "{}") != key(other, "{}"))
    }

    @Test func `two fields of one name keep their order`() throws {
        var one = Self.question()
        one.fields = [("x-a", "1"), ("x-a", "2")].map { (Array($0.utf8), Array($1.utf8)) }
        var other = one
        other.fields.reverse()
        #expect(try key(one, "{}") != key(other, "{}"))
    }

    @Test func `answers are shared among those whom the scope names, and with nobody unknown`() {
        func owner(_ scope: CacheScope, _ key: String?, _ tenant: String?, _ isOn: Bool = true) -> CacheQuestion.Owner?
        {
            .of(scope: scope, key: key, tenant: tenant, isAuthenticating: isOn)
        }
        #expect(owner(.global, nil, nil) == .everybody)
        #expect(owner(.key, "k", "t") == .key("k"))
        #expect(owner(.tenant, "k", "t") == .tenant("t"))
        #expect(owner(.tenant, "k", nil) == .key("k"))
        #expect(owner(.key, nil, "t") == .tenant("t"))
        #expect(owner(.key, nil, nil) == nil)
        #expect(owner(.tenant, nil, nil) == nil)
        #expect(owner(.key, nil, nil, false) == .everybody)
        #expect(owner(.tenant, nil, nil, false) == .everybody)
        #expect(owner(.tenant, nil, "t", false) == .tenant("t"))
    }

    // MARK: Heads

    @Test(arguments: [
        ("User-Agent", false), ("authorization", false), ("X-Stainless-Retry-Count", false), ("traceparent", false),
        ("Idempotency-Key", false), ("anthropic-version", true), ("Anthropic-Beta", true), ("OpenAI-Project", true),
        ("x-anything", true), ("accep", true), ("acceptance", true), ("accept-encoding", false), ("cookie", false),
    ])
    func `a field counts unless it is known to say nothing`(name: String, counts: Bool) {
        let bytes = Array(name.utf8)
        #expect(CacheFields.counts(bytes.span) == counts)
    }

    private func wish(_ control: String?, _ own: String? = nil) -> CacheWish {
        var wish = CacheWish()
        if let bytes = control.map({ Array($0.utf8) }) { wish.take(cacheControl: bytes.span) }
        if let bytes = own.map({ Array($0.utf8) }) { wish.take(ownField: bytes.span) }
        return wish
    }

    @Test func `a client's wishes are understood`() {
        #expect(wish("no-cache") == wish(nil, "refresh"))
        #expect(!wish("No-Cache").mayRead && wish("no-cache").mayWrite)
        #expect(wish("foo, no-store").isBypass && wish(nil, " Bypass").isBypass)
        #expect(wish("only-if-cached, max-age=60").wantsOnlyKept)
        #expect(wish("max-age=60").maxAgeNanoseconds == 60_000_000_000)
        #expect(wish("max-age=60, max-age=5").maxAgeNanoseconds == 5_000_000_000)
        #expect(wish("max-age=\"7\"").maxAgeNanoseconds == 7_000_000_000)
        for word in ["soon", "", "+5", "-5", "+9999999999999", "-9999999999999", "١٢٣٤٥٦٧٨٩٠١", "1.5", "0x10"] {
            #expect(wish("max-age=\(word)").maxAgeNanoseconds == 0, "\(word)")
        }
        #expect(wish("max-age=9999999999").maxAgeNanoseconds == 999_999_999_000_000_000)
        #expect(wish("max-age=99999999999999999999").maxAgeNanoseconds == 999_999_999_000_000_000)
        #expect(wish("max-stale=4, no-transform", "whatever") == CacheWish())
    }
}
