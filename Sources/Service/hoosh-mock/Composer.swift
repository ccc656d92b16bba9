/// Frames a payload, puts a head before it and lays the faults in: the script of an answer.
struct Composer {
    let controls: Controls
    /// The head of the request, as far as it decides the framing.
    let isHTTP10: Bool
    let keepsAlive: Bool
    let isHEAD: Bool
    let gapNanoseconds: Int64

    private var out = ByteText()
    private var steps: [Step] = []
    private var framing = Controls.Framing.length
    private var faults: Faults { controls.faults }

    static let stallNanoseconds: Int64 = 60_000_000_000
    private static let defaultDelayNanoseconds: Int64 = 1_000_000_000
    private static let shortByBytes = 100
    /// Faults after which the exchange did not end as a sound one.
    private static let breaking: Faults = [
        .stall, .cut, .reset, .closeBeforeHead, .badChunk, .extra, .badHead, .doubleLength, .lengthAndChunked,
        .shortBody, .noDone, .errorEvent, .closeWhileIdle,
    ]

    init(_ controls: Controls, isHTTP10: Bool, keepsAlive: Bool, isHEAD: Bool, gapNanoseconds: Int64) {
        self.controls = controls
        self.isHTTP10 = isHTTP10
        self.keepsAlive = keepsAlive
        self.isHEAD = isHEAD
        self.gapNanoseconds = controls.gapNanoseconds ?? gapNanoseconds
    }

    /// The script for this answer; `fields` are header lines of its own.
    mutating func compose(status: Int, fields: ByteText, payload: Payload, isStream: Bool) -> Script {
        framing = controls.framing ?? (isStream ? .chunked : .length)
        if !faults.isDisjoint(with: [.badChunk, .trailers, .chunkExtensions, .lengthAndChunked]) { framing = .chunked }
        if !faults.isDisjoint(with: [.shortBody, .doubleLength]) { framing = .length }
        if isHTTP10 || faults.contains(.http10) { framing = .close }
        if faults.contains(.slowHead) { pause() }
        if faults.contains(.closeBeforeHead) {
            steps.append(Step(act: .finish))
            return script()
        }
        if faults.contains(.reset), controls.after ?? 0 == 0 {
            steps.append(Step(act: .reset))
            return script()
        }
        addHead(status, fields, payload)
        if isHEAD || faults.contains(.noContent) {
            end(closes: !keepsAlive)
            return script()
        }
        if faults.contains(.lateFirstEvent) { pause() }
        if controls.isRandom, isStream {
            addRandom(payload)
            return script()
        }
        addBody(payload)
        return script()
    }

    private func script() -> Script {
        Script(
            bytes: out.bytes,
            steps: steps,
            gapNanoseconds: gapNanoseconds,
            splitNanoseconds: faults.contains(.split) ? controls.splitNanoseconds : nil,
            fault: faults.isDisjoint(with: Composer.breaking) ? "" : controls.faultText
        )
    }

    private mutating func pause() {
        let time = controls.delayNanoseconds ?? Composer.defaultDelayNanoseconds
        steps.append(Step(act: .pause, nanoseconds: time))
    }

    // MARK: Head

    private mutating func addHead(_ status: Int, _ fields: ByteText, _ payload: Payload) {
        if faults.contains(.interim) {
            out.add("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </mock>; rel=preload\r\n\r\n")
            steps.append(Step(act: .send, count: out.count))
        }
        let start = out.count
        if faults.contains(.badHead) {
            out.add("HTTP/1.1 2OO Fine\r\n")
        } else {
            let number = faults.contains(.noContent) ? 204 : status
            out.add(text: faults.contains(.http10) ? "HTTP/1.0 " : "HTTP/1.1 ")
            out.add(number: number)
            out.add(text: " \(Composer.reason(number))\r\n")
        }
        out.add("Server: hoosh-mock\r\n")
        if !faults.contains(.noContent) { addFraming(payload.totalBytes) }
        out.add(bytes: fields.bytes)
        if faults.contains(.trailers) { out.add("Trailer: X-Mock-Digest, X-Mock-End\r\n") }
        if faults.contains(.hugeHead) { addFiller() }
        if closesAfter { out.add("Connection: close\r\n") }
        out.add("\r\n")
        steps.append(Step(act: .send, offset: start, count: out.count - start))
    }

