import Interpreter
import RouteModel
import Routing

/// A text that routes can test.
enum TextName: Hashable {
    case model, path, method, key, tenant
    case header(String)
}

/// Everything that the documents at hand can tell requests apart by, numbered.
struct Universe {
    /// Which texts of a kind are meant: one of the globs fits, or none does.
    struct Clause: Hashable {
        var isNegated: Bool
        var atoms: [Int]
    }
    /// The windows of one zone: cells are stretches of the week with the same windows open.
    struct Zone {
        var windows: [TimeWindow] = []
        var cells: [Set<TimeWindow>] = [[]]
        var all: UInt64 { cells.count >= 64 ? ~0 : (1 << UInt64(cells.count)) - 1 }
    }

    /// What all that is asked about these takes its steps from.
    let effort: Effort
    private(set) var tags: [String: Int] = [:]
    private(set) var tagNames: [String] = []
    private(set) var zoneNumbers: [String: Int] = [:]
    private(set) var zones: [Zone] = []
    private(set) var subjects: [Subject: Int] = [:]
    private(set) var subjectNames: [Subject] = []
    private(set) var texts: [TextName: Int] = [:]
    private(set) var textNames: [TextName] = []
    /// Regular expressions on header fields.
    private(set) var expressions: [(text: Int, pattern: String)] = []
    private(set) var atoms: [GlobAtom] = []
    private(set) var clauses: [Clause] = []
    /// True when something is too large to be numbered: then nothing is claimed.
    private(set) var isOverfull = false
    private var atomNumbers: [[GlobPattern.Piece]: Int] = [:]
    private var globNumbers: [String: [Int]] = [:]
    private var clauseNumbers: [Clause: Int] = [:]
    private var windowMasks: [TimeWindow: UInt64] = [:]

    /// Stands where no tables are needed for the moment.
    static let none = Universe(Effort(steps: 0))

    /// The numbers of texts that decide together whether a request comes to the routes at all.
    static let (model, path, method) = (0, 1, 2)

    init(_ effort: Effort) {
        self.effort = effort
        for name in [TextName.model, .path, .method, .key, .tenant] { _ = text(name) }
    }

    /// Numbers what a match tests.
    mutating func absorb(_ match: Match) {
        for tag in [match.tags?.all, match.tags?.any, match.tags?.none].compactMap({ $0 }).joined() {
            _ = self.tag(tag.value)
        }
        for window in match.times ?? [] { absorb(window.value) }
        if match.sample != nil { _ = subject(match.sampleBy?.value ?? .request) }
        for header in match.headers { _ = text(.header(header.name.value)) }
        for inner in (match.any ?? []) + match.not { absorb(inner) }
    }

    mutating func tag(_ name: String) -> Int {
        if let number = tags[name] { return number }
        if tags.count == 64 {
            isOverfull = true
            return 63
        }
        tags[name] = tagNames.count
        tagNames.append(name)
        return tagNames.count - 1
    }

    mutating func subject(_ subject: Subject) -> Int {
        if let number = subjects[subject] { return number }
        subjects[subject] = subjectNames.count
        subjectNames.append(subject)
        switch subject {
        case .header(let name): _ = text(.header(name))
        case .request, .key, .tenant: break
        }
        return subjectNames.count - 1
    }

    mutating func text(_ name: TextName) -> Int {
        if let number = texts[name] { return number }
        texts[name] = textNames.count
        textNames.append(name)
        return textNames.count - 1
    }

    mutating func expression(_ text: Int, _ pattern: String) -> Int {
        if let number = expressions.firstIndex(where: { $0.text == text && $0.pattern == pattern }) { return number }
        if expressions.count == 64 {
            isOverfull = true
            return 63
        }
        expressions.append((text, pattern))
        return expressions.count - 1
    }

    /// The atoms of a glob: one for each way its braces go.
    mutating func atoms(of glob: String) -> [Int] {
        if let known = globNumbers[glob] { return known }
        let numbers = GlobPattern(glob).alternatives.map { atom(GlobAtom($0)) }
        globNumbers[glob] = numbers
        return numbers
    }

    mutating func atom(_ atom: GlobAtom) -> Int {
        if let number = atomNumbers[atom.pieces] { return number }
        atomNumbers[atom.pieces] = atoms.count
        atoms.append(atom)
        return atoms.count - 1
    }

