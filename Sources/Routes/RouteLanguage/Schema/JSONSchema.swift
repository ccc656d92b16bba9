/// The table of keys as JSON Schema 2020-12, for editors.
package enum JSONSchema {
    /// The whole schema as JSON text.
    package static func text() -> String { "{}\n" }
}
