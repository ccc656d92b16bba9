import Report

/// A value with the place where a file says it.
package struct Located<Value: Sendable>: Sendable {
    package var value: Value
    package var spot: Spot
    package init(_ value: Value, at spot: Spot) {
        self.value = value
        self.spot = spot
    }
}

/// A value that has a default: its place is nil when nobody wrote it.
package struct Setting<Value: Sendable>: Sendable {
    package var value: Value
    /// Where it is written: on the route itself, or under `defaults`.
    package var spot: Spot?
    /// True when the place is under `defaults`.
    package var isInherited = false
    /// A default of the language.
    package init(_ value: Value) { self.value = value }
    package init(_ value: Value, at spot: Spot, isInherited: Bool = false) {
        self.value = value
        self.spot = spot
        self.isInherited = isInherited
    }
}
