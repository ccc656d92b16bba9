import Glibc

/// A port for a program that cannot be told to pick one itself.
package enum FreePort {
    /// Finds one that is free now; the kernel does not give it out again soon.
    ///
    /// - Throws: `TestKitFailure` when there is none.
    package static func find() throws -> UInt16 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard isBound else { throw TestKitFailure("no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}
