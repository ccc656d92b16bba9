import Report

/// Gathers the entries of one mapping: duplicate keys are found, `<<` is merged.
struct MappingBuilder {
    private var entries: [Node.Entry] = []
    private var seen: [String: Spot] = [:]
    private var merged: [Node.Entry] = []
    private(set) var firstKeySpot: Spot?
    private(set) var firstKeyOffset: Int?
    /// True when something that belongs here was reported instead of read.
    private(set) var isPartial = false

    /// Takes a key with its value; answers what is wrong with them.
    mutating func add(_ key: Node, _ value: Node, _ extent: Range<Int>) -> [Problem] {
        if firstKeySpot == nil { (firstKeySpot, firstKeyOffset) = (key.spot, key.extent.lowerBound) }
        if key.isBroken {
            isPartial = true
            return []
        }
        guard let name = key.text else {
            return [Problem(.error, "HP103", "a key is a single word, not \(key.noun)", at: key.spot)]
        }
        if name.utf8.count > DocumentReader.keyLimitBytes {
            return [
                Problem(.error, "HP007", "a key has at most \(DocumentReader.keyLimitBytes) bytes", at: key.spot)
            ]
        }
        if name == "<<", key.isPlain { return merge(value, at: key.spot) }
        if let first = seen[name] {
            let problem = Problem(
                .error,
                "HP002",
                "`\(name)` stands here twice",
                at: key.spot,
                mark: "again",
                labels: [Label(first, "first here")],
                notes: ["YAML readers take one of the two and drop the other without a word"]
            )
            return [problem]
        }
        seen[name] = key.spot
        entries.append(Node.Entry(key: key, name: name, value: value, mergedAt: nil, extent: extent))
        return []
    }

    private mutating func merge(_ value: Node, at spot: Spot) -> [Problem] {
        let sources = value.items ?? [value]
        var problems: [Problem] = []
        isPartial = isPartial || sources.contains { $0.isBroken || !$0.isMapping || $0.isPartial }
        for source in sources where !source.isBroken {
            guard source.isMapping else {
                problems.append(
                    Problem(.error, "HP103", "`<<` takes a mapping or a list of mappings, not \(source.noun)", at: spot)
                )
                continue
            }
            for entry in source.entries {
                merged.append(
                    Node.Entry(
                        key: entry.key,
                        name: entry.name,
                        value: entry.value,
                        mergedAt: spot,
                        extent: entry.extent
                    )
                )
            }
        }
        return problems
    }

    /// HP014: mappings that are merged side by side and do not agree on a key that is not written here.
    func disagreements() -> [Problem] {
        var first: [String: Node.Entry] = [:]
        var told: Set<String> = []
        var problems: [Problem] = []
        for entry in merged where seen[entry.name] == nil {
            guard let other = first[entry.name] else {
                first[entry.name] = entry
                continue
            }
            if entry.value === other.value || entry.value.text.map({ $0 == other.value.text }) ?? false { continue }
            guard let spot = entry.mergedAt, told.insert(entry.name).inserted else { continue }
            problems.append(
                Problem(
                    .warning,
                    "HP014",
                    "the mappings that are merged here disagree on `\(entry.name)`",
                    at: spot,
                    labels: [
                        Label(other.key.spot, "this one counts"), Label(entry.key.spot, "this one is passed over"),
                    ],
                    notes: ["of mappings merged side by side the first wins"],
                    help: ["write `\(entry.name)` here, beside `<<`"]
                )
            )
        }
        return problems
    }

    /// The entries: those written here win, then the first mapping that was merged (YAML merge key, 2005).
    func finished() -> [Node.Entry] {
        var result = entries
        var names = Set(entries.map(\.name))
        for entry in merged where names.insert(entry.name).inserted { result.append(entry) }
        return result
    }
}
