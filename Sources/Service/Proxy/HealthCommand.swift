import Glibc
import Loop

/// `hoosh-proxy health [--ready]`: one question to a running proxy, for exec probes.
package enum HealthCommand {
    /// How long the answer may take, milliseconds; below Kubernetes' default probe time-out of 1 s.
    private static let timeoutMilliseconds = 900

    /// Asks and answers the exit code: 0 well, 1 not, 2 usage.
    package static func run(_ arguments: [String]) -> Int32 {
        var path = "/healthz"
        var admin = "127.0.0.1:8089"
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--ready": path = "/readyz"
            case "--admin":
                guard let value = rest.popFirst() else { return usage("--admin wants an address behind it") }
                admin = value
            case _ where argument.hasPrefix("--admin="): admin = String(argument.dropFirst(8))
            default: return usage("unknown argument `\(argument)`")
            }
        }
        guard let address = ListenAddress(admin) else {
            return usage("`\(admin)` is no address; write host:port or unix:/path")
        }
        guard let connection = address.connect(timeoutMilliseconds: timeoutMilliseconds) else {
            Console.say("nothing answers at \(address): \(Kernel.describe(errno))")
            return 1
        }
        let answer = ask(connection, path)
        guard answer.hasPrefix("HTTP/1.1 200 ") else {
            let line = answer.prefix { $0 != "\r" && $0 != "\n" && $0 != "\r\n" }
            Console.say("\(address)\(path) answered: \(line.isEmpty ? "nothing" : String(line))")
            return 1
        }
        return 0
    }

    private static func usage(_ sentence: String) -> Int32 {
        Console.say(sentence)
        Console.write("usage: hoosh-proxy health [--ready] [--admin ADDRESS]\n")
        return 2
    }

    private static func ask(_ connection: borrowing Descriptor, _ path: String) -> String {
        let request = Array("GET \(path) HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n".utf8)
        _ = request.withUnsafeBytes { Kernel.send(connection.number, $0) }
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4_096)
        while answer.count < 65_536 {
            let result = part.withUnsafeMutableBytes { Kernel.receive(connection.number, into: $0) }
            guard case .moved(let count) = result else { break }
            answer += part[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }
}
