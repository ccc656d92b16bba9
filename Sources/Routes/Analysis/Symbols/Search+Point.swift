import RouteModel
import Routing

extension Search {
    /// Ways to combine texts that labels depend on, before they are given up.
    private static let combinationLimit = 4_096

    /// A request in a box, with these texts; nil when there is none, or too many ways to look at (`isTooMuch`).
    ///
    /// Different varieties give different corners of the box, where there are any.
    mutating func point(in box: Box, fixed: Fixed, variety: Int) -> Point? {
        guard let choices = textChoices(box, fixed), let way = way(into: box, fixed, variety) else { return nil }
        let count = choices.linked.reduce(1) { $0.multipliedReportingOverflow(by: $1.values.count).partialValue }
        if count == 0 { return nil }
        if count < 0 || count > Self.combinationLimit {
            chooser.isTooMuch = true
            world.universe.effort.giveUp()
            return nil
        }
        var texts = [[UInt8]?](repeating: nil, count: world.universe.textNames.count)
        for choice in choices.plain { texts[choice.name] = choice.values[variety % choice.values.count] }
        (texts[Universe.path], texts[Universe.method], texts[Universe.model]) = (way.path, way.method, way.model)
        // Taken when no text makes the expressions what the box says.
        var spare: Point?
        for number in 0..<count {
            var rest = number
            for choice in choices.linked {
                texts[choice.name] = choice.values[(rest + variety) % choice.values.count]
                rest /= choice.values.count
            }
            if !world.universe.effort.spend(100 + 10 * texts.count) {
                chooser.isTooMuch = true
                return nil
            }
            guard var point = point(box, texts, fixed, variety) else { continue }
            point.api = way.api
            if box.expressions.contains(point.expressions) { return point }
            spare = spare ?? point
        }
        return spare
    }

    private struct Way {
        var api: API
        var path: [UInt8]
        var method: [UInt8]
        var model: [UInt8]?
    }

    /// An endpoint with a path, a method and a model that come to the routes together; nil when the box has none.
    private mutating func way(into box: Box, _ fixed: Fixed, _ variety: Int) -> Way? {
        guard let doors = chooser.doorways(box, fixed, world) else { return nil }
        let clauses = box.clauses(Universe.model)
        var models: [[UInt8]?] = [nil]
        if let model = fixed[Universe.model] {
            models = [model]
        } else if let some = chooser.some(Universe.model, clauses, world) {
            models = some
            if !clauses.isEmpty, !some.contains(where: { $0 != nil }) {
                guard let all = chooser.standing(Universe.model, clauses, telling: clauses, world) else { return nil }
                models = all
            }
        } else if !clauses.isEmpty {
            return nil
        }
        let named = models.filter { $0 != nil }
        var open: [(door: Doorway, models: [[UInt8]?])] = []
        for door in doors where box.apis & (1 << UInt16(door.api.rawValue)) != 0 && open.last?.door.api != door.api {
            let models = door.needsModel ? named : models
            if !models.isEmpty { open.append((door, models)) }
        }
        if open.isEmpty { return nil }
        let (door, choices) = open[(variety / 3) % open.count]
        // Where nothing asks for a path or a method, the usual one is taken.
        func pick(_ values: [[UInt8]], _ name: Int) -> [UInt8] {
            box.clauses(name).isEmpty ? values[0] : values[variety % values.count]
        }
        return Way(
            api: door.api,
            path: pick(door.paths, Universe.path),
            method: pick(door.methods, Universe.method),
            model: choices[variety % choices.count]
        )
    }

    private struct Choice {
        var name: Int
        var values: [[UInt8]?]
    }