    mutating func clause(_ atoms: [Int], isNegated: Bool) -> Int {
        let clause = Clause(isNegated: isNegated, atoms: atoms.count < 2 ? atoms : Set(atoms).sorted())
        if let number = clauseNumbers[clause] { return number }
        clauseNumbers[clause] = clauses.count
        clauses.append(clause)
        return clauses.count - 1
    }

    // MARK: Time

    private mutating func absorb(_ window: TimeWindow) {
        let number = zoneNumbers[window.zone] ?? zones.count
        if number == zones.count {
            zones.append(Zone())
            zoneNumbers[window.zone] = number
        }
        // A configuration may speak of 64 (`routes.md` 3.9).
        if zones[number].windows.count > 64 {
            isOverfull = true
        } else if !zones[number].windows.contains(window) {
            zones[number].windows.append(window)
        }
    }

    /// Cuts the week where a window opens or closes; to be called once all windows are known.
    mutating func cutTime() {
        if cutTimeTogether() { return }
        for number in zones.indices {
            let windows = zones[number].windows
            let edges = Set(windows.flatMap { [$0.startMinute, $0.endMinute % 1_440] } + [0])
            var cells: [Set<TimeWindow>] = []
            for day in 0..<7 {
                for minute in edges.sorted() {
                    let open = Set(windows.filter { $0.contains(weekday: day, minute: minute) })
                    if !cells.contains(open) { cells.append(open) }
                }
            }
            if cells.count > 64 {
                isOverfull = true
                cells.removeLast(cells.count - 64)
            }
            zones[number].cells = cells
            mask(number)
        }
    }

    /// Cuts several zones as one, with what of each is open together; false when that is needless or too much.
    private mutating func cutTimeTogether() -> Bool {
        let windows = zones.flatMap(\.windows)
        guard zones.count > 1, let times = OpenTimes(Set(windows), from: OpenTimes.monday), times.all.count <= 64
        else { return false }
        zones = [Zone(windows: windows, cells: times.all.map(\.open))]
        for name in zoneNumbers.keys { zoneNumbers[name] = 0 }
        mask(0)
        return true
    }

    private mutating func mask(_ zone: Int) {
        let cells = zones[zone].cells
        for window in zones[zone].windows {
            windowMasks[window] = cells.indices.reduce(0) { mask, cell in
                cells[cell].contains(window) ? mask | 1 << UInt64(cell) : mask
            }
        }
    }

    func mask(of window: TimeWindow) -> UInt64 { windowMasks[window] ?? 0 }

    // MARK: Texts

    /// Whether a text, or the lack of one, is in what a clause means.
    func takes(_ clause: Int, _ text: [UInt8]?) -> Bool {
        let clause = clauses[clause]
        guard let text else { return clause.isNegated }
        effort.spend(4 + 4 * clause.atoms.count)
        for atom in clause.atoms where atoms[atom].matches(text) { return !clause.isNegated }
        return clause.isNegated
    }

    /// False when nothing is in both clauses; true also where that cannot be told quickly.
    func mayMeet(_ left: Int, _ right: Int) -> Bool {
        let (left, right) = (clauses[left], clauses[right])
        if left.isNegated || right.isNegated { return true }
        effort.spend(1 + left.atoms.count * right.atoms.count)
        return left.atoms.contains { one in right.atoms.contains { atoms[one].mayMeet(atoms[$0]) } }
    }

    /// True when all that is in `inner` is in `outer`; false also where that cannot be told quickly.
    func isSurelyInside(_ inner: Int, _ outer: Int) -> Bool {
        if inner == outer { return true }
        let (inner, outer) = (clauses[inner], clauses[outer])
        effort.spend(1 + inner.atoms.count * outer.atoms.count)
        switch (inner.isNegated, outer.isNegated) {
        case (false, false):
            return inner.atoms.allSatisfy { one in outer.atoms.contains { atoms[one].isSurelyInside(atoms[$0]) } }
        case (false, true):
            return inner.atoms.allSatisfy { one in !outer.atoms.contains { atoms[one].mayMeet(atoms[$0]) } }
        case (true, true):
            return outer.atoms.allSatisfy { one in inner.atoms.contains { atoms[one].isSurelyInside(atoms[$0]) } }
        case (true, false): return false
        }
    }
}
