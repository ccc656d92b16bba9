import Loop

/// Plays the script of an answer.
extension Connection {
    /// Writes in one go before other connections get their turn.
    private static let writesPerTurn = 64

    /// True when the answer is over; false when something has to be waited for.
    func play() -> Bool {
        guard let script else { return true }
        var budget = Connection.writesPerTurn
        while state == .playing {
            guard stepIndex < script.steps.count else {
                finishAnswer()
                return true
            }
            let step = script.steps[stepIndex]
            switch step.act {
            case .send: if !playSend(step, script, &budget) { return false }
            case .pause, .stall:
                if !isWaiting {
                    isWaiting = true
                    wakeAt = loop.now + step.nanoseconds
                    nextDue = step.act == .stall ? 0 : wakeAt
                    setTimer(at: wakeAt)
                }
                if wakeAt > loop.now { return false }
                isWaiting = false
                nextDue = 0
                if step.act == .stall {
                    note(.fault(script.fault))
                    close()
                    return true
                }
                advance()
            case .turn:
                advance()
                queue()
                return false
            case .finish, .cut:
                note(script.fault.isEmpty ? .completed : .fault(script.fault))
                self.script = nil
                linger(tellingPeer: step.act == .finish)
            case .reset:
                note(.fault(script.fault))
                Kernel.resetOnClose(socket)
                close()
            case .keep:
                finishAnswer()
                return true
            }
        }
        return true
    }

    private func finishAnswer() {
        note(script.map { $0.fault.isEmpty } ?? true ? .completed : .fault(script?.fault ?? ""))
        script = nil
        if state == .playing { state = .reading }
    }

    private func advance() {
        stepIndex += 1
        repetition = 0
        sent = 0
    }

    private func queue() {
        guard !isQueued else { return }
        isQueued = true
        loop.again(self)
    }

    /// Writes a step's bytes as often as it says; false when it must wait.
    private func playSend(_ step: Step, _ script: Script, _ budget: inout Int) -> Bool {
        while repetition < step.repeats {
            if sent == 0, step.isPaced, script.gapNanoseconds > 0, !gateIsOpen(script.gapNanoseconds) { return false }
            if budget == 0 || (script.splitNanoseconds != nil && wakeAt > loop.now) {
                queue()
                return false
            }
            budget -= 1
            if sent == 0, step.stamp >= 0 { stamp(step, script) }
            switch write(step, script) {
            case .moved(let count):
                sent += count
                if let gap = script.splitNanoseconds {
                    budget = 0
                    wakeAt = loop.now + gap
                }
            case .wouldBlock: return false
            case .ended, .failed:
                peerIsGone = true
                return false
            }
            if sent == step.count {
                sent = 0
                repetition += 1
                eventsSent += step.events
                if step.isPaced, script.gapNanoseconds > 0 { nextDue += script.gapNanoseconds }
            }
        }
        advance()
        return true
    }

    private func write(_ step: Step, _ script: Script) -> Transfer {
        let limit = script.splitNanoseconds != nil ? 1 : step.count - sent
        if step.stamp >= 0 {
            return stamped.withUnsafeBytes { send(raw: part($0, sent..<(sent + limit))) }
        }
        let start = step.offset + sent
        return script.bytes.withUnsafeBytes { send(raw: part($0, start..<(start + limit))) }
    }

    /// True when the next paced write is due.
    ///
    /// The schedule is absolute: a late write does not delay the later ones.
    private func gateIsOpen(_ gap: Int64) -> Bool {
        if nextDue == 0 {
            nextDue = loop.now
            return true
        }
        if nextDue <= loop.now { return true }
        // The poller waits in whole milliseconds: shorter gaps are waited out turning.
        if gap < 1_000_000 {
            queue()
        } else {
            setTimer(at: nextDue)
        }
        return false
    }

    /// Copies the step's bytes and puts the time into them, 19 digits of monotonic nanoseconds.
    private func stamp(_ step: Step, _ script: Script) {
        stamped.removeAll(keepingCapacity: true)
        stamped.append(contentsOf: script.bytes[step.offset..<(step.offset + step.count)])
        var rest = Kernel.monotonicNanoseconds()
        var index = step.stamp + 18
        while index >= step.stamp {
            stamped[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
            index -= 1
        }
    }
}
