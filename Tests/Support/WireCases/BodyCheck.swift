import HTTP

/// Bodies: splits change nothing, stepping back leads to the same place, chunks that are written are read again.
enum BodyCheck {
    /// What a walk came to.
    struct Outcome: Equatable {
        var payload: [UInt8] = []
        var consumed = 0
        var hasEnded = false
        var isBroken = false
    }

    /// The first byte says which framing, the next two a length.
    static func run(_ bytes: [UInt8]) throws(Violation) {
        guard bytes.count >= 3 else { return }
        let rest = Array(bytes[3...])
        let framing: BodyFraming =
            switch bytes[0] & 3 {
            case 0: .length(Int(bytes[1]) << 8 | Int(bytes[2]))
            case 1: .untilClose
            default: .chunked
            }
        var dice = Dice(of: bytes)
        let whole = try walk(rest, framing, cuts: [rest.count], &dice)
        for _ in 0..<3 {
            let pieces = try walk(rest, framing, cuts: dice.cuts(rest.count), &dice)
            try claim(pieces == whole, "at once \(whole), in pieces \(pieces)")
        }
        try roundTrip(rest, &dice)
    }

    static func walk(_ bytes: [UInt8], _ framing: BodyFraming, cuts: [Int], _ dice: inout Dice) throws(Violation)
        -> Outcome
    {
        var outcome = Outcome()
        var walker = BodyWalker(framing)
        for cut in cuts {
            let part = bytes.span.extracting(outcome.consumed..<cut)
            var position = 0
            do throws(HTTPFault) {
                walking: while true {
                    switch try walker.next(part, at: &position) {
                    case .payload(let range):
                        for index in range { outcome.payload.append(part[index]) }
                        guard !range.isEmpty, range.upperBound == position else { throw HTTPFault.malformed("empty") }
                        var back = walker
                        let count = dice.roll(range.count + 1)
                        back.stepBack(count)
                        var again = position - count
                        if count > 0 {
                            let step = try back.next(part, at: &again)
                            guard step == .payload((position - count)..<position), back == walker else {
                                throw HTTPFault(599, "step_back", "stepping back leads elsewhere")
                            }
                        }
                    case .more: break walking
                    case .end:
                        outcome.hasEnded = true
                        break walking
                    }
                }
            } catch {
                guard error.status == 400 else { throw Violation(claim: "stepping back leads elsewhere") }
                outcome.isBroken = true
                // Where exactly it is seen depends on how much is there.
                outcome.consumed = 0
                return outcome
            }
            try claim(position <= part.count, "a position outside")
            outcome.consumed += position
            if outcome.hasEnded { break }
        }
        try claim(walker.isEnded == outcome.hasEnded || framing == .untilClose, "ended without saying so")
        return outcome
    }

    /// Writes the bytes as chunks of random sizes and reads them back.
    private static func roundTrip(_ payload: [UInt8], _ dice: inout Dice) throws(Violation) {
        var text: [UInt8] = []
        var start = 0
        while start < payload.count {
            let count = 1 + dice.roll(min(payload.count - start, 40))
            let size = String(count, radix: 16, uppercase: dice.isLucky(2))
            text += Array((dice.isLucky(3) ? "\(size);a=\"b\"\r\n" : "\(size)\r\n").utf8)
            text += payload[start..<(start + count)] + [0x0d, 0x0a]
            start += count
        }
        text += Array((dice.isLucky(2) ? "0\r\n\r\n" : "000;x\r\nX-Sum: 1\r\n\r\n").utf8)
        let end = text.count
        text += Array("GET /".utf8)
        let outcome = try walk(text, .chunked, cuts: dice.cuts(text.count), &dice)
        try claim(
            outcome == Outcome(payload: payload, consumed: end, hasEnded: true, isBroken: false),
            "chunks that were written are not read again"
        )
    }
}
