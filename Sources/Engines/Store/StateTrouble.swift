/// Why a store cannot be used.
package struct StateTrouble: Error, Equatable, Sendable {
    /// One sentence.
    package var message: String
    /// The same connection may work again: the disk was full, or somebody else had the file.
    package var isPassing = false

    init(_ message: String, isPassing: Bool = false) {
        self.message = message
        self.isPassing = isPassing
    }
}