    private var closesAfter: Bool {
        !keepsAlive || framing == .close || faults.contains(.shortBody)
    }

    private mutating func addFraming(_ bodyBytes: Int) {
        switch framing {
        case .close: break
        case .chunked:
            if faults.contains(.lengthAndChunked) { addLength(bodyBytes) }
            out.add("Transfer-Encoding: chunked\r\n")
        case .length:
            addLength(bodyBytes + (faults.contains(.shortBody) ? Composer.shortByBytes : 0))
            if faults.contains(.doubleLength) { addLength(bodyBytes + 1) }
        }
    }

    private mutating func addLength(_ count: Int) {
        out.add("Content-Length: ")
        out.add(number: count)
        out.add("\r\n")
    }

    /// Header lines of 1,000 bytes until the wanted size is reached.
    private mutating func addFiller() {
        let end = out.count + controls.headBytes
        var line = 0
        while out.count < end {
            let start = out.count
            out.add("X-Mock-Filler-")
            out.add(number: line)
            out.add(": ")
            out.fill(998 - (out.count - start), with: UInt8(ascii: "f"))
            out.add("\r\n")
            line += 1
        }
    }

    // MARK: Body

    private mutating func addBody(_ payload: Payload) {
        let breaks = !faults.isDisjoint(with: [.stall, .cut, .reset, .badChunk, .errorEvent])
        let after = controls.after ?? 0
        var soFar = 0
        for piece in payload.pieces {
            guard breaks else {
                addPiece(payload, piece, piece.repeats)
                continue
            }
            let whole = piece.events == 0 ? 0 : min(piece.repeats, (after - soFar) / piece.events)
            let isOver = piece.events == 0 ? piece.isTail && soFar >= after : whole < piece.repeats
            guard isOver else {
                addPiece(payload, piece, piece.repeats)
                soFar += piece.events * piece.repeats
                continue
            }
            addPiece(payload, piece, whole)
            return addBreak(payload, piece)
        }
        breaks ? addBreak(payload, nil) : addEnd()
    }

    /// Frames a piece and writes it so many times, a batch of chunks in each write.
    private mutating func addPiece(_ payload: Payload, _ piece: Payload.Piece, _ repeats: Int) {
        guard repeats > 0 else { return }
        let batch = min(controls.batch, repeats)
        addWrite(payload, piece, chunks: batch, repeats: repeats / batch)
        if repeats % batch > 0 { addWrite(payload, piece, chunks: repeats % batch, repeats: 1) }
    }

    private mutating func addWrite(_ payload: Payload, _ piece: Payload.Piece, chunks: Int, repeats: Int) {
        let start = out.count
        let stamp = addFramed(payload, piece)
        for _ in 1..<chunks { _ = addFramed(payload, piece) }
        if piece.joins, repeats == 1, let last = steps.last, last.act == .send, last.repeats == 1,
            last.offset + last.count == start
        {
            steps[steps.count - 1].count += out.count - start
            steps[steps.count - 1].events += piece.events * chunks
            return
        }
        steps.append(
            Step(
                act: .send,
                offset: start,
                count: out.count - start,
                repeats: repeats,
                events: piece.events * chunks,
                stamp: stamp,
                isPaced: piece.isPaced
            )
        )
    }

    /// Adds the bytes of a piece with its chunk framing; gives the place of its stamp among them.
    private mutating func addFramed(_ payload: Payload, _ piece: Payload.Piece, sizeLine: String? = nil) -> Int {
        let start = out.count
        if framing == .chunked {
            if let sizeLine {
                out.add(text: sizeLine)
            } else if faults.contains(.chunkExtensions) {
                out.add("000")
                out.add(hex: UInt64(piece.count), uppercase: true)
                out.add(";mock=1")
            } else {
                out.add(hex: UInt64(piece.count))
            }
            out.add("\r\n")
        }
        let stamp = piece.stamp < 0 ? -1 : out.count - start + piece.stamp
        payload.text.bytes.withUnsafeBytes { out.add(raw: part($0, piece.offset..<(piece.offset + piece.count))) }
        if framing == .chunked { out.add("\r\n") }
        return stamp
    }