    private mutating func textChoices(_ box: Box, _ fixed: Fixed) -> (plain: [Choice], linked: [Choice])? {
        var plain: [Choice] = []
        var linked: [Choice] = []
        let universe = world.universe
        let needed = Set(bits(box.expressions.on | box.expressions.off).map { universe.expressions[$0].text })
        // Model, path and method are chosen together (`way`).
        for name in universe.textNames.indices where name > Universe.method {
            let clauses = box.clauses(name)
            let isHeader = name == world.labels.header && !clauses.isEmpty
            let isLinked = isHeader || world.labels.linked.contains(name) || needed.contains(name)
            if let value = fixed[name] {
                var values = [value]
                if needed.contains(name), value != nil {
                    // The value stands for others that fit the same globs: the expression may want one of these.
                    values += (chooser.some(name, clauses, world) ?? []).filter { $0 != nil }
                }
                if isLinked {
                    linked.append(Choice(name: name, values: values))
                } else {
                    plain.append(Choice(name: name, values: values))
                }
            } else if isLinked {
                guard let all = chooser.standing(name, clauses, telling: clauses, world) else { return nil }
                var seen: Set<UInt64> = []
                let isTold = needed.contains(name)
                let absentFirst = all.filter { $0 == nil } + all.filter { $0 != nil }
                let values = absentFirst.filter { value in
                    isTold || seen.insert(world.labels.signature(name, value, universe, world.patterns)).inserted
                }
                linked.append(Choice(name: name, values: values))
            } else if !clauses.isEmpty {
                guard let values = chooser.some(name, clauses, world) else { return nil }
                if values.isEmpty { return ([], [Choice(name: name, values: [])]) }
                plain.append(Choice(name: name, values: values))
            }
        }
        return (plain, linked)
    }

    /// False when the box lists the texts that there are, and none of them has such a bucket.
    private func mayHold(_ buckets: Buckets, of subject: Subject, _ box: Box) -> Bool {
        guard sampled != nil, let name = Labels.text(of: subject, world.universe) else { return true }
        let clauses = box.clauses(name)
        let listed = clauses.map { world.universe.clauses[$0] }.first { clause in
            !clause.isNegated && clause.atoms.allSatisfy { world.universe.atoms[$0].form == .exact }
        }
        guard let listed else { return true }
        return listed.atoms.map { world.universe.atoms[$0].head }.contains { text in
            clauses.allSatisfy { world.universe.takes($0, text) } && buckets.contains(SampleBucket.of(text.span))
        }
    }

    private func point(_ box: Box, _ texts: [[UInt8]?], _ fixed: Fixed, _ variety: Int) -> Point? {
        let universe = world.universe
        var texts = texts
        for bit in bits(box.expressions.on) where texts[universe.expressions[bit].text] == nil { return nil }
        // A cell may say that the client's field is absent: then it cannot raise the class.
        let isHeaderFixed = world.labels.header.map { fixed[$0] != nil } ?? false
        guard
            let label = world.labels.solve(
                box,
                texts,
                universe,
                isHeaderFixed: isHeaderFixed,
                variety: variety / 2,
                patterns: world.patterns
            )
        else { return nil }
        var point = Point()
        for (number, subject) in universe.subjectNames.enumerated() {
            let buckets = box.buckets(number)
            let isPresent = Labels.text(of: subject, universe).map { texts[$0] != nil } ?? true
            if isPresent ? buckets.lower >= buckets.upper : !buckets.isAbsentIn { return nil }
            if isPresent, !mayHold(buckets, of: subject, box) { return nil }
            point.buckets.append(isPresent ? (variety % 2 == 0 ? buckets.lower : buckets.upper - 1) : -1)
        }
        if let word = label.word, let header = world.labels.header { texts[header] = Array(word.utf8) }
        (point.level, point.tags) = (label.level, label.tags)
        (point.contentLevel, point.contentTags) = (label.contentLevel, label.contentTags)
        point.stream = box.streams == 3 ? variety % 4 == 3 : box.streams == 2
        point.tokens = box.tokens.lower
        if variety % 3 == 1 {
            point.tokens = box.tokens.upper == .max ? box.tokens.lower + 1_000 : box.tokens.upper - 1
        }
        point.features = variety % 5 == 4 ? 15 & ~box.features.off : box.features.on
        for zone in universe.zones.indices {
            let cells = bits(box.cells(zone) & universe.zones[zone].all)
            if cells.isEmpty { return nil }
            point.cells.append(cells[variety % cells.count])
        }
        point.texts = texts
        point.expressions = world.expressions(texts)
        return point
    }
}
