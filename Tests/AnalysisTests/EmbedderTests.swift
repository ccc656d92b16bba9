import Analysis
import Interpreter
import RouteModel
import Routing
import Testing

/// Claims about where requests go hold for who compares them, too.
@Suite struct EmbedderTests {
    private func analysis(_ clearance: Level, denyTags: [String] = [], isOn: Bool = true) -> Analysis {
        var local = route("r", match { $0.apis = all([.chat]) })
        local.settings.cache.mode = Setting(isOn ? .exact : .none)
        local.settings.cache.maxLevel = Setting(.restricted)
        local.settings.cache.semantic = Setting(SemanticSettings(embedder: at("far/m")))
        let far = provider("far", clearance: clearance, isLocal: false, denyTags: denyTags)
        return Analysis(document([local], providers: [provider("near"), far]), patterns: { $0 == $1 })
    }

    private func claim(_ isAlways: Bool, _ names: [String], from level: Level = .confidential) -> Claim {
        var condition = Claim.Condition()
        condition.providers = names
        let asked = match {
            $0.apis = all([.chat])
            $0.levels = at(level...Level.restricted)
        }
        return Claim(forAll: asked, isAlways: isAlways, condition: condition)
    }

    private func isProved(_ proof: Proof) -> Bool { if case .proved = proof { true } else { false } }

    @Test func `an embedder that may see a request is where it goes`() throws {
        for claim in [claim(false, ["remote"]), claim(false, ["far"]), claim(true, ["local"])] {
            guard case .refuted(let witness) = analysis(.confidential).prove(claim) else {
                Issue.record("it sees what is confidential")
                continue
            }
            #expect(analysis(.confidential).breaks(claim)(witness))
            #expect(isProved(analysis(.internal).prove(claim)))
            #expect(isProved(analysis(.confidential, isOn: false).prove(claim)))
        }
        #expect(!isProved(analysis(.restricted).prove(claim(false, ["remote"], from: .restricted))))
        #expect(isProved(analysis(.confidential).prove(claim(false, ["remote"], from: .restricted))))
    }
}
