import Dialect
import Interpreter
import RouteModel
import Routing

extension API {
    /// The line of the server's table of endpoints.
    package var endpoint: EndpointName { EndpointName(rawValue: rawValue) ?? .other }
    /// Where clients usually ask for it.
    package var usualPath: String { endpoint.usualPath }
    /// How clients usually ask for it.
    package var usualMethod: String { endpoint.usualMethod }

    /// The endpoint of a path; nil when the server answers all that comes there itself.
    package init?(routed path: [UInt8]) {
        guard let name = RoutedRequests.endpoint(of: path.span) else { return nil }
        self.init(rawValue: name.rawValue)
    }
}

extension Request {
    /// True when a client can send it and the server asks the routes about it: its endpoint is that of its path, its
    /// method is taken there, and it names a model where one is needed.
    package var isPossible: Bool {
        guard API(routed: Array(path.utf8)) == api, RoutedRequests.passes(method: Array(method.utf8).span) else {
            return false
        }
        return RoutedRequests.passes(
            api.endpoint,
            isPost: method == "POST",
            hasModel: model.map { !$0.isEmpty } ?? false
        )
    }
}

/// Ways to ask for one endpoint: each of the paths with each of the methods comes to the routes.
struct Doorway {
    var api: API
    var paths: [[UInt8]]
    var methods: [[UInt8]]
    /// Without a model, the server refuses what comes this way.
    var needsModel: Bool

    static let post = Array("POST".utf8)

    /// Endpoints that take other methods than POST.
    static let apisOfOtherMethods = API.allCases.filter { !$0.endpoint.takesOnlyPost }
        .reduce(UInt16(0)) { $0 | 1 << UInt16($1.rawValue) }

    /// All ways that these paths and methods leave, the usual ones first.
    static func all(_ paths: [[UInt8]], _ methods: [[UInt8]]) -> [Doorway] {
        var byAPI = [[[UInt8]]](repeating: [], count: API.allCases.count)
        for path in paths { if let api = API(routed: path) { byAPI[Int(api.rawValue)].append(path) } }
        let posts = methods.filter { $0 == post }
        let others = methods.filter { $0 != post }
        return API.allCases.flatMap { api -> [Doorway] in
            let paths = byAPI[Int(api.rawValue)]
            let endpoint = api.endpoint
            let hasUsualPost = endpoint.usualMethod == "POST"
            var ways: [Doorway] = []
            if endpoint.needsModel {
                ways.append(Doorway(api: api, paths: paths, methods: posts, needsModel: true))
                if !endpoint.takesOnlyPost {
                    ways.append(Doorway(api: api, paths: paths, methods: others, needsModel: false))
                }
            } else {
                let free = endpoint.takesOnlyPost ? posts : hasUsualPost ? posts + others : others + posts
                ways.append(Doorway(api: api, paths: paths, methods: free, needsModel: false))
            }
            return ways.filter { !$0.paths.isEmpty && !$0.methods.isEmpty }
        }
    }

    /// Globs that tell endpoints and the server's own paths apart; `/v1/` is the way to all of them.
    static let atoms: [GlobAtom] = {
        var texts = RoutedRequests.unseenPaths + EndpointName.allCases.compactMap(\.path)
        texts += OwnPath.allCases.filter(\.isTree).map { "\($0.rawValue)/*" }
        texts += (EndpointName.allCases.filter(\.isTree).compactMap(\.path) + ["/v1"]).map { "\($0)/*" }
        return texts.flatMap { GlobPattern($0).alternatives.map { GlobAtom($0) } }
    }()
}
