import RouteModel
import Routing

/// Makes a failing pair of document and request as small as it gets while it still fails.
struct Shrinker {
    let fails: (RouteDocument, Request) -> Bool

    func shrunk(_ document: RouteDocument, _ request: Request) -> (RouteDocument, Request) {
        var document = document
        var request = request
        var isSmaller = true
        while isSmaller {
            isSmaller = false
            for candidate in smaller(document) where fails(candidate, request) {
                document = candidate
                isSmaller = true
                break
            }
            for candidate in smaller(request) where fails(document, candidate) {
                request = candidate
                isSmaller = true
                break
            }
        }
        return (document, request)
    }

    private func smaller(_ document: RouteDocument) -> [RouteDocument] {
        var all: [RouteDocument] = []
        func add(_ change: (inout RouteDocument) -> Void) {
            var copy = document
            change(&copy)
            all.append(copy)
        }
        for index in document.routes.indices { add { $0.routes.remove(at: index) } }
        for index in document.privacy.rules.indices { add { $0.privacy.rules.remove(at: index) } }
        if !document.aliases.isEmpty { add { $0.aliases = [] } }
        for index in document.routes.indices {
            guard let match = document.routes[index].match else { continue }
            add { $0.routes[index].match = nil }
            for smaller in smaller(match) { add { $0.routes[index].match = smaller } }
        }
        return all
    }

    private func smaller(_ match: Match) -> [Match] {
        var all: [Match] = []
        func add(_ change: (inout Match) -> Void) {
            var copy = match
            change(&copy)
            all.append(copy)
        }
        func texts(_ path: WritableKeyPath<Match, [Located<String>]?>) {
            guard let values = match[keyPath: path] else { return }
            add { $0[keyPath: path] = nil }
            if values.count > 1 { for index in values.indices { add { $0[keyPath: path]?.remove(at: index) } } }
        }
        for path in [\Match.models, \Match.paths, \Match.methods, \Match.tenants, \Match.keys] { texts(path) }
        if match.apis != nil { add { $0.apis = nil } }
        if match.tags != nil { add { $0.tags = nil } }
        if match.levels != nil { add { $0.levels = nil } }
        if match.stream != nil { add { $0.stream = nil } }
        if match.tokens != nil { add { $0.tokens = nil } }
        if match.features != nil { add { $0.features = nil } }
        if match.times != nil { add { $0.times = nil } }
        if match.sample != nil { add { $0.sample = nil } }
        for index in match.headers.indices { add { $0.headers.remove(at: index) } }
        if let any = match.any {
            add { $0.any = nil }
            for index in any.indices {
                if any.count > 1 { add { $0.any?.remove(at: index) } }
                for smaller in smaller(any[index]) { add { $0.any?[index] = smaller } }
            }
        }
        if let not = match.not.first {
            add { $0.not = [] }
            for smaller in smaller(not) { add { $0.not = [smaller] } }
        }
        return all
    }

    private func smaller(_ request: Request) -> [Request] {
        var all: [Request] = []
        func add(_ change: (inout Request) -> Void) {
            var copy = request
            change(&copy)
            if copy != request { all.append(copy) }
        }
        add { $0.model = nil }
        add { $0.key = nil }
        add { $0.tenant = nil }
        add { $0.stream = false }
        add { $0.tokens = 0 }
        add { $0.features = [] }
        add { $0.contentLevel = .public }
        add { $0.contentTags = [] }
        add { $0.openWindows = [] }
        add { $0.buckets = [:] }
        add { $0.method = "GET" }
        add { $0.path = "/a" }
        add { $0.api = .chat }
        for index in request.headers.indices { add { $0.headers.remove(at: index) } }
        return all
    }
}
