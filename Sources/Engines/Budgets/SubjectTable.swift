/// Accounts by the name of their subject.
///
/// Names that came lately are found without hashing them anew by the standard's keyed hash, which costs more than all the rest
/// of a reservation; a name that is not among those is looked up as ever, so nobody gains by names that collide.
struct SubjectTable {
    private struct Recent {
        var name = ""
        var account: Int32 = -1
    }

    private static let recentCount = 64

    private(set) var all: [String: Int32] = [:]
    private var recent: [Recent] = []

    var count: Int { all.count }

    mutating func find(_ name: String) -> Int32? {
        if recent.isEmpty { recent = Array(repeating: Recent(), count: SubjectTable.recentCount) }
        let place = SubjectTable.place(of: name)
        if recent[place].account >= 0, recent[place].name == name { return recent[place].account }
        guard let found = all[name] else { return nil }
        recent[place] = Recent(name: name, account: found)
        return found
    }

    mutating func add(_ name: String, _ account: Int32) { all[name] = account }

    mutating func remove(_ name: String) {
        all[name] = nil
        let place = SubjectTable.place(of: name)
        if !recent.isEmpty, recent[place].name == name { recent[place] = Recent() }
    }

    /// FNV-1a over the first and last bytes, as far as that tells names apart well enough.
    private static func place(of name: String) -> Int {
        let hash =
            name.utf8.withContiguousStorageIfAvailable { bytes -> UInt32 in
                var hash = UInt32(truncatingIfNeeded: bytes.count) ^ 0x811c_9dc5
                for index in 0..<min(bytes.count, 4) { hash = (hash ^ UInt32(bytes[index])) &* 0x0100_0193 }
                for index in max(bytes.count - 8, 0)..<bytes.count {
                    hash = (hash ^ UInt32(bytes[index])) &* 0x0100_0193
                }
                return hash
            } ?? 0
        return Int((hash ^ hash >> 15) & UInt32(recentCount - 1))
    }
}
