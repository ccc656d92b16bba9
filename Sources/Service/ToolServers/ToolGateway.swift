import Forwarding
import Loop
import MCP
import Synchronization
import Telemetry

/// All MCP servers of the process, on the one loop that speaks to them.
///
/// A child process and a session are states that several loops cannot share, and a call of a tool is rare and slow beside
/// a message between loops. Loop only; other loops come through `ToolDesk`.
package final class ToolGateway {
    private let loop: EventLoop
    private let curl: CurlMulti
    private let version: String
    private let say: (String) -> Void
    private var connections: [ToolConnection] = []
    /// Replaced by a reload, with calls that still run.
    private var leaving: [ToolConnection] = []
    private var owners: [Int: ToolConnection] = [:]
    /// Of servers that are gone.
    private var pastCounters: [String: ToolCounters] = [:]
    private var resultLimitBytes = 0

    /// * `version`: of this program, as servers are told it.
    /// * `say`: takes a line for the log.
    package init(loop: EventLoop, curl: CurlMulti, version: String, say: @escaping (String) -> Void) {
        self.loop = loop
        self.curl = curl
        self.version = version
        self.say = say
    }

    /// Goes on to other settings: what is the same stays up, the rest is replaced; calls that run are finished.
    package func apply(_ settings: ToolSettings) {
        let earlier = connections
        let isSameLimit = resultLimitBytes == settings.resultLimitBytes
        resultLimitBytes = settings.resultLimitBytes
        connections = settings.servers.map { server in
            if isSameLimit, let kept = earlier.first(where: { $0.server == server }) { return kept }
            return ToolConnection(
                server,
                loop: loop,
                curl: curl,
                limitBytes: settings.resultLimitBytes,
                version: version,
                say: say
            )
        }
        for old in earlier where !connections.contains(where: { $0 === old }) {
            leaving.append(old)
            old.whenClosed = { [unowned self, unowned old] in
                pastCounters[old.server.name, default: ToolCounters()].add(old.counters)
                leaving.removeAll { $0 === old }
            }
            old.retire()
        }
    }

    /// Gives the tools that `settings` allows, when all servers have told theirs or failed to.
    package func list(_ settings: ToolSettings, _ done: @escaping (ToolListing) -> Void) {
        var missing = connections.count
        guard missing > 0 else { return done(ToolListing()) }
        for connection in connections {
            connection.whenSettled { [weak self] in
                missing -= 1
                if missing == 0, let self { done(listing(settings)) }
            }
        }
    }

    private func listing(_ settings: ToolSettings) -> ToolListing {
        var listing = ToolListing()
        for connection in connections {
            let server = connection.server.name
            guard let tools = connection.tools else {
                listing.unavailable.append(server)
                continue
            }
            for tool in tools where settings.allows("\(server)/\(tool.plainName)") {
                listing.tools.append((server, tool))
            }
        }
        return listing
    }

    /// Calls a tool whose name was allowed; `done` comes once, unless `cancel` comes first.
    package func call(
        _ ticket: Int,
        _ name: ToolName,
        arguments: ArraySlice<UInt8>,
        _ done: @escaping (ToolOutcome) -> Void
    ) {
        guard let connection = connections.first(where: { $0.server.name == name.server }) else {
            // Gone with a reload that the asking loop had not seen.
            return done(.unavailable("it is no longer configured"))
        }
        owners[ticket] = connection
        connection.call(ticket, name.tool, arguments) { [weak self] outcome in
            self?.owners[ticket] = nil
            done(outcome)
        }
    }

    /// Whoever made the call has left.
    package func cancel(_ ticket: Int) { owners.removeValue(forKey: ticket)?.cancel(ticket) }

    /// What was counted, by the server's name.
    package var counters: [String: ToolCounters] {
        var result = pastCounters
        for connection in connections + leaving {
            result[connection.server.name, default: ToolCounters()].add(connection.counters)
        }
        return result
    }

    /// The process ends: no server outlives it.
    package func stop() {
        let children = (connections + leaving).flatMap { $0.endNow() }.map(\.child)
        connections = []
        leaving = []
        if !children.isEmpty { ChildProcess.end(children) }
    }
}

/// The door to the gateway for every loop.
///
/// Any thread.
package final class ToolDesk: Sendable {
    /// `@unchecked Sendable` holds because only letters to the gateway's own loop follow it.
    private final class Place: @unchecked Sendable {
        let gateway: ToolGateway
        let inbox: Inbox
        init(_ gateway: ToolGateway, _ inbox: Inbox) {
            self.gateway = gateway
            self.inbox = inbox
        }
    }

    private let place = Mutex<Place?>(nil)
    private let tickets = Atomic<Int>(0)

    package init() {}

    /// The gateway has begun, on the loop of that inbox.
    package func open(_ gateway: ToolGateway, inbox: Inbox) {
        let opened = Place(gateway, inbox)
        place.withLock { $0 = opened }
    }

    /// A number for one call.
    package func ticket() -> Int { tickets.add(1, ordering: .relaxed).newValue }

    /// Runs `what` on the gateway's loop; false before there is one.
    @discardableResult
    package func post(_ what: @escaping @Sendable (ToolGateway) -> Void) -> Bool {
        guard let place = place.withLock({ $0 }) else { return false }
        place.inbox.post { what(place.gateway) }
        return true
    }
}
