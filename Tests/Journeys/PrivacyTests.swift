import Foundation
import TestKit
import Testing

/// What a request's class and tags forbid, as a client sees it.
@Suite struct PrivacyTests {
    /// The second provider may see what is public only; the first what is confidential, as every local one may.
    private func journey(
        routes: String = "  - {name: all, to: [second, first]}",
        privacy: String = "",
        second: String = "clearance: public",
        top: String = Journey.quickRetries
    ) throws -> Journey {
        try Journey(
            upstreams: 2,
            providers: ["", second],
            routes: routes,
            top: top + (privacy.isEmpty ? "" : "\nprivacy: {\(privacy)}")
        )
    }

    private func asked(_ journey: Journey) throws -> Int {
        try journey.mocks.reduce(0) { try $0 + $1.counters().requests }
    }

    @Test func `a header raises the class and with it the demand on providers`() throws {
        let journey = try journey()
        for (word, provider) in [("public", "second"), ("internal", "first"), ("confidential", "first")] {
            let response = try journey.chat(headers: [("x-privacy", word)])
            #expect(response.status == 200 && response.provider == provider)
            #expect(response["x-hoosh-class"] == word)
        }
        #expect(try journey.chat().provider == "second")
        #expect(try journey.metric("hoosh_requests_by_class_total", ["class": "public"]) == 2)
        #expect(try journey.metric("hoosh_requests_by_class_total", ["class": "confidential"]) == 1)
        #expect(try journey.metric("hoosh_privacy_stops_total") == 0)
    }

    @Test(arguments: ["restricted", "Restricted", "secret", "", "public, restricted", "intern\u{e4}l"])
    func `what nobody may see is refused and nobody is asked`(word: String) throws {
        let journey = try journey()
        let response = try journey.chat(headers: [("x-privacy", word)])
        #expect(response.status == 403 && response.errorCode == "privacy_no_target")
        #expect(response.errorMessage.contains("restricted") && response.errorMessage.contains("`all`"))
        #expect(try asked(journey) == 0)
        // Paths of the proxy's own carry no content.
        #expect(try journey.connect().fetch("GET", "/v1/models", headers: [("x-privacy", word)]).status == 200)
    }

    @Test func `a field that counts may stand there once only`() throws {
        let journey = try journey()
        let both = [("x-privacy", "public"), ("X-Privacy", "internal")]
        for headers in [both, both.reversed(), both + [("x-privacy", "nonsense")]] {
            let response = try journey.chat(headers: headers)
            #expect(response.status == 400 && response.errorCode == "repeated_header")
            #expect(response.errorMessage.contains("`x-privacy`"))
        }
        #expect(try asked(journey) == 0)
        // What no route asks about is nobody's business.
        #expect(try journey.chat(headers: [("x-other", "a"), ("x-other", "b")]).status == 200)
    }

    @Test func `a header never lowers the class`() throws {
        let journey = try journey(privacy: "default: internal", second: "clearance: internal")
        #expect(try journey.chat(headers: [("x-privacy", "public")])["x-hoosh-class"] == "internal")
        #expect(try journey.chat()["x-hoosh-class"] == "internal")
    }

    @Test func `without a header of that name clients say nothing`() throws {
        let journey = try journey(privacy: "header: none")
        #expect(try journey.chat(headers: [("x-privacy", "restricted")]).provider == "second")
    }

    @Test func `a denied tag passes a provider over, in panic and on retries too`() throws {
        let privacy = "rules: [{tag: eu, header: {x-residency: \"eu*\"}}]"
        let journey = try journey(privacy: privacy, second: "deny_tags: [eu]")
        #expect(try journey.chat().provider == "second")
        #expect(try journey.chat(headers: [("x-residency", "eu-west")]).provider == "first")
        let twice = [("x-residency", "us"), ("x-residency", "eu")]
        #expect(try journey.chat(headers: twice).errorCode == "repeated_header")
        try journey.mocks[1].reset()
        // The only one left fails: the other is still not asked.
        let response = try journey.chat([("status", "500")], headers: [("x-residency", "eu")])
        #expect(response.status == 500)
        #expect(try journey.mocks[1].counters().requests == 0)
    }

    @Test func `when tags leave nobody the answer says so`() throws {
        let journey = try journey(
            routes: "  - {name: all, to: [second]}",
            privacy: "rules: [{tag: eu, header: {x-residency: eu}}]",
            second: "deny_tags: [eu]",
            // Lint would not have it.
            top: Journey.quickRetries + "\nlint: {HP304: none}"
        )
        let response = try journey.chat(headers: [("x-residency", "eu")])
        #expect(response.status == 403 && response.errorCode == "privacy_no_target")
        #expect(response.errorMessage.hasSuffix("of class public with its privacy tags"))
        // Not where the class is enough, or where the tag is denied by nobody who would answer.
        for headers in [[("x-residency", "eu"), ("x-privacy", "restricted")], [("x-privacy", "restricted")]] {
            let response = try journey.chat(headers: headers)
            #expect(response.status == 403 && response.errorMessage.hasSuffix("of class restricted"))
        }
        #expect(try asked(journey) == 0)
    }

    @Test func `routes test class and tags`() throws {
        let journey = try journey(
            routes: """
                  - {name: no-legal, match: {tags: [legal]}, deny: {status: 451, message: "ask the lawyers"}}
                  - {name: inner, match: {class: confidential..}, to: [first]}
                  - {name: rest, to: [second, first]}
                """,
            privacy: "rules: [{tag: legal, class: internal, header: {x-team: legal}}]"
        )
        #expect(try journey.chat(headers: [("x-team", "legal")]).status == 451)
        #expect(try journey.chat(headers: [("x-privacy", "confidential")])["x-hoosh-route"] == "inner")
        #expect(try journey.chat(headers: [("x-privacy", "internal")])["x-hoosh-route"] == "rest")
    }

    @Test func `a redirect is passed on, never followed`() throws {
        let journey = try journey()
        for status in ["302", "307", "308"] {
            let response = try journey.chat([("status", status)], headers: [("x-privacy", "confidential")])
            #expect(response.status == Int(status))
        }
        #expect(try asked(journey) == 3)
    }
}
