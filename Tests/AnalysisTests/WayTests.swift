import Analysis
import Interpreter
import RouteModel
import Routing
import Testing

/// Endpoint, path and method of a request go together: the server reads the one from the other two.
@Suite struct WayTests {
    private func analysis(_ matches: Match?...) -> Analysis {
        let routes = matches.enumerated().map { route("r\($0)", $1) }
        return Analysis(document(routes), patterns: { $0 == $1 })
    }

    private func isEmpty(_ reach: Reach) -> Bool {
        if case .empty = reach { true } else { false }
    }

    private func blockers(_ reach: Reach) -> [Int] {
        if case .dead(let blockers, _) = reach { blockers } else { [] }
    }

    @Test func `a route for the path of another endpoint is found to take nothing`() {
        let both = match {
            $0.apis = all([.chat])
            $0.paths = all(["/v1/embeddings"])
        }
        let got = match {
            $0.apis = all([.chat])
            $0.methods = all(["GET"])
        }
        for empty in [
            both, got, match { $0.paths = all(["/other"]) }, match { $0.paths = all(["/v1/models", "/v1/health"]) },
            match { $0.methods = all(["TRACE"]) }, match { $0.paths = all(["/v1/*/"]) },
            match {
                $0.apis = all([.chat])
                $0.not = [match { $0.models = all(["*"]) }]
            },
        ] {
            #expect(isEmpty(analysis(empty).reaches[0]), "\(empty)")
        }
        let fetched = match {
            $0.apis = all([.responses])
            $0.methods = all(["GET"])
        }
        #expect(!isEmpty(analysis(fetched).reaches[0]))
    }

    @Test func `a path covers its endpoint, and an endpoint its path`() {
        let api = match { $0.apis = all([.chat]) }
        let path = match { $0.paths = all(["/v1/chat/completions"]) }
        #expect(blockers(analysis(api, path).reaches[1]) == [0])
        #expect(blockers(analysis(path, api).reaches[1]) == [0])
        // Below these paths there is more.
        let images = match { $0.apis = all([.images]) }
        #expect(blockers(analysis(match { $0.paths = all(["/v1/images"]) }, images).reaches[1]) == [])
        #expect(blockers(analysis(match { $0.paths = all(["/v1/images", "/v1/images/*"]) }, images).reaches[1]) == [0])
        // POST alone comes to chat.
        let posts = match { $0.methods = all(["POST"]) }
        #expect(blockers(analysis(posts, api).reaches[1]) == [0])
        #expect(blockers(analysis(posts, images).reaches[1]) == [])
    }

    @Test func `a last route for everything below the API leaves nothing open`() {
        #expect(analysis(match { $0.paths = all(["/v1/*"]) }).uncovered == nil)
        #expect(analysis(match { $0.paths = all(["/v1/chat/*"]) }).uncovered?.isPossible == true)
        #expect(analysis(match { $0.methods = all(["POST", "GET"]) }).uncovered?.isPossible == true)
        // The server refuses a chat without a model, but there are endpoints that need none.
        let models = analysis(match { $0.models = all(["*"]) }).uncovered
        #expect(models?.model == nil && models?.isPossible == true)
        let every = analysis(
            match { $0.models = all(["*"]) },
            match { $0.apis = all(API.allCases.filter { ![.chat, .embeddings].contains($0) }) }
        )
        #expect(every.uncovered == nil)
    }

    @Test func `values of a list that go with none of the others are dead`() {
        let dead = analysis(
            match {
                $0.apis = all([.chat, .embeddings])
                $0.paths = all(["/v1/chat/*", "/v1/images", "/v1/[e]*"])
                $0.methods = all(["POST", "GET"])
            }
        ).deadValues
        #expect(dead.map { "\($0.key) \($0.index) \($0.cause)" } == ["path 1 nobody", "method 1 nobody"])
    }

    @Test func `proofs know which requests there are`() {
        var never = Claim.Condition()
        never.routes = ["r0"]
        let chat = match { $0.apis = all([.chat]) }
        let own = analysis(match { $0.methods = all(["GET"]) }, nil)
        guard case .proved = own.prove(Claim(forAll: chat, isAlways: false, condition: never)) else {
            Issue.record("GET on chat is answered by the server")
            return
        }
        guard
            case .refuted(let witness) = own.prove(
                Claim(forAll: match { $0.paths = all(["/v1/responses/*"]) }, isAlways: false, condition: never)
            )
        else {
            Issue.record("a response can be fetched")
            return
        }
        #expect(witness.isPossible && witness.api == .responses && witness.method == "GET")
    }

    @Test func `hundreds of paths are still told apart`() {
        let paths = (0..<300).map { "/v1/own/p\($0)/*" }
        let routes = paths.map { path in match { $0.paths = all([path]) } } + [match { $0.apis = all([.other]) }]
        let analysis = Analysis(document(routes.map { route("r", $0) }), patterns: { $0 == $1 })
        #expect(!analysis.isIncomplete)
        for reach in analysis.reaches {
            guard case .alive(let witness?) = reach else {
                Issue.record("\(reach)")
                continue
            }
            #expect(witness.isPossible)
        }
    }
}
