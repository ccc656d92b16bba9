import Dialect
import RouteModel
import Routing

/// Picks values for texts, and remembers what it worked out.
struct TextChooser {
    private struct Question: Hashable {
        var name: Int
        var own: [Int]
        var telling: [Int]
    }
    private var known: [Question: [[UInt8]?]] = [:]
    private var quick: [Question: [[UInt8]?]] = [:]
    private struct Globs: Hashable {
        var isPath: Bool
        var numbers: Set<Int>
        /// With those that are always asked about for a kind of text.
        var count: Int
    }
    private var products: [Globs: [[UInt8]]] = [:]
    private var doors: [[[Int]]: [Doorway]] = [:]
    /// True once there were too many.
    var isTooMuch = false

    /// Values of a text that meet the clauses `own`: one for each way to fit the globs of `telling` and of the labels.
    ///
    /// Nil is the value of a request that lacks the text.
    mutating func standing(_ name: Int, _ own: [Int], telling: [Int], _ world: World) -> [[UInt8]?]? {
        let question = Question(name: name, own: own, telling: telling)
        if let values = known[question] { return values }
        let universe = world.universe
        var numbers = Set(telling.flatMap { universe.clauses[$0].atoms })
        for rule in world.labels.identities where rule.text == name {
            numbers.formUnion(universe.clauses[rule.clause].atoms)
        }
        let kind = universe.textNames[name]
        if kind == .model { numbers.formUnion(world.aliasAtoms) }
        var atoms = numbers.sorted().map { universe.atoms[$0] }
        if name == world.labels.header { atoms += Level.allCases.map { GlobAtom(exactly: $0.word) } }
        if kind == .path { atoms += Doorway.atoms }
        guard let texts = texts(kind, numbers, atoms, universe.effort) else {
            isTooMuch = true
            return nil
        }
        var values =
            Self.nice(kind, atoms, world) + texts
        values += universe.expressions.filter { $0.text == name }.flatMap { ExpressionSamples.texts($0.pattern) }
        for rule in world.labels.identities where rule.text == name {
            values += rule.expressions.flatMap(ExpressionSamples.texts)
        }
        var seen: Set<[UInt8]> = []
        if !universe.effort.spend(values.count * 10) {
            isTooMuch = true
            return nil
        }
        let usable = values.filter { value in
            Self.isPossible(value, kind, world) && own.allSatisfy { universe.takes($0, value) }
                && seen.insert(value).inserted
        }
        var all: [[UInt8]?] = usable
        if !kind.isAlwaysThere, own.allSatisfy({ universe.takes($0, nil) }) { all.append(nil) }
        known[question] = all
        return all
    }

    /// The standing texts of a set of globs, short ones first, in an order that is the same each time.
    private mutating func texts(
        _ kind: TextName,
        _ numbers: Set<Int>,
        _ atoms: [GlobAtom],
        _ effort: Effort
    ) -> [[UInt8]]? {
        let question = Globs(isPath: kind == .path, numbers: numbers, count: atoms.count)
        if let texts = products[question] { return texts }
        let found = kind == .path ? Samples.standingPaths(for: atoms, effort) : Samples.standing(for: atoms, effort)
        guard let found, effort.spend(found.count * 20) else { return nil }
        let texts = found.sorted { left, right in
            left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
        }
        products[question] = texts
        return texts
    }

    /// A few values that meet the clauses, for a text on which nothing else depends.
    mutating func some(_ name: Int, _ own: [Int], _ world: World) -> [[UInt8]?]? {
        let question = Question(name: name, own: own, telling: [])
        if let values = quick[question] { return values }
        let universe = world.universe
        let kind = universe.textNames[name]
        var values: [[UInt8]] = []
        var atoms: [GlobAtom] = []
        for clause in own { atoms += universe.clauses[clause].atoms.prefix(16).map { universe.atoms[$0] } }
        let fresh = Samples.fresh(atoms) ?? 0x78
        if atoms.contains(where: { $0.form != .exact }) || own.allSatisfy({ universe.clauses[$0].isNegated }) {
            values += Self.nice(kind, atoms, world)
            values.append([fresh])
        }
        for atom in atoms {
            values.append(atom.form == .exact ? atom.head : atom.head + [fresh] + atom.tail)
            if atom.form == .around, !atom.isEverything { values.append(atom.head + atom.tail) }
        }
        var usable: [[UInt8]?] = values.filter { value in
            Self.isPossible(value, kind, world) && own.allSatisfy { universe.takes($0, value) }
        }
        if !kind.isAlwaysThere, own.allSatisfy({ universe.takes($0, nil) }) { usable.append(nil) }
        let hasExpression = universe.expressions.contains { $0.text == name }
        if usable.isEmpty || hasExpression {
            guard let all = standing(name, own, telling: own, world) else { return nil }
            usable = all
        }
        quick[question] = usable
        return usable
    }

