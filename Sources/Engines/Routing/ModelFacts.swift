/// What a model can take; nil for what nobody said.
package struct ModelFacts: Equatable, Sendable {
    /// What may stand in a prompt.
    package enum Input: String, CaseIterable, Sendable { case text, image, audio, video, document }

    /// Tokens that prompt and answer may have together.
    package var context: Int?
    /// Tokens that an answer may have.
    package var output: Int?
    package var inputs: Set<Input>?

    package init(context: Int? = nil, output: Int? = nil, inputs: Set<Input>? = nil) {
        self.context = context
        self.output = output
        self.inputs = inputs
    }

    /// Says what another leaves open.
    package func completed(by other: ModelFacts) -> ModelFacts {
        ModelFacts(
            context: context ?? other.context,
            output: output ?? other.output,
            inputs: inputs ?? other.inputs
        )
    }
}
