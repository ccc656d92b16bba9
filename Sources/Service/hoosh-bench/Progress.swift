import Foundation

/// The line on standard error that says what is measured and how long it may still take.
struct Progress {
    private let totalSeconds: Double
    private var doneSeconds = 0.0
    private let startedAt = Clock.seconds
    private let isTerminal = isatty(2) == 1
    private var lastLine = ""

    init(totalSeconds: Double) { self.totalSeconds = max(1, totalSeconds) }

    mutating func begin(_ what: String, _ round: Int, _ rounds: Int) {
        let spent = Clock.seconds - startedAt
        // The plan until there is experience, then experience.
        let scale = doneSeconds > totalSeconds / 20 ? spent / doneSeconds : 1
        let left = Int((totalSeconds - doneSeconds) * scale)
        lastLine = "hoosh-bench: round \(round) of \(rounds), \(what), about \(left) s left"
        write(isTerminal ? "\r\u{1b}[K\(lastLine)" : "\(lastLine)\n")
    }

    mutating func advance(_ seconds: Double) { doneSeconds += seconds }

    func say(_ text: String) { write(isTerminal ? "\r\u{1b}[Khoosh-bench: \(text)\n" : "hoosh-bench: \(text)\n") }

    func finish() { if isTerminal { write("\r\u{1b}[K") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
