import Routing

/// The globs that match the same whole values as a `re:` matcher does (HP801).
enum PatternGlobs {
    private static let branchLimit = 8

    /// Nil when there are none, or more than eight.
    static func equal(to pattern: String) -> [String]? {
        guard let tree = try? PatternTree(parsing: pattern) else { return nil }
        return branches(tree.root, Array(pattern.utf8))
    }

    private static func branches(_ node: PatternTree.Node, _ pattern: [UInt8]) -> [String]? {
        guard case .alternation(let branches) = node.kind else { return glob(node, pattern).map { [$0] } }
        guard branches.count <= branchLimit else { return nil }
        let parts = branches.map { Self.branches($0, pattern) }
        return parts.contains { $0 == nil } ? nil : parts.flatMap { $0 ?? [] }
    }

    private static func glob(_ node: PatternTree.Node, _ pattern: [UInt8]) -> String? {
        switch node.kind {
        case .assertion:
            // The whole value is matched in any case; other assertions ask for something.
            let text = pattern[node.range]
            let isStart = text.elementsEqual("^".utf8) && node.range.lowerBound == 0
            let isEnd = text.elementsEqual("$".utf8) && node.range.upperBound == pattern.count
            return isStart || isEnd ? "" : nil
        case .character(let set):
            if set == .all { return "?" }
            guard let byte = set.only, byte > 0x20, byte < 0x7F else { return nil }
            let letter = String(UnicodeScalar(byte))
            return "*?[]{},\\".contains(letter) ? "\\\(letter)" : letter
        case .sequence(let parts):
            var text = ""
            for part in parts {
                guard let glob = glob(part, pattern) else { return nil }
                text += glob
            }
            return text
        case .repetition(let part, let minimum, nil, isPossessive: false):
            guard case .character(.all) = part.kind, minimum <= 1 else { return nil }
            return minimum == 0 ? "*" : "?*"
        case .repetition, .alternation, .something, .atomic: return nil
        }
    }
}
