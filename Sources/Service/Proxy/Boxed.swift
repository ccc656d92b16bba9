/// A value that most exchanges never have: it lies in a block of its own, and none is made before it is first written.
///
/// Thousands of silent streams are open at a time, and what few of them use would be room in every one.
@propertyWrapper struct Boxed<Value: Starting> {
    private final class Box {
        var value: Value

        init(_ value: Value) { self.value = value }
    }

    private var box: Box?

    init() {}

    /// True once there is more than the beginning.
    var isUsed: Bool { box != nil }

    var projectedValue: Boxed { self }

    var wrappedValue: Value {
        _read {
            if let box { yield box.value } else { yield Value() }
        }
        set {
            if newValue.isBlank {
                box = nil
            } else if let box {
                box.value = newValue
            } else {
                box = Box(newValue)
            }
        }
        _modify {
            if let box {
                defer { if box.value.isBlank { self.box = nil } }
                yield &box.value
            } else {
                var value = Value()
                defer { if !value.isBlank { box = Box(value) } }
                yield &value
            }
        }
    }
}

/// What is the same at the beginning of every exchange.
protocol Starting {
    init()

    /// True when this is worth no room.
    var isBlank: Bool { get }
}

extension Starting { var isBlank: Bool { false } }

extension Optional: Starting {
    init() { self = nil }

    var isBlank: Bool { self == nil }
}
