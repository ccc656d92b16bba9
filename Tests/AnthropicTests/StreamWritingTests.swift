import Anthropic
import Conversation
import Foundation
import JSON
import Testing

@Suite struct `Writing Anthropic streams` {
    @Test func `blocks come one after the other with the right indices`() throws {
        var script = Script()
        script.say("chatcmpl-1", "gpt") { .started(id: $0[0], model: $0[1], created: 5) }
        script.say("hm") { .reasoning(choice: 0, $0[0]) }
        script.say("sealed") { .signature(choice: 0, $0[0]) }
        script.say("Emw") { .redacted(choice: 0, $0[0]) }
        script.say("a\n") { .text(choice: 0, $0[0]) }
        script.say("b") { .text(choice: 0, $0[0]) }
        script.say("c1", "f") { .toolCall(choice: 0, index: 0, id: $0[0], name: $0[1]) }
        script.say(#"{"x""#) { .toolArguments(choice: 0, index: 0, $0[0]) }
        script.say(":1}") { .toolArguments(choice: 0, index: 0, $0[0]) }
        script.say("g") { .toolCall(choice: 0, index: 1, id: .absent, name: $0[0]) }
        script.sayValue(#"{"y": "é\n"}"#) { .toolArguments(choice: 0, index: 1, $0) }
        script.say(.finished(choice: 0, .toolCalls, stopSequence: .absent))
        var usage = TokenUsage()
        usage.input = 10
        usage.output = 4
        usage.cachedInput = 6
        script.say(.usage(usage))
        script.say(.ended)
        let stream = script.finish()
        let order = try events(stream).map { event in
            "\(event.name) \(event.data["index"] as? Int ?? -1)"
        }
        #expect(
            order == [
                "message_start -1", "content_block_start 0", "content_block_delta 0", "content_block_delta 0",
                "content_block_stop 0", "content_block_start 1", "content_block_stop 1", "content_block_start 2",
                "content_block_delta 2", "content_block_delta 2", "content_block_stop 2", "content_block_start 3",
                "content_block_delta 3", "content_block_delta 3", "content_block_stop 3", "content_block_start 4",
                "content_block_delta 4", "content_block_stop 4", "message_delta -1", "message_stop -1",
            ]
        )
        for event in try events(stream) { #expect(event.data["type"] as? String == event.name) }
        let heard = try hear(stream)
        #expect(heard.id == "chatcmpl-1" && heard.model == "gpt" && heard.starts == 1)
        #expect(heard.text == "a\nb" && heard.reasoning == "hm" && heard.signatures == ["sealed"])
        #expect(heard.redacted == ["Emw"])
        #expect(
            heard.calls == [
                .init(id: "c1", name: "f", arguments: #"{"x":1}"#),
                .init(id: "toolu_r1_1", name: "g", arguments: #"{"y": "é\n"}"#),
            ]
        )
        #expect(
            heard.usage
                == {
                    var said = usage; said.cacheWrite = nil; return said
                }()
        )
        #expect(heard.finish == .toolCalls && heard.hasEnded)
    }

    @Test func `an answer without a beginning gets one`() throws {
        var script = Script()
        let all = try events(script.finish())
        #expect(all.map(\.name) == ["message_start", "message_delta", "message_stop"])
        let message = try #require(all[0].data["message"] as? NSDictionary)
        #expect(message["id"] as? String == "msg_r1" && message["model"] as? String == "asked")
        #expect((all[1].data["delta"] as? NSDictionary)?["stop_reason"] as? String == "end_turn")
        let usage = try #require(all[1].data["usage"] as? NSDictionary)
        #expect(usage["input_tokens"] as? Int == 0 && usage["output_tokens"] as? Int == 0)
    }

    @Test(arguments: [FinishReason.stop, .other]) func `a stop after calls is told as their reason`(
        reason: FinishReason
    ) throws {
        var script = Script()
        script.say("c", "f") { .toolCall(choice: 0, index: 0, id: $0[0], name: $0[1]) }
        script.say(.finished(choice: 0, reason, stopSequence: .absent))
        #expect(try hear(script.finish()).finish == .toolCalls)
        var refusing = Script()
        refusing.say("no") { .refusal(choice: 0, $0[0]) }
        refusing.say(.finished(choice: 0, reason, stopSequence: .absent))
        let heard = try hear(refusing.finish())
        #expect(heard.finish == .refusal && heard.text == "no")
    }

    @Test func `late arguments are added to their call`() throws {
        var script = Script()
        script.say("a", "f") { .toolCall(choice: 0, index: 0, id: $0[0], name: $0[1]) }
        script.say("b", "g") { .toolCall(choice: 0, index: 1, id: $0[0], name: $0[1]) }
        script.say("a", "f") { .toolCall(choice: 0, index: 0, id: $0[0], name: $0[1]) }
        script.say("{}") { .toolArguments(choice: 0, index: 0, $0[0]) }
        script.say("[]") { .toolArguments(choice: 0, index: 1, $0[0]) }
        script.say("{1}") { .toolArguments(choice: 0, index: 7, $0[0]) }
        let heard = try hear(script.finish())
        #expect(heard.calls.map(\.arguments) == ["{}", "[]", "{1}"])
        #expect(heard.calls.map(\.id) == ["a", "b", "toolu_r1_7"])
    }

    @Test func `empty pieces make no block`() throws {
        var script = Script()
        script.say("") { .text(choice: 0, $0[0]) }
        script.say("") { .reasoning(choice: 0, $0[0]) }
        script.say("") { .signature(choice: 0, $0[0]) }
        script.say("a", "f") { .toolCall(choice: 0, index: 0, id: $0[0], name: $0[1]) }
        script.say("") { .toolArguments(choice: 0, index: 0, $0[0]) }
        let names = try events(script.finish()).map(\.name)
        #expect(
            names == [
                "message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop",
            ]
        )
    }

    @Test func `there is an end to calls`() throws {
        var script = Script()
        for index in 0..<5_000 {
            script.say("n") { .toolCall(choice: 0, index: index, id: .absent, name: $0[0]) }
        }
        script.say("{}") { .toolArguments(choice: 0, index: 4_999, $0[0]) }
        let heard = try hear(script.finish())
        #expect(heard.calls.count == GatheredCalls.limitCalls && heard.calls.last?.arguments == "")
    }

    @Test func `other choices are not mixed in`() throws {
        var script = Script()
        script.say("no") { .text(choice: 1, $0[0]) }
        script.say("yes") { .text(choice: 0, $0[0]) }
        #expect(try hear(script.finish()).text == "yes")
    }

    @Test func `an error ends the stream`() throws {
        var script = Script()
        script.say("a") { .text(choice: 0, $0[0]) }
        script.say("busy", "server_error") { .failed(.overloaded, message: $0[0], type: $0[1], code: .absent) }
        script.say("b") { .text(choice: 0, $0[0]) }
        script.fail(ChatFault(kind: .server, status: 0, message: "again"))
        let all = try events(script.finish())
        #expect(all.last?.name == "error" && all.filter { $0.name == "error" }.count == 1)
        let error = try #require(all.last?.data["error"] as? NSDictionary)
        #expect(error["type"] as? String == "overloaded_error" && error["message"] as? String == "busy")
    }

    @Test func `generated streams are read back as they were`() throws {
        for seed in 1...200 as ClosedRange<UInt64> {
            var dice = Dice(seed)
            var script = Script()
            var expected = Heard()
            expected.starts = 1
            expected.id = "i\(seed)"
            expected.model = dice.words()
            let model = expected.model ?? ""
            script.say("i\(seed)", model) { .started(id: $0[0], model: $0[1], created: nil) }
            for _ in 0..<dice.roll(12) {
                let words = dice.words()
                switch dice.roll(5) {
                case 0:
                    script.say(words) { .reasoning(choice: 0, $0[0]) }
                    expected.reasoning += words
                case 1:
                    script.say(words) { .signature(choice: 0, $0[0]) }
                    expected.signatures.append(words)
                case 2:
                    let index = expected.calls.count
                    script.say(words, "n") { .toolCall(choice: 0, index: index, id: $0[0], name: $0[1]) }
                    for _ in 0..<dice.roll(3) { script.say(words) { .toolArguments(choice: 0, index: index, $0[0]) } }
                    expected.calls.append(.init(id: words, name: "n", arguments: ""))
                case 3:
                    script.say(words) { .redacted(choice: 0, $0[0]) }
                    expected.redacted.append(words)
                default:
                    script.say(words) { .text(choice: 0, $0[0]) }
                    expected.text += words
                }
            }
            let reason = dice.pick([FinishReason.length, .contextLength, .pause, .toolCalls, .refusal])
            script.say(.finished(choice: 0, reason, stopSequence: .absent))
            expected.finish = reason
            expected.hasEnded = true
            var heard = try hear(script.finish())
            expected.usage = heard.usage
            for index in heard.calls.indices { heard.calls[index].arguments = "" }
            #expect(heard == expected, "seed \(seed)")
        }
    }
}
