import Interpreter
import Report
import RouteModel
import Routing

/// A box as the predicates an author would write.
struct BoxWords {
    let universe: Universe
    init(_ universe: Universe) { self.universe = universe }

    /// `model gpt-4o*  class public..internal  sample 0%..5%`; `every request` for one without conditions.
    func words(_ box: Box) -> String {
        let whole = Box(route: -1)
        var words: [String] = []
        if box.apis != whole.apis {
            words.append(
                "api "
                    + bits(UInt64(box.apis)).map { API(rawValue: UInt8($0))?.word ?? "other" }.joined(separator: ", ")
            )
        }
        for text in box.texts {
            words.append(
                name(text.name) + " " + text.clauses.map { self.text($0, text.name) }.joined(separator: " and ")
            )
        }
        for bit in bits(box.expressions.on) { words.append(expression(bit)) }
        for bit in bits(box.expressions.off) { words.append("not " + expression(bit)) }
        if box.levels != .all {
            let levels = Level.allCases.filter { box.levels.contains(LevelSet($0)) }.map(\.word)
            words.append("class " + levels.joined(separator: ", "))
        }
        if box.tags.on != 0 {
            words.append("tags " + bits(box.tags.on).map { universe.tagNames[$0] }.joined(separator: ", "))
        }
        if box.tags.off != 0 {
            words.append("without tags " + bits(box.tags.off).map { universe.tagNames[$0] }.joined(separator: ", "))
        }
        if box.streams != 3 { words.append("stream \(box.streams == 2)") }
        if box.tokens != whole.tokens {
            words.append(
                "tokens \(box.tokens.lower == 0 ? "" : "\(box.tokens.lower)")..\(box.tokens.upper == .max ? "" : "\(box.tokens.upper)")"
            )
        }
        if box.features.on != 0 { words.append("features " + features(box.features.on)) }
        if box.features.off != 0 { words.append("without features " + features(box.features.off)) }
        for (zone, cells) in box.times { words.append("time " + time(zone, cells)) }
        for (subject, buckets) in box.samples {
            words.append(
                "sample \(percent(buckets.lower))..\(percent(buckets.upper)) by \(universe.subjectNames[subject].word)"
            )
        }
        return words.isEmpty ? "every request" : words.joined(separator: "  ")
    }

    private func name(_ number: Int) -> String {
        switch universe.textNames[number] {
        case .model: "model"
        case .path: "path"
        case .method: "method"
        case .key: "key"
        case .tenant: "tenant"
        case .header(let name): "header \(name):"
        }
    }

    private func text(_ clause: Int, _ name: Int) -> String {
        let clause = universe.clauses[clause]
        let globs = clause.atoms.map { shown(Self.glob(universe.atoms[$0].pieces), name) }
        return (clause.isNegated ? "not " : "") + (globs.count == 1 ? globs[0] : "[\(globs.joined(separator: ", "))]")
    }

    private func shown(_ pattern: String, _ name: Int) -> String {
        guard case .header(let field) = universe.textNames[name] else { return pattern }
        return SecretField.shown(pattern, of: field)
    }

    private func expression(_ bit: Int) -> String {
        let expression = universe.expressions[bit]
        return "\(name(expression.text)) \(shown("re:\(expression.pattern)", expression.text))"
    }

    private func features(_ set: UInt64) -> String {
        Feature.allCases.filter { set & UInt64(FeatureSet($0).rawValue) != 0 }.map(\.rawValue).joined(separator: ", ")
    }

    private func time(_ zone: Int, _ cells: UInt64) -> String {
        let zone = universe.zones[zone]
        let isOne = zone.windows.allSatisfy { $0.zone == zone.windows[0].zone }
        // Windows of several zones are each told with their own.
        let name = isOne ? zone.windows.first.map { " \($0.zone)" } ?? "" : ""
        func window(_ window: TimeWindow) -> String { Self.window(window) + (isOne ? "" : " \(window.zone)") }
        let open = zone.windows.filter { universe.mask(of: $0) & ~cells == 0 }.map(window)
        let shut = zone.windows.filter { universe.mask(of: $0) & cells == 0 }.map(window)
        let opened = zone.windows.map(universe.mask(of:)).filter { $0 & ~cells == 0 }.reduce(0, |)
        if !open.isEmpty, opened == cells { return open.joined(separator: " or ") + "\(name)" }
        let closed = zone.windows.map(universe.mask(of:)).filter { $0 & cells == 0 }.reduce(0, |)
        if zone.all & ~closed != cells {
            // Cell by cell: no window alone says it.
            return bits(cells).map { cell in
                let own = zone.windows.filter { zone.cells[cell].contains($0) }.map(window)
                let others = zone.windows.filter { !zone.cells[cell].contains($0) }.map { "outside " + window($0) }
                return (own + others).joined(separator: " and ")
            }.joined(separator: " or ") + "\(name)"
        }
        return shut.isEmpty
            ? "some hours" + (isOne ? " in\(name)" : "") : "outside " + shut.joined(separator: " and ") + "\(name)"
    }

    private static func window(_ window: TimeWindow) -> String {
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let days = names.indices.filter { window.days & (1 << UInt8($0)) != 0 }
        let isRun = zip(days, days.dropFirst()).allSatisfy { $1 == $0 + 1 } && days.count > 2
        let shown =
            isRun ? "\(names[days[0]])-\(names[days[days.count - 1]])" : days.map { names[$0] }.joined(separator: ",")
        return "\(shown) \(clock(window.startMinute))-\(clock(window.endMinute))"
    }

    private static func clock(_ minute: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }

    private func percent(_ bucket: Int) -> String {
        let hundredths = bucket % 100
        if hundredths == 0 { return "\(bucket / 100)%" }
        return "\(bucket / 100).\(hundredths < 10 ? "0" : "")\(hundredths)%"
    }

    /// The glob again, from its pieces.
    static func glob(_ pieces: [GlobPattern.Piece]) -> String {
        pieces.map { piece in
            switch piece {
            case .run: return "*"
            case .one: return "?"
            case .exactly(let scalar): return "*?[{\\".unicodeScalars.contains(scalar) ? "\\\(scalar)" : "\(scalar)"
            case .within(let ranges, let isNegated):
                let members = ranges.map { range in
                    let ends = [range.lowerBound, range.upperBound].compactMap(Unicode.Scalar.init).map { "\($0)" }
                    return range.count == 1 ? ends.first ?? "" : ends.joined(separator: "-")
                }
                return "[\(isNegated ? "!" : "")\(members.joined())]"
            }
        }.joined()
    }
}
