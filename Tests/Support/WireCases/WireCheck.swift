/// What must hold for any bytes whatever, one claim per codec.
///
/// The fuzzer runs these on what it makes up, the tests on seeds and mutated documents.
package enum WireCheck: String, CaseIterable, Sendable {
    case head, response, body, events, json, multipart

    /// Checks it on these bytes; answers what does not hold, nil when all does.
    package func violation(_ bytes: [UInt8]) -> String? {
        do throws(Violation) {
            switch self {
            case .head: try HeadCheck.request(bytes)
            case .response: try HeadCheck.response(bytes)
            case .body: try BodyCheck.run(bytes)
            case .events: try EventCheck.run(bytes)
            case .json: try JSONCheck.run(bytes)
            case .multipart: try MultipartCheck.run(bytes)
            }
            return nil
        } catch {
            return error.claim
        }
    }
}

/// A claim that does not hold.
struct Violation: Error {
    let claim: String
}

func claim(_ holds: Bool, _ text: @autoclosure () -> String) throws(Violation) {
    if !holds { throw Violation(claim: text()) }
}
