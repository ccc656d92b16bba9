// Arithmetic with numbers that others say: a provider's counts, a client's, what stands in a store.
extension Int {
    /// The sum; the largest or the smallest number there is where it would be beyond that.
    @inlinable
    public func plus(bounded other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? (other > 0 ? .max : .min) : sum
    }

    /// The product; the largest or the smallest number there is where it would be beyond that.
    @inlinable
    public func times(bounded other: Int) -> Int {
        let (product, overflows) = multipliedReportingOverflow(by: other)
        return overflows ? ((self > 0) == (other > 0) ? .max : .min) : product
    }

    /// Adds to a sum that grows no further than the largest number there is.
    @inlinable
    public mutating func add(bounded other: Int) { self = plus(bounded: other) }
}
