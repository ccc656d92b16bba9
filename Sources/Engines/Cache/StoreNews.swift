/// What proxies that share kept answers tell one another of invalidations, by way of a store.
///
/// Each choice has a generation there. An answer is kept with the stamps of its generations and is given as long as they
/// are the same, so that nobody has to find what is invalidated. Copies in memory are let go of by a list of the last
/// choices, which everybody reads now and then.
extension CacheBook.Choice {
    /// One word for the list, read by `init(told:)`.
    package var told: String {
        switch self {
        case .all: "a"
        case .model(let name): "m\(name)"
        case .key(let name): "k\(name)"
        case .tenant(let name): "t\(name)"
        }
    }

    /// The other way round; nil for what is no choice.
    package init?(told: String) {
        let name = String(told.dropFirst())
        switch told.first {
        case "a" where name.isEmpty: self = .all
        case "m": self = .model(name)
        case "k": self = .key(name)
        case "t": self = .tenant(name)
        default: return nil
        }
    }

    /// The name of its generation: of one length, whatever somebody called a model.
    package var generation: String { self == .all ? "all" : CacheKey.of(Array(told.utf8)).hexadecimal }

    /// The generations of an answer: everything that may invalidate it.
    package static func generations(model: [UInt8], owner: CacheQuestion.Owner) -> [String] {
        let all = [Self.all.generation, CacheKey.of([0x6d] + model).hexadecimal]
        switch owner {
        case .everybody: return all
        case .key(let name): return all + [Self.key(name).generation]
        case .tenant(let name): return all + [Self.tenant(name).generation]
        }
    }
}

/// Which entries of the list of invalidations are new to one process.
package struct StoreNews: Sendable {
    /// What is to be let go of.
    package enum Reading: Equatable, Sendable {
        case some([CacheBook.Choice])
        /// Nobody can tell: all.
        case everything
    }

    /// The list is no longer than this.
    package static let length = 64

    /// The newest that was seen; nothing before the list was read first, empty when there was none.
    private var last: String?
    /// What this process has told itself, and done already.
    private var own: [String] = []

    package init() {}

    /// An entry for the list; `token` is one of a kind.
    package static func entry(_ choice: CacheBook.Choice, token: String) -> String { "\(token) \(choice.told)" }

    /// Remembers an entry of this process.
    package mutating func tell(_ entry: String) {
        own.append(entry)
        if own.count > StoreNews.length { own.removeFirst() }
    }

    /// Reads the list, the newest first.
    package mutating func read(_ entries: [String]) -> Reading {
        let before = last
        last = entries.first ?? ""
        // A list that is gone has taken with it what was not read.
        guard !entries.isEmpty else { return before?.isEmpty ?? true ? .some([]) : .everything }
        // What is in memory may be older than this list.
        guard let before else { return .everything }
        let end = entries.firstIndex(of: before) ?? entries.count
        if end == entries.count, !before.isEmpty || entries.count >= StoreNews.length { return .everything }
        var choices: [CacheBook.Choice] = []
        for entry in entries[..<end] where !own.contains(entry) {
            let told = entry.firstIndex(of: " ").map { entry[$0...].dropFirst() } ?? ""
            guard let choice = CacheBook.Choice(told: String(told)) else { return .everything }
            choices.append(choice)
        }
        return .some(choices)
    }
}