    /// The ways to the routes that the clauses of path and method leave; nil when there are too many paths to look at.
    mutating func doorways(_ box: Box, _ fixed: Search.Fixed, _ world: World) -> [Doorway]? {
        let question = [box.clauses(Universe.path), box.clauses(Universe.method)]
        let isFixed = fixed[Universe.path] != nil || fixed[Universe.method] != nil
        if !isFixed, let known = doors[question] { return known }
        func values(_ name: Int, _ own: [Int]) -> [[UInt8]]? {
            if let value = fixed[name] { return value.map { [$0] } ?? [] }
            return standing(name, own, telling: own, world)?.compactMap { $0 }
        }
        guard let paths = values(Universe.path, question[0]), let methods = values(Universe.method, question[1]) else {
            return nil
        }
        world.universe.effort.spend(50 + 20 * (paths.count + methods.count))
        let all = Doorway.all(paths, methods)
        if !isFixed { doors[question] = all }
        return all
    }

    private static func isPossible(_ value: [UInt8], _ kind: TextName, _ world: World) -> Bool {
        switch kind {
        case .model: !value.isEmpty && !world.hiddenModels.contains(value)
        case .header: true
        case .path: API(routed: value) != nil
        case .method: RoutedRequests.passes(method: value.span)
        case .key, .tenant: !value.isEmpty
        }
    }

    /// What people would write.
    private static func nice(_ kind: TextName, _ atoms: [GlobAtom], _ world: World) -> [[UInt8]] {
        switch kind {
        case .model: world.knownModels
        // Letters without end: whatever methods are named, one of these is none of them.
        case .method:
            ["POST", "GET"].map { Array($0.utf8) }
                + (1...32).map { [UInt8](repeating: UInt8(ascii: "X"), count: $0) }
        case .path: API.allCases.map { Array($0.usualPath.utf8) }
        case .key, .tenant, .header: []
        }
    }
}

extension TextName {
    /// True for what no request lacks.
    var isAlwaysThere: Bool { self == .path || self == .method }
}

/// Texts that a regular expression may well match, to be tried.
enum ExpressionSamples {
    static func texts(_ pattern: String) -> [[UInt8]] {
        var texts = pattern.split(separator: "|", omittingEmptySubsequences: false).map { plain(String($0)) }
        texts.append(plain(pattern))
        return texts.map { Array($0.utf8) }
    }

    /// Reads a pattern as if every choice were its first: classes by one member, `*` and `?` by nothing.
    private static func plain(_ pattern: String) -> String {
        var text = ""
        var rest = Array(pattern)[...]
        while let first = rest.popFirst() {
            switch first {
            case "\\":
                switch rest.popFirst() {
                case "d": text.append("0")
                case "w": text.append("a")
                case "s": text.append(" ")
                case "b", "A", "z", "Z", nil: break
                case let other?: text.append(other)
                }
            case "[":
                var member = rest.popFirst()
                if member == "^" { member = "~" }
                if member == "\\" { member = rest.popFirst() == "d" ? "0" : "a" }
                while let next = rest.popFirst(), next != "]" {}
                if let member { text.append(member) }
            case "(":
                if rest.first == "?" { while let next = rest.popFirst(), next != ":" {} }
            case ")", "^", "$", "+": break
            case "*", "?": if !text.isEmpty { text.removeLast() }
            case "{":
                var digits = ""
                while let next = rest.popFirst(), next != "}" {
                    if next == "," { break }
                    digits.append(next)
                }
                while rest.first?.isNumber == true || rest.first == "}" { rest.removeFirst() }
                if let count = Int(digits), count > 1, count < 64, let last = text.last {
                    text += String(repeating: last, count: count - 1)
                }
            case ".": text.append("x")
            default: text.append(first)
            }
        }
        return text
    }
}
