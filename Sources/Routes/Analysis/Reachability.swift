import Interpreter
import RouteModel
import Routing

/// Which routes requests can come to, and which they cannot (`routes.md` 2.7, shadowing).
struct Reachability {
    /// Routes of a document beyond which a route's own example is replayed against its own match alone.
    static let replayLimit = 256
    /// Covering routes beyond which the list is not made smaller.
    private static let minimizeLimit = 12

    let scene: Scene
    var search: Search

    init(_ scene: Scene, _ search: Search) {
        self.scene = scene
        self.search = search
    }

    mutating func reaches() -> [Reach] { scene.document.routes.indices.map { reach($0) } }

    private mutating func reach(_ route: Int) -> Reach {
        let entry = scene.document.routes[route]
        if !entry.isEnabled { return .disabled }
        guard let boxes = scene.boxes[route] else { return .unknown }
        if boxes.isEmpty { return .empty }
        let cover = scene.cover(before: route)
        switch search.find(in: boxes, past: [cover], accepts: { self.scene.takes(route, $0) }) {
        case .found(nil): return scene.isPartial ? .unknown : .alive(witness: nil)
        case .found(let witness?): return .alive(witness: witness)
        case .covered(let routes, let example):
            return .dead(by: minimized(routes, route, boxes), example: example)
        case .nothing: return .empty
        case .unknown: return .unknown
        }
    }

    /// Leaves out routes that the others can do without, the last ones first.
    mutating func minimized(_ routes: Set<Int>, _ route: Int, _ boxes: [Box]) -> [Int] {
        var kept = routes
        guard routes.count > 1, routes.count <= Self.minimizeLimit else { return routes.sorted() }
        for candidate in routes.sorted(by: >) {
            if search.effort.isSpent { break }
            let fewer = kept.subtracting([candidate])
            let cover = scene.cover(before: route, only: fewer)
            if case .covered = search.find(in: boxes, past: [cover], accepts: { _ in true }) { kept = fewer }
        }
        return kept.sorted()
    }

    /// A request that no route takes.
    mutating func uncovered() -> Request? {
        let answer = search.find(in: [Box(route: -1)], past: [scene.cover(before: nil)]) { request in
            self.scene.effort.spend(20 * self.scene.document.routes.count)
            return self.scene.interpreter.route(for: request) == nil
        }
        if case .found(let request) = answer { return request }
        return nil
    }
}

extension Scene {
    /// Whether a request comes to a route.
    func takes(_ route: Int, _ request: Request) -> Bool {
        if document.routes.count <= Reachability.replayLimit {
            effort.spend(20 * document.routes.count)
            return interpreter.route(for: request) == route
        }
        return document.routes[route].match.map { interpreter.matches($0, request) } ?? true
    }
}
