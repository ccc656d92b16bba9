import CFuzz
import Glibc
import RouteClaims
import WireCases

/// `hoosh-fuzz TARGET [LIBFUZZER-ARGUMENT]...`: looks for bytes that break a claim of `WireCheck`.
@main
struct Main {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count > 1, let check = Check(name: arguments[1]) else {
            let names = (WireCheck.allCases.map(\.rawValue) + ["routes"]).joined(separator: "|")
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

/// What is claimed of the bytes.
private struct Check: Sendable {
    let name: String
    let violation: @Sendable ([UInt8]) -> String?

    init?(name: String) {
        self.name = name
        if name == "routes" {
            violation = { RouteCheck.violation($0) }
        } else if let check = WireCheck(rawValue: name) {
            violation = { check.violation($0) }
        } else {
            return nil
        }
    }
}

/// The target of this run.
private enum Chosen {
    /// Set once, before the driver starts; the driver calls back on that same thread.
    nonisolated(unsafe) static var check: Check?

    static func run(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let check, let violation = check.violation(Array(bytes)) else { return }
        fatalError("\(check.name): \(violation)")
    }
}
