/// What can be done at providers that keep models, or train them.
///
/// Routes decide about these as about any request, by the path that stands here; of the providers a route leads to, those
/// that know the command are asked.
package enum ModelCommand: String, CaseIterable, Sendable {
    /// Fetches a model, and tells of the progress line by line.
    case pull
    /// Deletes a model.
    case delete
    /// Tells how a training goes.
    case training
    /// Reads the catalogue of models anew.
    case sync

    /// Where clients ask for it, and what routes know it by.
    package var path: StaticString {
        switch self {
        case .pull: "/v1/models/pull"
        case .delete: "/v1/models/delete"
        case .training: "/v1/training/status"
        case .sync: "/v1/catalog/sync"
        }
    }

    /// It changes something, so it is asked of one provider once.
    package var changes: Bool { self != .training }
}
