/// Where and within which bounds the proxy listens.
package struct ListenSettings: Equatable, Sendable {
    /// When body bytes go from socket to socket inside the kernel.
    package enum Splice: String, CaseIterable, Sendable { case always, auto, none }
    /// `host:port` or `unix:/path`.
    package var address = "127.0.0.1:8088"
    /// The admin listener; nil for `none`.
    package var admin: String? = "127.0.0.1:8089"
    /// Largest request body that is read before it is sent on.
    package var maxBodyBytes = 16 << 20
    /// Largest upload that streams through.
    package var maxUploadBytes = 1 << 30
    package var maxConnections = 4_096
    package var headerTimeoutMilliseconds = 10_000
    package var drainMilliseconds = 25_000
    package var splice = Splice.always
    /// A changed file is read again.
    package var watch = true
    /// The defaults of the language.
    package init() {}
}
