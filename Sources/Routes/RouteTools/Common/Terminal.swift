import Glibc
import Report

/// Where a command writes, and whether what it writes may have colors.
package struct Terminal {
    /// Takes the output, line ends included.
    package let print: (String) -> Void
    /// Takes what is said to the person at the keyboard, line ends included.
    package let complain: (String) -> Void
    /// True when the output goes to a terminal.
    package let isTerminal: Bool
    /// Looks up a variable of the environment.
    package let variable: (String) -> String?

    /// Names the two streams.
    package init(
        isTerminal: Bool = false,
        variable: @escaping (String) -> String? = { _ in nil },
        print: @escaping (String) -> Void,
        complain: @escaping (String) -> Void
    ) {
        self.isTerminal = isTerminal
        self.variable = variable
        self.print = print
        self.complain = complain
    }

    /// This process's own streams and environment.
    package static func standard(
        print: @escaping (String) -> Void,
        complain: @escaping (String) -> Void
    ) -> Terminal {
        Terminal(
            isTerminal: isatty(1) == 1,
            variable: { getenv($0).map { String(cString: $0) } },
            print: print,
            complain: complain
        )
    }

    /// Prints text for people: control characters of names and values, which could rewrite a terminal, become visible.
    func show(_ text: String) { print(Columns.printable(text, keeping: ["\n", "\t"])) }

    /// Says what is wrong with a command line and answers the exit code for it (`routes.md` 4.3).
    func misuse(_ fault: Misuse, command: String, usage: String) -> Int32 {
        complain(Columns.printable("hoosh-proxy \(command): \(fault.sentence)\n\(usage)", keeping: ["\n", "\t"]))
        return ExitCode.usage
    }
}

/// What the exit codes of every command mean (`routes.md` 4.3).
enum ExitCode {
    static let success: Int32 = 0
    /// Findings, a failed test, a difference.
    static let finding: Int32 = 1
    /// A command line that cannot be understood, or input that cannot be read.
    static let usage: Int32 = 2
    /// The program disagrees with itself.
    static let fault: Int32 = 3
}

/// A command line that cannot be understood, in words.
struct Misuse: Error, Equatable {
    let sentence: String
    init(_ sentence: String) { self.sentence = sentence }
}
