import Interpreter
import RouteModel
import Routing

/// A document cut into boxes, ready to be asked.
final class Scene: Sendable {
    let document: RouteDocument
    let interpreter: Interpreter
    /// What questions about it take their steps from.
    let effort: Effort
    let index: BoxIndex
    /// By route; nil where there are too many, empty for a disabled route.
    let boxes: [[Box]?]
    /// By route: how many boxes of the index stand before it.
    let starts: [Int]
    /// True when some route could not be cut.
    let isPartial: Bool

    init(_ document: RouteDocument, _ interpreter: Interpreter, _ builder: inout BoxBuilder) {
        self.document = document
        self.interpreter = interpreter
        effort = builder.universe.effort
        var index = BoxIndex()
        var boxes: [[Box]?] = []
        var starts: [Int] = []
        for (position, route) in document.routes.enumerated() {
            starts.append(index.boxes.count)
            let own = route.isEnabled ? builder.boxes(route.match, route: position) : []
            boxes.append(own)
            for box in own ?? [] { index.append(box, builder.universe) }
        }
        self.index = index
        self.boxes = boxes
        self.starts = starts
        isPartial = boxes.contains { $0 == nil }
    }

    /// The boxes before a route; all of them for nil.
    func cover(before route: Int?, only routes: Set<Int>? = nil) -> Search.Cover {
        Search.Cover(index: index, limit: route.map { starts[$0] } ?? index.boxes.count, routes: routes)
    }
}

extension Search {
    /// Asks for a request in any of these boxes.
    mutating func find(in boxes: [Box], past covers: [Cover], accepts: (Request) -> Bool) -> Answer {
        var used: Set<Int> = []
        var example: Request?
        var isUnknown = false
        var isImagined = false
        for box in boxes {
            switch find(in: box, past: covers, accepts: accepts) {
            case .found(let request?): return .found(request)
            case .found(nil): isImagined = true
            case .covered(let routes, let request):
                used.formUnion(routes)
                example = example ?? request
            case .nothing: break
            case .unknown: isUnknown = true
            }
        }
        if isUnknown { return .unknown }
        if isImagined { return .found(nil) }
        return used.isEmpty ? .nothing : .covered(by: used, example: example)
    }
}
