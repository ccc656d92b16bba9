import Conversation
import Dialect
import Foundation
import Testing
import Translation

/// Pages of the list of models, in the dialects that have them.
@Suite struct `Pages of models` {
    private let models = (0..<5).map { ListedModel(id: "m/\($0)") }

    private func page(_ format: ModelListFormat, _ query: String) throws -> (ids: [String], object: [String: Any]) {
        let body = try ModelListTranslation.write(models, as: format, query: query)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
        let list = (object["data"] ?? object["models"]) as? [[String: Any]] ?? []
        return (list.compactMap { ($0["id"] ?? $0["name"]) as? String }, object)
    }

    @Test(arguments: [
        ("", 0..<5, false), ("limit=2", 0..<2, true), ("limit=5", 0..<5, false),
        ("limit=2&after_id=m%2F1", 2..<4, true),
        ("after_id=m/3&limit=1000", 4..<5, false), ("limit=2&before_id=m%2f3", 1..<3, true),
        ("before_id=m/2", 0..<2, false), ("after_id=m/4", 5..<5, false), ("beta=true", 0..<5, false),
        ("after_id=m/3&before_id=m/1", 1..<1, false), ("before_id=m/1&after_id=m/3", 1..<1, false),
        ("before_id=m/1&after_id=m/1", 1..<1, false), ("before_id=m/3&after_id=m/1", 2..<3, false),
        ("after_id=m/4&before_id=m/0", 0..<0, false), ("before_id=m/0&after_id=m/4", 0..<0, false),
    ])
    func `Anthropic's pages`(query: String, range: Range<Int>, hasMore: Bool) throws {
        let (ids, object) = try page(.anthropic, query)
        #expect(ids == range.map { "m/\($0)" } && object["has_more"] as? Bool == hasMore)
        #expect(object["first_id"] as? String == ids.first && object["last_id"] as? String == ids.last)
    }

    @Test(arguments: [
        (ModelListFormat.anthropic, "limit=0", "limit"), (.anthropic, "limit=1001", "limit"),
        (.anthropic, "limit=-1", "limit"), (.anthropic, "limit=99999999999999999999", "limit"),
        (.anthropic, "after_id=nope", "after_id"), (.anthropic, "before_id=nope", "before_id"),
        (.gemini, "pageSize=-1", "pageSize"), (.gemini, "pageSize=x", "pageSize"),
        (.gemini, "pageSize=-9223372036854775808", "pageSize"), (.gemini, "pageToken=abc", "pageToken"),
        (.gemini, "pageToken=6d2f39", "pageToken"),
    ])
    func `what is no page is refused`(format: ModelListFormat, query: String, parameter: String) {
        let fault = #expect(throws: ConversationFault.self) { try page(format, query) }
        #expect(fault?.parameter == parameter)
    }

    @Test(arguments: [1, 2, 3, 5])
    func `Gemini's pages follow one another`(size: Int) throws {
        var ids: [String] = []
        var token: String?
        repeat {
            let (names, object) = try page(.gemini, "pageSize=\(size)" + (token.map { "&pageToken=\($0)" } ?? ""))
            #expect(names.count <= size)
            ids += names
            token = object["nextPageToken"] as? String
        } while token != nil && ids.count < 9
        #expect(ids == models.map { "models/" + $0.id })
        for all in ["", "pageSize=0", "pageSize=4000"] { #expect(try page(.gemini, all).ids.count == 5) }
    }

    @Test func `OpenAI's and Ollama's lists have no pages`() throws {
        #expect(try page(.openAI, "limit=2&pageSize=1").ids.count == 5)
        #expect(try page(.ollama, "limit=2").ids.count == 5)
    }
}
