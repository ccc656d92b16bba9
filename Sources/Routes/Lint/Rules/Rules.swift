import Report

/// Every rule that looks at a whole configuration.
package enum Rules {
    /// What the rules find, in no order.
    package static func all(_ unit: LintUnit) -> [Problem] {
        let found: [Problem] = []
        return found
    }
}
