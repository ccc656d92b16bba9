#!/bin/sh
# sh examples/quickstart.sh [--keep] [--mock] ["a prompt of your own"]
#
# Builds the proxy, puts it in front of an LLM server on this machine and streams one chat through it.
# The server is Ollama or llama.cpp when one answers on its usual port, else the mock upstream of this package
# (--mock takes the mock in any case). Everything it starts is stopped at the end; --keep leaves it running and says
# how to stop it. HOOSH_BIN=FOLDER takes the programs from FOLDER instead of building them.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
keep=no
only_mock=no
prompt='Say hello in one short sentence.'
for argument in "$@"; do
    case $argument in
        --keep) keep=yes ;;
        --mock) only_mock=yes ;;
        -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
        -*) echo "quickstart: unknown option $argument (there are --keep and --mock)" >&2; exit 2 ;;
        *) prompt=$argument ;;
    esac
done

bold='' plain=''
[ ! -t 1 ] || { bold=$(printf '\033[1m') plain=$(printf '\033[0m'); }
step() { printf '\n%s==> %s%s\n' "$bold" "$*" "$plain"; }
die() { printf '\nquickstart: %s\n' "$*" >&2; exit 1; }

# ---------------------------------------------------------------------------------------------- what is stopped
work='' proxy='' mock=''
stop_all() {
    code=$?
    trap - EXIT INT TERM
    if [ "$keep" = yes ] && [ "$code" -eq 0 ]; then exit 0; fi
    for pid in $proxy $mock; do
        kill "$pid" 2>/dev/null || :
        wait "$pid" 2>/dev/null || :
    done
    [ -z "$work" ] || rm -rf "$work"
    exit "$code"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Waits until FILE has a line with TEXT, or PID is gone.
wait_for() {
    tries=0
    until grep -q "$2" "$1" 2>/dev/null; do
        if ! kill -0 "$3" 2>/dev/null || [ "$tries" -ge 150 ]; then
            cat "$1" >&2
            die "waited in vain for '$2'; the lines above are what $4 said"
        fi
        tries=$((tries + 1))
        sleep 0.1
    done
}

# ---------------------------------------------------------------------------------------------------- the build
step 'Checking the tools'
cd "$root"
if [ -n "${HOOSH_BIN:-}" ]; then
    sh "$root/.ci/install.sh" curl
    bin=$HOOSH_BIN
else
    sh "$root/.ci/toolchain.sh"
    step 'Building hoosh-proxy (some minutes the first time, seconds after that)'
    swift build -c release --product hoosh-proxy </dev/null
    step 'Building hoosh-mock, the stand-in for an LLM server'
    swift build -c release --product hoosh-mock </dev/null
    bin=$(swift build -c release --show-bin-path </dev/null)
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/hoosh-quickstart.XXXXXX")

# ------------------------------------------------------------------------------------------------- the upstream
# The first model a server at URL lists, or nothing.
first_model() {
    curl -fsS --noproxy '*' -m 3 "$1/v1/models" 2>/dev/null | tr ',{' '\n' |
        sed -n 's/^ *"id" *: *"\([^"]*\)".*/\1/p' | head -n 1
}

step 'Looking for an LLM server on this machine'
kind='' url='' name='' model=''
[ "$only_mock" = yes ] || model=$(first_model http://127.0.0.1:11434)
if [ "$only_mock" = yes ]; then
    echo 'Not looked: --mock.'
elif [ -n "$model" ]; then
    kind=ollama url=http://127.0.0.1:11434 name='Ollama on port 11434'
else
    if curl -fsS --noproxy '*' -m 3 -o /dev/null http://127.0.0.1:11434/api/tags 2>/dev/null; then
        echo 'Ollama answers on port 11434 but has no model (try: ollama pull smollm2). Looking further.'
    fi
    model=$(first_model http://127.0.0.1:8080)
    if [ -n "$model" ]; then
        kind=llamacpp url=http://127.0.0.1:8080 name='llama.cpp on port 8080'
    else
        echo 'None answers at 127.0.0.1:11434 (Ollama) or 127.0.0.1:8080 (llama.cpp).'
    fi
fi
if [ -z "$kind" ]; then
    kind=openai-compatible model=mock-small name='hoosh-mock (started here; it runs no model, it repeats the prompt)'
    "$bin/hoosh-mock" --listen 127.0.0.1:0 --model "$model" --pace-ms 60 2>"$work/mock.log" </dev/null &
    mock=$!
    wait_for "$work/mock.log" 'listening on ' "$mock" hoosh-mock
    url=$(sed -n 's/^hoosh-mock: listening on \(http[^ ]*\).*/\1/p' "$work/mock.log" | head -n 1)
fi
printf '\n  *** UPSTREAM: %s\n  *** model: %s\n' "$name" "$model"

# --------------------------------------------------------------------------------------------------- the proxy
step 'Writing and checking a route file'
cat >"$work/routes.yaml" <<ROUTES
version: 1
listen: {address: 127.0.0.1:0, admin: 127.0.0.1:0}
providers:
  upstream: {kind: $kind, url: "$url"}
routes:
  - name: everything
    to: [upstream]
ROUTES
sed 's/^/    /' "$work/routes.yaml"
"$bin/hoosh-proxy" lint "$work/routes.yaml"

step 'Starting hoosh-proxy'
"$bin/hoosh-proxy" --routes "$work/routes.yaml" 2>"$work/proxy.log" </dev/null &
proxy=$!
wait_for "$work/proxy.log" '^hoosh-proxy: ready' "$proxy" hoosh-proxy
sed 's/^/    /' "$work/proxy.log"
base=http://$(sed -n 's/^hoosh-proxy: listening on \([^ ]*\) (client).*/\1/p' "$work/proxy.log" | head -n 1)
admin=http://$(sed -n 's/^hoosh-proxy: listening on \([^ ]*\) (admin).*/\1/p' "$work/proxy.log" | head -n 1)

# ------------------------------------------------------------------------------------------------------ a chat
# JSON text inside quotes, as it must be written.
quoted() { printf '%s' "$1" | tr '\n\t' '  ' | sed 's/\\/\\\\/g; s/"/\\"/g'; }

# Prints the text of `delta.content` of every event, as it arrives.
show_tokens() {
    # sed: the value of "content", JSON's escapes turned into printf's.
    sed -un 's/^data: .*[{,]"content" *: *"\(\([^"\\]\|\\.\)*\)".*/\1/
        t found
        d
        :found
        s/\\"/"/g; s/\\\//\//g; s/\\u003c/</g; s/\\u003e/>/g; s/\\u0026/\&/g; p' |
        while IFS= read -r piece; do printf '%b' "$piece"; done
}

step "Streaming a chat:  POST $base/v1/chat/completions"
printf 'You: %s\n%s: ' "$prompt" "$model"
body="{\"model\":\"$(quoted "$model")\",\"stream\":true,\"max_tokens\":64,\"messages\":[{\"role\":\"user\",\"content\":\"$(quoted "$prompt")\"}]}"
{
    result=0
    curl -sSN --noproxy '*' -m 300 -D "$work/head" -H 'content-type: application/json' \
        -d "$body" "$base/v1/chat/completions" || result=$?
    echo "$result" >"$work/curl"
} | tee "$work/stream" | show_tokens
printf '\n'

status=$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' "$work/head")
if [ "$(cat "$work/curl")" != 0 ] || [ "$status" != 200 ]; then
    cat "$work/stream" "$work/proxy.log" >&2
    die "the chat failed: HTTP status ${status:-none}, curl's exit code $(cat "$work/curl")"
fi
events=$(grep -c '^data: {' "$work/stream" || :)
grep -q '^data: \[DONE\]' "$work/stream" || die "the stream did not end with [DONE] after $events events"
[ "$events" -gt 0 ] || die 'the stream held no event'

step "$events events came through. What the proxy added to the answer:"
tr -d '\r' <"$work/head" | grep -i -E '^(x-hoosh-|x-request-id|server-timing)' | sed 's/^/    /' || :
grep -qi '^x-hoosh-provider: *upstream' "$work/head" || die 'the answer has no x-hoosh-provider: it did not come through the proxy'
printf '\nand what it counted (%s/metrics):\n' "$admin"
curl -fsS --noproxy '*' -m 5 "$admin/metrics" | grep -E '^hoosh_[a-z_]*(bytes|requests)[a-z_]*total' | sed 's/^/    /' || :

if [ "$keep" = yes ]; then
    step 'Left running (--keep)'
    cat <<TEXT
Point an OpenAI SDK at it:

    export OPENAI_BASE_URL=$base/v1 OPENAI_API_KEY=unused

    from openai import OpenAI
    for chunk in OpenAI().chat.completions.create(
            model="$model", stream=True, messages=[{"role": "user", "content": "Hello"}]):
        print(chunk.choices[0].delta.content or "", end="", flush=True)

Stop it:  kill $proxy $mock; rm -r $work
TEXT
else
    step 'Done; everything this script started is stopped again'
    cat <<TEXT
To use it from an OpenAI SDK, start it on its usual port with the route file of this package:

    ${bin#"$root/"}/hoosh-proxy --routes routes/dev.yaml
    export OPENAI_BASE_URL=http://127.0.0.1:8088/v1 OPENAI_API_KEY=unused

or keep this one:  sh examples/quickstart.sh --keep
TEXT
fi
