/// Numbers that look random and are the same for the same seed (SplitMix64).
struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `sides` - 1.
    mutating func roll(_ sides: Int) -> Int { Int(next() % UInt64(max(sides, 1))) }

    /// A size that is mostly small, often tiny and sometimes large.
    mutating func size() -> Int {
        switch roll(16) {
        case 0...2: 1 + roll(3)
        case 3...8: 1 + roll(64)
        case 9...13: 1 + roll(1024)
        default: 1 + roll(20_000)
        }
    }
}

/// An event stream with everything in it that the standard allows, decided by a seed.
///
/// WHATWG HTML §9.2: lines end with LF, CRLF or CR; comments, ids, retry times, events of several data lines and of
/// none. One event keeps to one line end, since CR and LF side by side would be a single one.
struct RandomEvents {
    private var dice: Dice
    private static let ends: [[UInt8]] = [[0x0a], [0x0d, 0x0a], [0x0d]]
    private static let scraps = ["token", "é", "日本語", "🦉", "\\n", "{\\\"a\\\":1}", "data:", ": ", "ß∂", " ", "[DONE"]

    init(seed: UInt64) { dice = Dice(seed) }

    /// The stream as one payload of as many pieces as events; `count` nil lets the seed choose 1 to 60.
    mutating func payload(count: Int?, model: String, hasDone: Bool) -> Payload {
        var payload = Payload()
        if dice.roll(8) == 0 { payload.text.add(bytes: [0xef, 0xbb, 0xbf]) }
        for index in 0..<(count ?? 1 + dice.roll(60)) {
            // A byte order mark belongs to the first event.
            let start = index == 0 ? 0 : payload.text.count
            addEvent(&payload.text, index, model)
            payload.close(from: start, events: 1)
        }
        if hasDone {
            let start = payload.text.count
            let end = RandomEvents.ends[dice.roll(3)]
            payload.text.add("data: [DONE]")
            payload.text.add(bytes: end + end)
            payload.close(from: start, events: 0)
        }
        return payload
    }

    private mutating func addEvent(_ out: inout ByteText, _ index: Int, _ model: String) {
        let end = RandomEvents.ends[dice.roll(3)]
        if dice.roll(5) == 0 { addLine(&out, ": \(scrap(4))", end) }
        if dice.roll(12) == 0 { out.add(bytes: end) }
        if dice.roll(5) == 0 { addLine(&out, "id: \(index)", end) }
        if dice.roll(9) == 0 { addLine(&out, "event: message", end) }
        if dice.roll(17) == 0 { addLine(&out, "retry: \(dice.roll(5000))", end) }
        let space = dice.roll(4) == 0 ? "" : " "
        switch dice.roll(10) {
        case 0: break
        case 1:
            // Several data lines make one JSON text.
            addLine(&out, "data:\(space){\"choices\":[{\"index\":0,", end)
            addLine(&out, "data:\(space)\"delta\":{\"content\":\"\(scrap(6))\"},", end)
            addLine(&out, "data:\(space)\"finish_reason\":null}],\"model\":\"\(model)\"}", end)
        default:
            let long = dice.roll(12) == 0 ? String(repeating: "long ", count: dice.roll(4000)) : ""
            addLine(
                &out,
                "data:\(space){\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion.chunk\",\"model\":\"\(model)\","
                    + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(long)\(scrap(8))\"}}]}",
                end
            )
        }
        out.add(bytes: end)
    }

    private mutating func scrap(_ limit: Int) -> String {
        var text = ""
        for _ in 0..<dice.roll(limit) { text += RandomEvents.scraps[dice.roll(RandomEvents.scraps.count)] }
        return text
    }

    private func addLine(_ out: inout ByteText, _ text: String, _ end: [UInt8]) {
        out.add(text: text)
        out.add(bytes: end)
    }
}
