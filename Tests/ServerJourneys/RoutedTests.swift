import Dialect
import TestKit
import Testing

@Suite struct RoutedTests {
    private static let paths = [
        "/", "/v1", "/v1/", "/v1x", "/v1/models", "/v1/Models", "/v1/models/m", "/v1/models/a%2Fb", "/v1/health",
        "/v1/health/", "/v1/health/x", "/v1/health/providers", "/v1/files", "/v1/%5B", "/v1/%41", "/v1/a//b", "/v1/...",
        "/v1/responses/r1", "/v1/responsesx", "/v1/messages/count_tokens", "/v1/images", "/metrics",
    ]

    /// The proofs about route files go by this table: what it says must be what happens.
    @Test func `the table of endpoints says which requests come to the routes`() throws {
        let station = try Station(routes: "  - {name: all, deny: {status: 403, message: here}}")
        let connection = try station.connect()
        var count = 0
        for path in Self.paths + EndpointName.allCases.flatMap({ [$0.path, $0.usualPath].compactMap { $0 } }) {
            for method in ["POST", "GET", "DELETE", "OPTIONS", "LOCK", "TRACE"] {
                for model in ["\"model\": \"m\"", ""] where method == "POST" || model.isEmpty {
                    let body = method == "POST" ? "{\(model)}" : nil
                    let response = try connection.fetch(method, path, body: body)
                    let isRouted = response.status == 403 && response.text.contains("\"here\"")
                    let endpoint = RoutedRequests.endpoint(of: Array(path.utf8).span)
                    let isMethod = RoutedRequests.passes(method: Array(method.utf8).span)
                    let isExpected =
                        endpoint.map {
                            isMethod
                                && RoutedRequests.passes($0, isPost: method == "POST", hasModel: !model.isEmpty)
                        } ?? false
                    #expect(isRouted == isExpected, "\(method) \(path) {\(model)}: \(response.status) \(response.text)")
                    count += isRouted ? 1 : 0
                }
            }
        }
        #expect(count > 50)
    }
}