    /// What happens instead of `next`, or of the end when there is none.
    private mutating func addBreak(_ payload: Payload, _ next: Payload.Piece?) {
        if controls.delayNanoseconds != nil, faults.isDisjoint(with: [.slowHead, .lateFirstEvent]) { pause() }
        if faults.contains(.errorEvent) {
            var error = Payload()
            if payload.errorEvent.isEmpty {
                error.text.add("data: {\"error\":{\"message\":\"hoosh-mock was asked to fail here\",")
                error.text.add("\"type\":\"server_error\",\"param\":null,\"code\":\"mock_fault\"}}\n\n")
            } else {
                error.text.add(bytes: payload.errorEvent)
            }
            error.close(from: 0, events: 0)
            for piece in error.pieces { addPiece(error, piece, 1) }
            return addEnd()
        }
        if faults.contains(.badChunk) {
            let start = out.count
            _ = addFramed(payload, next ?? Payload.Piece(offset: 0, count: 0), sizeLine: controls.chunkLine)
            steps.append(Step(act: .send, offset: start, count: out.count - start, isPaced: true))
            return addEnd()
        }
        if faults.contains(.stall) {
            steps.append(Step(act: .stall, nanoseconds: Composer.stallNanoseconds))
            return
        }
        if faults.contains(.cut), let next {
            let start = out.count
            _ = addFramed(payload, next)
            steps.append(Step(act: .send, offset: start, count: (out.count - start) / 2, isPaced: true))
        }
        steps.append(Step(act: faults.contains(.cut) ? .cut : .reset))
    }

    /// What closes the body: the last chunk, trailers, and a smuggled answer if one is asked for.
    private mutating func addTerminal() {
        if framing == .chunked {
            out.add("0\r\n")
            if faults.contains(.trailers) { out.add("X-Mock-Digest: 5eed\r\nX-Mock-End: yes\r\n") }
            out.add("\r\n")
        }
        if faults.contains(.extra) {
            out.add("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n")
            out.add("{\"smuggled\":\"mock\"}")
        }
    }

    private mutating func addEnd() {
        let start = out.count
        addTerminal()
        if out.count > start {
            if let last = steps.last, last.act == .send, last.repeats == 1, last.offset + last.count == start {
                steps[steps.count - 1].count += out.count - start
            } else {
                steps.append(Step(act: .send, offset: start, count: out.count - start))
            }
        }
        end(closes: closesAfter)
    }

    private mutating func end(closes: Bool) {
        if faults.contains(.closeWhileIdle) {
            steps.append(Step(act: .pause, nanoseconds: controls.idleCloseNanoseconds))
            steps.append(Step(act: .finish))
        } else if faults.contains(.shortBody) {
            steps.append(Step(act: .cut))
        } else {
            steps.append(Step(act: closes ? .finish : .keep))
        }
    }

    /// A body whose chunks and writes fall where the seed wants them.
    private mutating func addRandom(_ payload: Payload) {
        var dice = Dice(controls.seed ^ 0x5eed)
        let start = out.count
        let all = payload.text.bytes
        var offset = 0
        while offset < all.count, framing == .chunked {
            let size = min(all.count - offset, dice.size())
            out.add(hex: UInt64(size), digits: dice.roll(4) == 0 ? 5 : 1, uppercase: dice.roll(2) == 0)
            out.add("\r\n")
            all.withUnsafeBytes { out.add(raw: part($0, offset..<(offset + size))) }
            out.add("\r\n")
            offset += size
        }
        if framing != .chunked { out.add(bytes: all) }
        addTerminal()
        offset = start
        while offset < out.count {
            let size = min(out.count - offset, dice.size())
            steps.append(Step(act: .send, offset: offset, count: size))
            offset += size
            let luck = dice.roll(16)
            if luck == 0 { steps.append(Step(act: .pause, nanoseconds: 1_000_000)) }
            if luck > 6 { steps.append(Step(act: .turn)) }
        }
        if let last = steps.lastIndex(where: { $0.act == .send }) {
            steps[last].events = payload.pieces.reduce(0) { $0 + $1.events }
        }
        end(closes: closesAfter)
    }

    static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: "Mock"
        }
    }
}
