"""Holds docs/routes.schema.json to its word: ROOT as the only argument, exit 1 with what it got wrong."""

import json
import pathlib
import sys

import jsonschema
import yaml

ROOT = pathlib.Path(sys.argv[1])
# What a schema can reject: unknown keys, versions, types, missing keys, units, words, keys that exclude one another, URLs.
REJECTED = ["HP101", "HP102", "HP103", "HP104", "HP105", "HP107", "HP109", "HP111"]

schema = json.loads((ROOT / "docs/routes.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
wrong = []


def faults(path):
    return list(validator.iter_errors(yaml.safe_load(path.read_text())))


checked = [path for path in sorted((ROOT / "routes").rglob("*.yaml")) if not path.name.endswith(".test.yaml")]
for path in checked:
    for fault in faults(path):
        wrong.append(f"{path}: {fault.json_path}: {fault.message}")
for code in REJECTED:
    path = ROOT / f"Tests/LintTests/RuleCases/{code}-bad.yaml"
    if not faults(path):
        wrong.append(f"{path}: nothing is wrong with it, says the schema")
print(f"{len(checked)} files valid, {len(REJECTED)} rejected" if not wrong else "\n".join(wrong))
sys.exit(1 if wrong or len(checked) < 10 else 0)
