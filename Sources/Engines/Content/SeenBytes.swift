import Routing

/// Which windows occur in a text: one pass for all patterns, one bit for each window.
///
/// Shift-And (Baeza-Yates and Gonnet, 1992) over four places: `places[k][byte]` holds the windows that allow the byte at
/// their k-th place; a bit that survives four places in a row has been seen.
struct SeenBytes: Sendable {
    /// Four tables of 256, the window's first place first.
    private var places = [UInt64](repeating: 0, count: 4 * 256)
    /// Windows with at most three, two and one places: what stands before the text's first byte is as good as any.
    private var short: (UInt64, UInt64, UInt64) = (0, 0, 0)
    private var windows: [RequiredBytes.Window] = []
    /// Text that may be folded has it: the pass that looks for windows sees such text, too.
    static let foldBit: UInt64 = 1

    init() {
        for byte in 0..<256 where Folding.mayFold(UInt8(byte)) { places[768 + byte] |= Self.foldBit }
        for place in 0..<3 { for byte in 0..<256 { places[place * 256 + byte] |= Self.foldBit } }
        short = (Self.foldBit, Self.foldBit, Self.foldBit)
        // Its place is taken; no pattern has a window without places.
        windows = [[]]
    }

    /// The bits of a pattern's windows; nil when there is no room for them, so that the pattern must always run.
    mutating func bits(of required: RequiredBytes) -> UInt64? {
        var mask: UInt64 = 0
        for window in required.windows {
            if let known = windows.firstIndex(of: window) {
                mask |= 1 << UInt64(known)
                continue
            }
            guard windows.count < 64 else { return nil }
            mask |= 1 << UInt64(windows.count)
            add(window)
        }
        return mask
    }

    private mutating func add(_ window: RequiredBytes.Window) {
        let bit: UInt64 = 1 << UInt64(windows.count)
        let free = RequiredBytes.widthLimit - window.count
        for place in 0..<RequiredBytes.widthLimit {
            for byte in 0..<256 where place < free || window[place - free].contains(UInt8(byte)) {
                places[place * 256 + byte] |= bit
            }
        }
        if free >= 1 { short.0 |= bit }
        if free >= 2 { short.1 |= bit }
        if free >= 3 { short.2 |= bit }
        windows.append(window)
    }

    /// The windows that occur in a text.
    func mask(of text: Span<UInt8>) -> UInt64 {
        var (first, second, third) = short
        var seen: UInt64 = 0
        places.withUnsafeBufferPointer { tables in
            // Every index is below 4 × 256: a byte and one of four offsets.
            for index in text.indices {
                let byte = Int(text[index])
                seen |= third & tables[768 + byte]
                third = second & tables[512 + byte]
                second = first & tables[256 + byte]
                first = tables[byte]
            }
        }
        return seen
    }
}
