import Interpreter
import RouteModel
import Routing

/// A document cut into boxes, ready to be asked.
struct Scene {
    let document: RouteDocument
    let interpreter: Interpreter
    private(set) var index = BoxIndex()
    /// By route; nil where there are too many, empty for a disabled route.
    private(set) var boxes: [[Box]?] = []
    /// By route: how many boxes of the index stand before it.
    private(set) var starts: [Int] = []
    /// True when some route could not be cut.
    private(set) var isPartial = false

    init(_ document: RouteDocument, _ interpreter: Interpreter, _ builder: inout BoxBuilder) {
        self.document = document
        self.interpreter = interpreter
        for (position, route) in document.routes.enumerated() {
            starts.append(index.boxes.count)
            let boxes = route.isEnabled ? builder.boxes(route.match, route: position) : []
            self.boxes.append(boxes)
            if boxes == nil { isPartial = true }
            for box in boxes ?? [] { index.append(box, builder.universe) }
        }
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
