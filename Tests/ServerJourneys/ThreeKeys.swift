import TestKit

/// Three clients of two tenants, for tests of who shares what with whom.
enum ThreeKeys {
    /// The section of a route file; `ONE`, `TWO` and `THREE` hold the tokens.
    static let section = """
        auth:
          keys:
            one: {token: env:ONE, tenant: acme}
            two: {token: env:TWO, tenant: acme}
            three: {token: env:THREE, tenant: other}
        """

    /// The tokens by the name of their variable.
    static let tokens = ["ONE": "one-0123456789abcdef", "TWO": "two-0123456789abcdef", "THREE": "three-0123456789ab"]

    /// What a client sends to be taken for one of them.
    static func header(_ name: String) -> Headers { [("authorization", "Bearer \(tokens[name] ?? "")")] }
}
