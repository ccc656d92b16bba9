import RouteModel
import Routing

extension Search {
    /// Ways to combine texts that labels depend on, before they are given up.
    private static let combinationLimit = 4_096

    /// A request in a box, with these texts; nil when there is none, or too many ways to look at (`isTooMuch`).
    ///
    /// Different varieties give different corners of the box, where there are any.
    mutating func point(in box: Box, fixed: Fixed, variety: Int) -> Point? {
        guard let choices = textChoices(box, fixed) else { return nil }
        let count = choices.linked.reduce(1) { $0.multipliedReportingOverflow(by: $1.values.count).partialValue }
        if count == 0 { return nil }
        if count < 0 || count > Self.combinationLimit {
            chooser.isTooMuch = true
            return nil
        }
        var texts = [[UInt8]?](repeating: nil, count: world.universe.textNames.count)
        for choice in choices.plain { texts[choice.name] = choice.values[variety % choice.values.count] }
        // Taken when no text makes the expressions what the box says.
        var spare: Point?
        for number in 0..<count {
            var rest = number
            for choice in choices.linked {
                texts[choice.name] = choice.values[(rest + variety) % choice.values.count]
                rest /= choice.values.count
            }
            guard let point = point(box, texts, fixed, variety) else { continue }
            if box.expressions.contains(point.expressions) { return point }
            spare = spare ?? point
        }
        return spare
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
        for name in universe.textNames.indices {
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
            } else if universe.textNames[name] == .model {
                plain.append(Choice(name: name, values: chooser.some(name, [], world) ?? [nil]))
            }
        }
        return (plain, linked)
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
            point.buckets.append(isPresent ? (variety % 2 == 0 ? buckets.lower : buckets.upper - 1) : -1)
        }
        if let word = label.word, let header = world.labels.header { texts[header] = Array(word.utf8) }
        (point.level, point.tags) = (label.level, label.tags)
        (point.contentLevel, point.contentTags) = (label.contentLevel, label.contentTags)
        let apis = bits(UInt64(box.apis))
        guard let api = API(rawValue: UInt8(apis[(variety / 3) % apis.count])) else { return nil }
        point.api = api
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
        for (number, kind) in universe.textNames.enumerated() where texts[number] == nil {
            if kind == .method { texts[number] = Array("POST".utf8) }
            if kind == .path { texts[number] = Array(World.path(api).utf8) }
        }
        point.texts = texts
        point.expressions = world.expressions(texts)
        return point
    }
}
