/// Durations of one run, in nanoseconds, kept without allocating.
///
/// Room is set aside once; what does not fit is counted and left out, so a measurement never grows memory under way.
final class SampleBuffer {
    private let storage: UnsafeMutablePointer<UInt32>
    private let capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        storage = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit { storage.deallocate() }

    /// Adds one; beyond 4.29 s it counts as 4.29 s, below zero as zero.
    @inline(__always)
    func add(nanoseconds: Int64) {
        guard count < capacity else { return }
        storage[count] = UInt32(clamping: nanoseconds)
        count += 1
    }

    func removeAll() { count = 0 }

    /// The given quantiles in microseconds, nil without samples; sorts in place.
    func quantilesMicroseconds(_ quantiles: [Double]) -> [Double]? {
        guard count > 0 else { return nil }
        var sorted = UnsafeMutableBufferPointer(start: storage, count: count)
        sorted.sort()
        return quantiles.map { quantile in
            Double(storage[min(count - 1, Int(quantile * Double(count)))]) / 1000
        }
    }
}
