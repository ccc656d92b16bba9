/// What the models of each route's list begin with: most routes are out by that, so it is asked first.
struct ModelHeads: Sendable {
    private enum Need: Sendable {
        /// Any request, also one without a model.
        case nothing
        /// A model that begins with one of these.
        case heads(Range<Int>)
    }
    private var needs: [Need] = []
    private var ends: [Int] = []
    private var bytes: [UInt8] = []

    /// Takes the globs of each route; nil where it asks for no model, empty where it takes nothing.
    init(_ routes: [[GlobPattern]?]) {
        for globs in routes {
            guard let globs else {
                needs.append(.nothing)
                continue
            }
            let start = ends.count
            for pieces in globs.flatMap(\.alternatives) {
                for piece in pieces {
                    guard case .exactly(let scalar) = piece else { break }
                    bytes += Array(String(scalar).utf8)
                }
                ends.append(bytes.count)
            }
            needs.append(.heads(start..<ends.count))
        }
    }

    /// The first route that this may be for and that `takes` says yes to.
    func first(for model: String?, _ takes: (Int) -> Bool) -> Int? {
        let model = model.map { Array($0.utf8) }
        return needs.indices.first { mayTake($0, model) && takes($0) }
    }

    private func mayTake(_ route: Int, _ model: [UInt8]?) -> Bool {
        guard case .heads(let range) = needs[route] else { return true }
        guard let model else { return false }
        return range.contains { number in
            let start = number == 0 ? 0 : ends[number - 1]
            let count = ends[number] - start
            if count > model.count { return false }
            for offset in 0..<count where bytes[start + offset] != model[offset] { return false }
            return true
        }
    }
}
