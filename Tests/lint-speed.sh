#!/bin/sh
# sh Tests/lint-speed.sh BINARY [FILES]
# Times `lint` over a folder of FILES (1,000) route files of about 7 KB, 50 routes each; the aim is below one second.
set -eu
binary=$1
files=${2:-1000}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{
    echo 'version: 1'
    echo 'providers:'
    echo '  ollama: {kind: ollama}'
    echo '  vllm: {kind: vllm, url: http://10.0.0.5:8000}'
    echo '  openai: {kind: openai, key: env:OPENAI_API_KEY, tls: {ca: system}}'
    echo 'routes:'
    number=0
    while [ $number -lt 50 ]; do
        echo "  - name: team-$number"
        echo "    match: {model: [\"team-$number-*\", \"gpt-$number*\"], headers: {x-team: \"t$number-*\"}, stream: true}"
        echo '    to: [[ollama, vllm], openai]'
        number=$((number + 1))
    done
    echo '  - name: default'
    echo '    to: [ollama, openai]'
} >"$folder/one"
number=0
while [ $number -lt "$files" ]; do
    cp "$folder/one" "$folder/file-$number.yaml"
    number=$((number + 1))
done
echo "$files files of $(wc -c <"$folder/one") bytes"
for round in 1 2 3; do
    "$binary" lint --format human "$folder" | tail -1
done
