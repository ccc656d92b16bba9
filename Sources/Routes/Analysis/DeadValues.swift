import RouteModel
import Routing

/// Values of lists that no request needs (HP403, HP907).
struct DeadValues {
    /// Lists longer than this are compared by text alone.
    private static let listLimit = 128

    let scene: Scene
    var search: Search
    var builder: BoxBuilder

    init(_ scene: Scene, _ search: Search) {
        self.scene = scene
        self.search = search
        builder = BoxBuilder(search.world.universe)
    }

    private struct List {
        var key: String
        var values: [String]
        var kind: Kind
        /// The match with one value of the list alone.
        var only: (Int) -> Match
        /// Endpoint, path and method: not every one of them goes with every other.
        var isWay: Bool { key == "api" || key == "path" || key == "method" }
    }
    private enum Kind { case globs, words }

    /// The dead values of one route; `known` is a request that comes to it, if there is one.
    mutating func values(_ route: Int, _ known: Request?) -> [DeadValue] {
        guard let match = scene.document.routes[route].match else { return [] }
        return lists(match).filter { $0.values.count > 1 }.flatMap { values(route, $0, known) }
    }

    private mutating func values(_ route: Int, _ list: List, _ known: Request?) -> [DeadValue] {
        var dead: [DeadValue] = []
        var gone: Set<Int> = []
        for index in list.values.indices {
            if !search.effort.spend(100 + 10 * list.values.count) { break }
            let sibling = list.values.indices.first { other in
                other != index && !gone.contains(other) && isInside(list, index, other)
                    && !(other > index && isInside(list, other, index))
            }
            if sibling == nil, isNeeded(route, list, index, known) { continue }
            // Only one of the two may hold the tables while they grow, or each value would copy them all.
            search.world.universe = Universe.none
            let boxes = builder.boxes(list.only(index), route: route) ?? []
            search.world.universe = builder.universe
            if let sibling {
                gone.insert(index)
                let example = boxes.first.flatMap { search.point(in: $0, fixed: [:], variety: 0) }
                dead.append(
                    DeadValue(
                        route: route,
                        key: list.key,
                        index: index,
                        cause: .sibling(sibling),
                        example: example.map(search.world.request)
                    )
                )
                continue
            }
            if boxes.isEmpty || route == 0 && !list.isWay { continue }
            let answer = search.find(in: boxes, past: [scene.cover(before: route)]) { self.scene.takes(route, $0) }
            if case .nothing = answer, list.isWay {
                dead.append(DeadValue(route: route, key: list.key, index: index, cause: .nobody, example: nil))
            }
            guard case .covered(let routes, let example) = answer else { continue }
            var reachability = Reachability(scene, search)
            let causes = reachability.minimized(routes, route, boxes)
            search = reachability.search
            dead.append(
                DeadValue(route: route, key: list.key, index: index, cause: .routes(causes), example: example)
            )
        }
        return dead
    }

    /// True when the known request, asking for a model of this value, comes to the route as well: it spares a search.
    private mutating func isNeeded(_ route: Int, _ list: List, _ index: Int, _ known: Request?) -> Bool {
        guard list.key == "model", var request = known, scene.document.routes.count <= Reachability.replayLimit,
            search.effort.spend(20 * scene.document.routes.count),
            let atom = builder.atoms(of: list.values[index]).first, let fresh = Samples.fresh([atom])
        else { return false }
        let bytes = atom.form == .exact ? atom.head : atom.head + [fresh] + atom.tail
        let model = String(decoding: bytes, as: UTF8.self)
        request.model = model
        return atom.matches(bytes) && scene.interpreter.resolvedModel(request) == model
            && scene.interpreter.route(for: request) == route
    }

    /// Whether one value takes nothing that another does not take too.
    private mutating func isInside(_ list: List, _ inner: Int, _ outer: Int) -> Bool {
        if list.values[inner] == list.values[outer] { return true }
        guard list.kind == .globs, list.values.count <= Self.listLimit else { return false }
        let (innerText, outerText) = (list.values[inner], list.values[outer])
        if innerText.hasPrefix("re:") || outerText.hasPrefix("re:") { return false }
        let own = builder.atoms(of: innerText)
        let other = builder.atoms(of: outerText)
        let isQuick = own.allSatisfy { one in other.contains { one.isSurelyInside($0) } }
        if isQuick || !own.contains(where: { one in other.contains { one.mayMeet($0) } }) { return isQuick }
        let isPath = list.key == "path"
        guard
            let texts = isPath
                ? Samples.standingPaths(for: own + other + Doorway.atoms, builder.universe.effort)?.filter({
                    API(routed: $0) != nil
                })
                : Samples.standing(for: own + other, builder.universe.effort)
        else { return false }
        return texts.allSatisfy { text in
            !own.contains { $0.matches(text) } || other.contains { $0.matches(text) }
        }
    }

    private func lists(_ match: Match) -> [List] {
        var lists: [List] = []
        func add<Value>(
            _ key: String,
            _ list: [Located<Value>]?,
            _ kind: Kind,
            _ word: (Value) -> String,
            _ write: @escaping (inout Match, [Located<Value>]) -> Void
        ) {
            guard let list else { return }
            lists.append(
                List(key: key, values: list.map { word($0.value) }, kind: kind) { index in
                    var match = match
                    write(&match, [list[index]])
                    return match
                }
            )
        }
        add("model", match.models, .globs, { $0 }, { $0.models = $1 })
        add("api", match.apis, .words, { $0.word ?? "" }, { $0.apis = $1 })
        add("path", match.paths, .globs, { $0 }, { $0.paths = $1 })
        add("method", match.methods, .words, { $0 }, { $0.methods = $1 })
        add("tenant", match.tenants, .globs, { $0 }, { $0.tenants = $1 })
        add("key", match.keys, .globs, { $0 }, { $0.keys = $1 })
        for (number, header) in match.headers.enumerated() {
            add("headers.\(header.name.value)", header.matchers, .globs, { $0 }, { $0.headers[number].matchers = $1 })
        }
        return lists
    }
}
