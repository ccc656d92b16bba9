import RouteModel
import Routing

/// Finds a request that lies in a box and in none of the boxes before it, or proves that there is none (`routes.md` 3.8).
struct Search {
    /// Boxes that take requests away: the first `limit` of a list, of some routes only when `routes` is given.
    struct Cover {
        var index: BoxIndex
        var limit: Int
        var routes: Set<Int>?
    }
    enum Answer {
        /// A request; nil where a regular expression keeps it from being written down.
        case found(Request?)
        /// All are taken by these routes; one of the requests.
        case covered(by: Set<Int>, example: Request?)
        /// Nothing is in the box.
        case nothing
        case unknown
    }

    var world: World
    var chooser = TextChooser()
    /// Finds texts for buckets; nil where buckets may be imagined.
    var sampled: SampledTexts?
    /// What all questions take their steps from.
    var effort: Effort { world.universe.effort }

    /// Searches with all that a builder has numbered.
    init(_ world: World, _ universe: Universe) {
        self.world = world
        self.world.universe = universe
    }

    /// Boxes that the question at hand is about, gathered from all covers.
    struct Candidate {
        var box: Box
        var open: [Dimension]
    }

    /// Asks the question; `accepts` replays a request.
    mutating func find(in whole: Box, past covers: [Cover], accepts: (Request) -> Bool) -> Answer {
        if effort.isSpent { return giveUp() }
        effort.beginQuestion()
        defer { effort.endQuestion() }
        guard let box = narrowed(whole) else { return isTooMuch ? giveUp() : .nothing }
        var example: Request?
        var hasPoint = false
        for variety in 0..<12 {
            guard let point = point(in: box, fixed: [:], variety: variety) else {
                if isTooMuch { return giveUp() }
                if variety == 0 { break }
                continue
            }
            hasPoint = true
            if !box.expressions.contains(point.expressions) { break }
            var single: Int?
            var isTaken = false
            for cover in covers {
                let passed = cover.index.forEach(holding: point, before: cover.limit, world.universe) { position in
                    let other = cover.index.boxes[position]
                    if let routes = cover.routes, !routes.contains(other.route) { return }
                    isTaken = true
                    if other.open(over: box, world.universe).isEmpty { single = min(single ?? .max, other.route) }
                }
                effort.spend(passed)
            }
            if effort.isSpent { return giveUp() }
            if !isTaken {
                if let request = accepted(world.request(point), accepts) { return .found(request) }
                continue
            }
            if variety == 0 { example = world.request(point) }
            if let single { return .covered(by: [single], example: example ?? world.request(point)) }
        }
        if !hasPoint, box.expressions.on == 0, box.expressions.off == 0 { return .nothing }
        return union(box, covers, example, accepts)
    }

    private mutating func accepted(_ request: Request, _ accepts: (Request) -> Bool) -> Request? {
        guard accepts(request) else { return nil }
        return sampled == nil ? request : sampled?.realized(request, accepts: accepts)
    }

    /// The box without endpoints that its paths and methods leave no way to; nil when it leaves none.
    private mutating func narrowed(_ box: Box) -> Box? {
        if box.clauses(Universe.path).isEmpty, box.clauses(Universe.method).isEmpty { return box }
        guard let doors = chooser.doorways(box, [:], world) else { return nil }
        var box = box
        box.apis &= doors.reduce(0) { $0 | 1 << UInt16($1.api.rawValue) }
        return box.apis == 0 ? nil : box
    }

    private mutating func union(
        _ box: Box,
        _ covers: [Cover],
        _ example: Request?,
        _ accepts: (Request) -> Bool
    ) -> Answer {
        var candidates: [Candidate] = []
        let gate = Gate(box)
        for cover in covers {
            for position in 0..<min(cover.limit, cover.index.boxes.count)
            where cover.index.gates[position].mayMeet(gate) {
                let other = cover.index.boxes[position]
                if let routes = cover.routes, !routes.contains(other.route) { continue }
                effort.spend(20)
                if other.mayMeet(box, world.universe) {
                    candidates.append(Candidate(box: other, open: other.open(over: box, world.universe)))
                }
            }
            if !effort.spend(cover.limit) { return giveUp() }
        }
        var used: Set<Int> = []
        switch explore(box, [:], candidates, &used, accepts) {
        case .covered: return used.isEmpty ? .nothing : .covered(by: used, example: example)
        case .found(let request): return .found(request)
        case .tooMuch: return giveUp()
        }
    }

    /// True when the last point was given up rather than proved away.
    var isTooMuch: Bool { chooser.isTooMuch || effort.isSpent }

    private mutating func giveUp() -> Answer {
        effort.giveUp()
        chooser.isTooMuch = false
        return .unknown
    }

    // MARK: Cells

    private enum Outcome {
        case covered
        case found(Request?)
        case tooMuch
    }
    typealias Fixed = [Int: [UInt8]?]

