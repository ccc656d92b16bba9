import Bytes
import Glibc
import JSON
import RouteLanguage
import RouteModel

/// Questions that are asked before anybody does (`cache.warm`), read; immutable.
struct WarmList: Sendable {
    /// As a client would send them, head and body.
    private(set) var requests: [[UInt8]] = []
    let sender: Sender
    let concurrency: Int
    /// `/readyz` waits until all were asked.
    let holdsReadiness: Bool

    /// The most requests, and the largest file of them.
    private static let requestsLimit = 10_000
    private static let fileLimitBytes = 16 << 20

    /// Nil where there are none; what is wrong with them goes to `faults`.
    static func read(_ settings: WarmSettings?, _ faults: inout [String]) -> WarmList? {
        guard let settings else { return nil }
        var list = WarmList(
            sender: Sender(key: settings.key?.value, tenant: settings.tenant, origin: .warm),
            concurrency: settings.concurrency,
            holdsReadiness: settings.holdsReadiness
        )
        for (number, entry) in settings.requests.enumerated() {
            guard !WarmSettings.isInline(entry.value) else {
                list.add(Array(entry.value.utf8), "cache.warm.requests[\(number)]", &faults)
                continue
            }
            let text: [UInt8]
            do throws(Files.Failure) { text = try Files.read(entry.value, limit: fileLimitBytes) } catch {
                faults.append("cache.warm: cannot read `\(entry.value)`: \(error.reason)")
                continue
            }
            for (index, line) in text.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
                guard let first = line.first(where: { $0 > 0x20 }), first != 0x23 else { continue }
                list.add(Array(line), "\(entry.value):\(index + 1)", &faults)
            }
        }
        if list.requests.count > requestsLimit { faults.append("cache.warm has more than \(requestsLimit) requests") }
        return list
    }

    private init(sender: Sender, concurrency: Int, holdsReadiness: Bool) {
        self.sender = sender
        self.concurrency = concurrency
        self.holdsReadiness = holdsReadiness
    }

    private mutating func add(_ text: [UInt8], _ place: String, _ faults: inout [String]) {
        // One line of each list is enough to see what is wrong with it.
        guard faults.count < 20 else { return }
        do {
            let node = try JSONNode.parse(text)
            let item = try BatchOrder.item(node, "", takesStreams: true)
            requests.append(try WarmList.request(item, node["headers"]))
        } catch let fault as BatchOrder.Fault {
            faults.append("\(place): \(fault.message)")
        } catch let fault as JSONFault {
            faults.append("\(place): no valid JSON: \(fault.message)")
        } catch {
            faults.append("\(place): cannot be read")
        }
    }

    /// Writes a request as a client would send it.
    private static func request(_ item: BatchOrder.Item, _ headers: JSONNode?) throws(BatchOrder.Fault) -> [UInt8] {
        var bytes = Array("POST ".utf8) + item.path + Array(" HTTP/1.1\r\nhost: hoosh-proxy\r\n".utf8)
        for member in headers?.members ?? [] {
            let name = member.key.lowercased()
            let isName = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x3a }
            guard isName, !reserved.contains(name), let value = member.value.string?.plain,
                value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
            else {
                let message = "`headers` are texts by name, without those of framing and credentials"
                throw BatchOrder.Fault(message: message, param: "headers")
            }
            bytes += Array("\(name): ".utf8) + value + [0x0d, 0x0a]
        }
        bytes += Array("content-type: application/json\r\nconnection: close\r\ncontent-length: ".utf8)
        return bytes + Array("\(item.body.count)\r\n\r\n".utf8) + item.body
    }

    private static let reserved: Set<String> = [
        "host", "connection", "content-length", "content-type", "content-encoding", "transfer-encoding", "te",
        "upgrade", "expect", "authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie",
    ]
}
