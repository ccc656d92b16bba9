import RouteModel
import SharedPools

extension Values {
    /// `memory`, `sqlite:PATH`, `redis://host:port/db` or a reference to such a URL.
    static func store(_ text: String) throws(ValueFault) -> StateSettings.Store {
        if text == "memory" { return .memory }
        if text.hasPrefix("sqlite:") {
            let path = text.dropFirst(7)
            guard path.first.map({ $0 != ":" }) ?? false, !path.contains("\0"), !path.hasPrefix("//") else {
                throw ValueFault(
                    "HP107",
                    "behind `sqlite:` stands the path of a file",
                    help: ["for example  sqlite:/var/lib/hoosh/state.db"]
                )
            }
            return .sqlite(path: String(path))
        }
        if text.hasPrefix("redis://") || text.hasPrefix("rediss://") {
            if text.contains("@") {
                throw ValueFault(
                    "HP710",
                    "credentials in a URL",
                    help: ["put the whole URL behind a reference:  env:NAME"]
                )
            }
            do throws(RedisAddress.Fault) { _ = try RedisAddress(text) } catch {
                throw ValueFault("HP107", error.reason, help: ["for example  redis://cache.internal:6379/0"])
            }
            return .redis(url: text)
        }
        if try reference(text) != nil { return .redis(url: text) }
        throw ValueFault(
            "HP107",
            "\(shown(text)) is no store",
            help: ["one of: memory, sqlite:/path/of/a/file, redis://host:port/number"]
        )
    }
}
