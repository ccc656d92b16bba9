/// What an embedding model makes of a text, brought to length 1.
package final class AlikeVector: Sendable {
    /// More numbers than this no model gives.
    package static let mostNumbers = 8_192

    private let numbers: [Float]

    /// Nil for what has no direction: no number, zeros alone, or what is no number.
    package init?(_ numbers: [Float]) {
        guard (1...AlikeVector.mostNumbers).contains(numbers.count) else { return nil }
        // In double, so that no square of a float is lost.
        let square = numbers.reduce(0.0) { $0 + Double($1) * Double($1) }
        guard square.isFinite, square > 0 else { return nil }
        let length = square.squareRoot()
        self.numbers = numbers.map { Float(Double($0) / length) }
    }

    package var count: Int { numbers.count }

    /// What it takes of a cache.
    package var sizeBytes: Int { 4 * numbers.count + 96 }

    /// The cosine of the angle between two texts; nil when they come from models with unlike vectors.
    package func similarity(to other: AlikeVector) -> Float? {
        let (own, others) = (numbers, other.numbers)
        guard own.count == others.count else { return nil }
        return own.withUnsafeBytes { one in
            others.withUnsafeBytes { two in
                var sums = SIMD8<Float>()
                var offset = 0
                while offset + 32 <= one.count {
                    let left = one.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
                    sums += left * two.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
                    offset += 32
                }
                var sum = sums.sum()
                while offset < one.count {
                    let left = one.loadUnaligned(fromByteOffset: offset, as: Float.self)
                    sum += left * two.loadUnaligned(fromByteOffset: offset, as: Float.self)
                    offset += 4
                }
                return min(max(sum, -1), 1)
            }
        }
    }
}

/// Where a kept answer is found by what its question means.
package struct AlikeMark: Sendable {
    /// All that the question was but for the text that is compared.
    package let partition: CacheKey
    package let vector: AlikeVector

    package init(partition: CacheKey, vector: AlikeVector) {
        self.partition = partition
        self.vector = vector
    }
}

/// One question of a partition.
struct AlikeRow: Sendable {
    let key: CacheKey
    let vector: AlikeVector
}

/// The questions of each partition, those asked last behind.
struct AlikeRows {
    /// Questions of one partition that can be found; of more the oldest are found by their equals alone.
    static let mostRows = 4_096

    private var partitions: [CacheKey: [AlikeRow]] = [:]

    func rows(_ partition: CacheKey) -> [AlikeRow] { partitions[partition] ?? [] }

    mutating func put(_ key: CacheKey, _ mark: AlikeMark) {
        var rows = partitions.removeValue(forKey: mark.partition) ?? []
        if rows.count >= AlikeRows.mostRows { rows.removeFirst(rows.count - AlikeRows.mostRows + 1) }
        rows.append(AlikeRow(key: key, vector: mark.vector))
        partitions[mark.partition] = rows
    }

    mutating func remove(_ key: CacheKey, _ mark: AlikeMark) {
        guard var rows = partitions.removeValue(forKey: mark.partition) else { return }
        if let place = rows.firstIndex(where: { $0.key == key }) { rows.remove(at: place) }
        if !rows.isEmpty { partitions[mark.partition] = rows }
    }

    /// Most multiplications of one search: about a millisecond.
    static let mostProducts = 4 << 20
    /// Answers that are tried, best first: the best may be too old for who asks.
    static let mostFound = 4

    /// The nearest that reach a threshold, best first; of equals the one asked last.
    static func nearest(
        to vector: AlikeVector,
        _ rows: [AlikeRow],
        threshold: Float
    ) -> [(key: CacheKey, similarity: Float)] {
        var found: [(key: CacheKey, similarity: Float)] = []
        var products = mostProducts
        for row in rows.reversed() {
            products -= vector.count
            guard products >= 0 else { break }
            guard let similarity = row.vector.similarity(to: vector), similarity >= threshold else { continue }
            let place = found.firstIndex { $0.similarity < similarity } ?? found.count
            guard place < mostFound else { continue }
            found.insert((row.key, similarity), at: place)
            if found.count > mostFound { found.removeLast() }
        }
        return found
    }
}
