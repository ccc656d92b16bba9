import CFuzz
import Glibc
import WireCases

/// `hoosh-fuzz TARGET [LIBFUZZER-ARGUMENT]...`: looks for bytes that break a claim of `WireCheck`.
@main
struct Main {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count > 1, let check = WireCheck(rawValue: arguments[1]) else {
            let names = WireCheck.allCases.map(\.rawValue).joined(separator: "|")
            print("usage: hoosh-fuzz \(names) [LIBFUZZER-ARGUMENT]...")
            exit(2)
        }
        Chosen.check = check
        var count = Int32(arguments.count - 1)
        var texts = ([arguments[0]] + arguments.dropFirst(2)).map { strdup($0) } + [nil]
        texts.withUnsafeMutableBufferPointer { buffer in
            var base = buffer.baseAddress
            // The driver ends the process itself.
            _ = LLVMFuzzerRunDriver(&count, &base) { bytes, size in
                Chosen.run(UnsafeBufferPointer(start: bytes, count: size))
                return 0
            }
        }
    }
}

/// The target of this run.
private enum Chosen {
    /// Set once, before the driver starts; the driver calls back on that same thread.
    nonisolated(unsafe) static var check = WireCheck.head

    static func run(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let violation = check.violation(Array(bytes)) else { return }
        fatalError("\(check.rawValue): \(violation)")
    }
}
