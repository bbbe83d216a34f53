"""Every manifest is what the cluster takes, to the last field."""

import copy
import json

import jsonschema
import kubernetes_validate
import pytest

from tests.kubernetes.rendering import FOLDER, named

# The oldest that has everything we use, and the newest that is known here.
VERSIONS = ("1.30", kubernetes_validate.latest_version())
OPERATORS = {
    schema["title"]: jsonschema.Draft7Validator(schema)
    for schema in (
        json.loads(path.read_text(encoding="utf-8")) for path in (FOLDER / "schemas").glob("*.json")
    )
}


def faults(manifest, version):
    """List what is wrong with a manifest; a kind that nobody knows is wrong."""
    if validator := OPERATORS.get(manifest["kind"]):
        return [error.message for error in validator.iter_errors(manifest)]
    try:
        kubernetes_validate.validate(manifest, version, strict=True)
    except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
        return [str(error)]
    return []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_valid(manifests, version):
    assert {
        f"{each['kind']} {each['metadata']['name']}": found
        for each in manifests
        if (found := faults(each, version))
    } == {}


@pytest.mark.parametrize("kind", sorted(OPERATORS))
def test_each_schema_is_sound_and_used(manifests, kind):
    jsonschema.Draft7Validator.check_schema(OPERATORS[kind].schema)

    assert [each for each in manifests if each["kind"] == kind]


@pytest.mark.parametrize(
    ("kind", "name", "path", "value"),
    [
        ("Deployment", "grants-relay", ("spec", "replica"), 2),
        ("Deployment", "grants-relay", ("spec", "replicas"), "two"),
        ("NetworkPolicy", "gateway", ("spec", "ingres"), []),
        ("ScaledObject", "grants-consume", ("spec", "minReplicas"), 1),
        ("ScaledObject", "grants-consume", ("spec", "pollingInterval"), "15s"),
        ("TriggerAuthentication", "queue-depth", ("spec", "secretRef"), []),
        ("RabbitmqCluster", "rabbitmq", ("spec", "rabbitmq", "config"), ""),
        ("Cluster", "grants-database", ("spec", "instances"), 0),
        ("ScheduledBackup", "grants-nightly", ("spec", "schedule"), "15 2 * * *"),
        ("ObjectStore", "backups", ("spec", "retentionPolicy"), "a month"),
    ],
)
def test_a_wrong_field_is_found(rendered, kind, name, path, value):
    broken = copy.deepcopy(named(rendered["small"], kind, name))
    *way, last = path
    node = broken
    for key in way:
        node = node[key]
    node[last] = value

    assert faults(broken, VERSIONS[-1])


def test_an_unknown_kind_is_found(rendered):
    broken = {**rendered["small"][0], "apiVersion": "example.org/v1", "kind": "Thing"}

    assert faults(broken, VERSIONS[-1])