    private mutating func explore(
        _ box: Box,
        _ fixed: Fixed,
        _ candidates: [Candidate],
        _ used: inout Set<Int>,
        _ accepts: (Request) -> Bool
    ) -> Outcome {
        if !effort.spend(50 + 3 * candidates.count) { return .tooMuch }
        var best: Candidate?
        for candidate in candidates {
            if candidate.open.isEmpty {
                used.insert(candidate.box.route)
                return .covered
            }
            if best.map({ candidate.open.count < $0.open.count }) ?? true { best = candidate }
        }
        guard let best, let dimension = best.open.min(by: { $0.cost < $1.cost }) else {
            return leaf(box, fixed, accepts)
        }
        guard let cells = cells(of: dimension, box, fixed, candidates) else { return .tooMuch }
        for cell in cells {
            let outcome = explore(cell.box, cell.fixed, cell.candidates, &used, accepts)
            if case .covered = outcome { continue }
            return outcome
        }
        return .covered
    }

    /// Looks for a request in a cell that nothing takes.
    private mutating func leaf(_ box: Box, _ fixed: Fixed, _ accepts: (Request) -> Bool) -> Outcome {
        var isFeasible = false
        for variety in 0..<3 {
            guard let point = point(in: box, fixed: fixed, variety: variety) else { break }
            isFeasible = true
            if let request = accepted(world.request(point), accepts) { return .found(request) }
        }
        if isTooMuch { return .tooMuch }
        return isFeasible ? .found(nil) : .covered
    }

    struct Cell {
        var box: Box
        var fixed: Fixed
        var candidates: [Candidate]
    }

    /// The box cut along one dimension, values that the same boxes take together; nil when there are too many.
    private mutating func cells(
        of dimension: Dimension,
        _ box: Box,
        _ fixed: Fixed,
        _ candidates: [Candidate]
    ) -> [Cell]? {
        if case .text(let name) = dimension { return textCells(name, box, fixed, candidates) }
        let parts = Self.parts(of: box, dimension, candidates, world.universe)
        if !effort.spend(20 + 10 * parts.count * candidates.count) { return nil }
        var cells: [Cell] = []
        var seen: [[Int]: Int] = [:]
        for part in parts {
            var survivors: [Candidate] = []
            var numbers: [Int] = []
            for (number, candidate) in candidates.enumerated() {
                guard let place = candidate.open.firstIndex(of: dimension) else {
                    survivors.append(candidate)
                    numbers.append(number)
                    continue
                }
                if !candidate.box.isTaking(part, dimension) { continue }
                var candidate = candidate
                candidate.open.remove(at: place)
                survivors.append(candidate)
                numbers.append(number)
            }
            if dimension == .api, let known = seen[numbers] {
                cells[known].box.apis |= part.apis
                continue
            }
            if case .zone(let zone) = dimension, let known = seen[numbers] {
                cells[known].box.setCells(zone, cells[known].box.cells(zone) | part.cells(zone))
                continue
            }
            seen[numbers] = cells.count
            cells.append(Cell(box: part, fixed: fixed, candidates: survivors))
        }
        return cells.sorted { $0.candidates.count < $1.candidates.count }
    }

    private mutating func textCells(_ name: Int, _ box: Box, _ fixed: Fixed, _ candidates: [Candidate]) -> [Cell]? {
        var clauses = box.clauses(name)
        var isOpen = [Bool](repeating: false, count: candidates.count)
        for (number, candidate) in candidates.enumerated() where candidate.open.contains(.text(name)) {
            isOpen[number] = true
            clauses += candidate.box.clauses(name)
        }
        guard let values = chooser.standing(name, box.clauses(name), telling: Set(clauses).sorted(), world) else {
            return nil
        }
        var cells: [Cell] = []
        var seen: Set<[UInt64]> = []
        for value in values {
            if !effort.spend(20 + 10 * candidates.count) { return nil }
            let apis = box.apis & Self.apis(name, value)
            if apis == 0 { continue }
            var signature = [UInt64](repeating: 0, count: candidates.count / 64 + 2)
            signature[0] = world.labels.signature(name, value, world.universe, world.patterns)
            // Labels hang on neither path nor method; the endpoint and whether a model is needed do.
            if name == Universe.path || name == Universe.method { signature[0] = Self.telling(name, value, apis) }
            var survivors: [Int] = []
            for number in candidates.indices {
                if isOpen[number] {
                    let clauses = candidates[number].box.clauses(name)
                    if !clauses.allSatisfy({ world.universe.takes($0, value) }) { continue }
                }
                signature[1 + number / 64] |= 1 << UInt64(number % 64)
                survivors.append(number)
            }
            guard seen.insert(signature).inserted else { continue }
            var fixed = fixed
            fixed[name] = .some(value)
            let kept = survivors.map { number in
                var candidate = candidates[number]
                if isOpen[number] { candidate.open.removeAll { $0 == .text(name) } }
                return candidate
            }
            var part = box
            part.apis = apis
            cells.append(Cell(box: part, fixed: fixed, candidates: kept))
        }
        return cells.sorted { $0.candidates.count < $1.candidates.count }
    }

    /// The endpoints that requests with this text can be for.
    private static func apis(_ name: Int, _ value: [UInt8]?) -> UInt16 {
        guard let value else { return ~0 }
        if name == Universe.path { return API(routed: value).map { 1 << UInt16($0.rawValue) } ?? 0 }
        return name == Universe.method && value != Doorway.post ? Doorway.apisOfOtherMethods : ~0
    }

    private static func telling(_ name: Int, _ value: [UInt8]?, _ apis: UInt16) -> UInt64 {
        name == Universe.path ? UInt64(apis) : value == Doorway.post ? 1 : 2
    }
}
