/// Where a conversation must not be cut: between a call and its result.
struct OpenCalls {
    /// True at a position when something called before it is answered at it or later.
    private(set) var isOpen: [Bool]
    private var changes: [Int]
    private var byID: [[UInt8]: Int] = [:]
    /// Calls without an id, in order, and whether they have their result.
    private var unnamed: [(place: Int, isAnswered: Bool)] = []
    /// The first of them that has none.
    private var firstWaiting = 0
    /// Those of a name, by their number in `unnamed`.
    private var byName: [[UInt8]: ArraySlice<Int>] = [:]

    /// Looks through the turns; system turns are not among them.
    init(_ turns: [Turn]) {
        changes = Array(repeating: 0, count: turns.count + 1)
        isOpen = []
        for (place, turn) in turns.enumerated() {
            for tie in turn.ties { note(tie, place) }
        }
        var open = 0
        isOpen = changes.map { change in
            open += change
            return open > 0
        }
    }

    private mutating func note(_ tie: Turn.Tie, _ place: Int) {
        switch tie {
        case .call(let id, let name) where id.isEmpty:
            byName[name, default: []].append(unnamed.count)
            unnamed.append((place, false))
        case .call(let id, _): byID[id] = place
        case .result(let id, let name): close(from: id.isEmpty ? nextUnnamed(name) : byID[id], place)
        case .either(let id): if let start = byID[id] { close(from: start, place) } else { byID[id] = place }
        }
    }

    /// The call that a result without an id belongs to: the first of its name that waits, of any name where it has none;
    /// where that is not certain, the earliest that it could be.
    private mutating func nextUnnamed(_ name: [UInt8]) -> Int? {
        var found: Int?
        if name.isEmpty {
            while firstWaiting < unnamed.count, unnamed[firstWaiting].isAnswered { firstWaiting += 1 }
            if firstWaiting < unnamed.count { found = firstWaiting }
        } else if var waiting = byName[name] {
            while found == nil, let next = waiting.popFirst() { if !unnamed[next].isAnswered { found = next } }
            byName[name] = waiting
        }
        guard let found else { return unnamed.first?.place }
        unnamed[found].isAnswered = true
        return unnamed[found].place
    }

    private mutating func close(from start: Int?, _ place: Int) {
        guard let start, start < place else { return }
        changes[start + 1] += 1
        changes[place + 1] -= 1
    }
}
