"""The manifests hold to every policy, and each policy catches a manifest that does not."""

import copy
import subprocess

import pytest

from tests.kubernetes import code, policies, references, rendering
from tests.kubernetes.rendering import FOLDER, PROCESSES, named, of_kind, pod

POLICIES = [
    policies.each_queue_has_consumers,
    policies.each_role_is_deployed,
    policies.each_container_is_confined,
    policies.each_process_is_probed,
    policies.each_budget_leaves_room,
    policies.each_selector_finds_something,
    policies.each_object_has_its_step,
    policies.each_server_outlives_a_node,
    references.each_secret_is_documented,
    references.no_secret_is_in_plain_text,
    references.each_setting_is_given,
    references.each_reference_is_there,
]


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
def test_the_manifests_hold_to(policy, manifests):
    assert list(policy(manifests)) == []


def container(manifests, name="grants-consume", kind="Deployment"):
    return pod(named(manifests, kind, name))["containers"][0]


def drop(kind, name):
    return lambda manifests: manifests.remove(named(manifests, kind, name))


def put(kind, name, path, value):
    """Return what sets one field, or takes it away where the value is None."""

    def change(manifests):
        *way, last = path
        node = named(manifests, kind, name)
        for key in way:
            node = node[key]
        if value is None:
            del node[last]
        else:
            node[last] = value

    return change


def put_inside(name, path, value, kind="Deployment"):
    return put(kind, name, ("spec", "template", "spec", "containers", 0, *path), value)


def add_variable(name, variable, value):
    return lambda manifests: container(manifests, name)["env"].append(
        {"name": variable, "value": value}
    )


def set_setting(key, value):
    return lambda manifests: of_kind(manifests, "ConfigMap")[0]["data"].update({key: value})


def rename_settings(manifests):
    of_kind(manifests, "ConfigMap")[0]["metadata"]["name"] = "others"


TRIGGER = ("spec", "triggers", 0, "metadata", "queueName")
MEMBERS = "load_definitions = /etc/samspil/definitions.json"
BROKEN = {
    policies.each_queue_has_consumers: [
        (drop("ScaledObject", "grants-consume"), "queue grants: nothing consumes it"),
        (drop("Deployment", "grants-consume"), "queue grants: nothing consumes it"),
        (put("ScaledObject", "grants-consume", TRIGGER, "grant"), "queue grant: no such queue"),
        (
            put("ScaledObject", "grants-consume", ("spec", "scaleTargetRef", "name"), "x"),
            "queue grants: nothing consumes it",
        ),
    ],
    policies.each_role_is_deployed: [
        (drop("Deployment", "grants-schedule"), "grants: no Deployment for schedule"),
        (drop("Job", "notifier-migrate"), "notifier: no Job for migrate"),
        (put_inside("grants-relay", ("args",), ["consume"]), "grants-relay runs consume"),
        (put_inside("grants-relay", ("args",), ["relay", "--fast"]), "No such option"),
        (put_inside("gateway-serve", ("args",), ["serve", "--port", "x"]), "not a valid integer"),
    ],
    policies.each_container_is_confined: [
        (put_inside("grants-relay", ("securityContext", "readOnlyRootFilesystem"), False), "root"),
        (put_inside("grants-relay", ("securityContext", "capabilities"), {}), "has rights"),
        (put_inside("grants-relay", ("securityContext", "allowPrivilegeEscalation"), None), "gain"),
        (put_inside("grants-relay", ("resources", "limits", "memory"), None), "no limit of memory"),
        (put_inside("grants-relay", ("resources", "requests", "cpu"), None), "no limit of cpu"),
        (put_inside("grants-relay", ("resources", "requests", "memory"), "9Gi"), "asks for more"),
        (put_inside("grants-relay", ("image",), "samspil/grants:latest"), "is of no version"),
        (put_inside("grants-relay", ("image",), "samspil/grants"), "is of no version"),
        (put_inside("grants-relay", ("image",), "samspil/portal:1"), "runs the image"),
        (
            put("Job", "grants-migrate", ("spec", "template", "spec", "securityContext"), {}),
            "may be root",
        ),
    ],
    policies.each_process_is_probed: [
        (put_inside("grants-relay", ("livenessProbe",), None), "its liveness"),
        (put_inside("grants-relay", ("readinessProbe", "httpGet", "port"), "http"), "readiness"),
        (put_inside("grants-serve", ("startupProbe", "httpGet", "port"), "operations"), "startup"),
        (put_inside("grants-relay", ("ports", 0, "containerPort"), 9001), "operations port"),
        (
            put(
                "Deployment",
                "grants-relay",
                ("spec", "template", "spec", "terminationGracePeriodSeconds"),
                20,
            ),
            "killed before",
        ),
    ],
    policies.each_budget_leaves_room: [
        (drop("PodDisruptionBudget", "grants-relay"), "has 0 budgets"),
        (
            put("PodDisruptionBudget", "grants-relay", ("spec", "minAvailable"), 2),
            "2 of 2 may never",
        ),
        (
            put("HorizontalPodAutoscaler", "grants-serve", ("spec", "minReplicas"), 1),
            "1 of 1 may never",
        ),
    ],
    policies.each_selector_finds_something: [
        (
            put(
                "Deployment",
                "grants-relay",
                ("spec", "selector", "matchLabels", "samspil/role"),
                "x",
            ),
            "does not select its own",
        ),
        (
            put(
                "Deployment",
                "grants-relay",
                ("spec", "selector", "matchLabels", "samspil/role"),
                None,
            ),
            "selects the pods of others",
        ),
        (put("Deployment", "grants-serve", ("spec", "replicas"), 2), "by two"),
        (drop("Deployment", "portal-serve"), "scales nothing"),
        (put("Service", "grants-serve", ("spec", "selector", "samspil/role"), "x"), "leads to 0"),
        (put("Service", "grants-serve", ("spec", "ports", 0, "targetPort"), "x"), "no port"),
        (put("Service", "portal-serve", ("spec", "ports", 0, "name"), "x"), "/ leads to no port"),
        (
            put(
                "PodDisruptionBudget",
                "grants-relay",
                ("spec", "selector", "matchLabels", "samspil/role"),
                "x",
            ),
            "guards nothing",
        ),
    ],
    policies.each_object_has_its_step: [
        (put("Job", "grants-migrate", ("metadata", "labels", "samspil/stage"), "run"), "step"),
        (put("Deployment", "grants-relay", ("metadata", "labels", "samspil/stage"), None), "step"),
        (put("Service", "grants-serve", ("metadata", "namespace"), "default"), "namespace"),
    ],
    policies.each_server_outlives_a_node: [
        (put("Cluster", "grants-database", ("spec", "instances"), 1), "has no standby"),
        (put("Cluster", "grants-database", ("spec", "plugins"), []), "not archived"),
        (drop("ObjectStore", "backups"), "not archived"),
        (drop("ScheduledBackup", "grants-nightly"), "never copied"),
        (put("RabbitmqCluster", "rabbitmq", ("spec", "replicas"), 2), "no majority"),
        (
            put("RabbitmqCluster", "rabbitmq", ("spec", "rabbitmq", "additionalConfig"), MEMBERS),
            "too few members",
        ),
    ],
    references.each_secret_is_documented: [
        (
            put("TriggerAuthentication", "queue-depth", ("spec", "secretTargetRef", 0, "key"), "x"),
            "secret autoscaler with x",
        ),
        (drop("TriggerAuthentication", "queue-depth"), "secret autoscaler is on the list"),
        (
            put("Ingress", "doors", ("spec", "tls", 0, "secretName"), "letter"),
            "secret letter with tls.crt",
        ),
    ],
    references.no_secret_is_in_plain_text: [
        (lambda manifests: manifests.append({"kind": "Secret", "metadata": {"name": "x"}}), "in"),
        (set_setting("PUBLIC_URL", "https://me:secret@example.org"), "holds a secret"),
        (set_setting("PORTAL_SECRET", "x" * 32), "given PORTAL_SECRET other than by file"),
        (add_variable("notifier-consume", "SMTP_URL", "smtp://mail"), "given SMTP_URL"),
        (
            put(
                "RabbitmqCluster",
                "rabbitmq",
                ("spec", "rabbitmq", "additionalConfig"),
                "default_pass = guest",
            ),
            "holds a secret",
        ),
    ],
    references.each_setting_is_given: [
        (set_setting("LOG_LEVLE", "INFO"), "nobody reads LOG_LEVLE"),
        (add_variable("grants-relay", "SMTP_URL_FILE", "/x"), "nobody reads SMTP_URL_FILE"),
        (put_inside("notifier-consume", ("env",), []), "lacks SMTP_URL"),
        (
            lambda manifests: container(manifests)["volumeMounts"].pop(),
            "no secret is at /run/secrets",
        ),
    ],
    references.each_reference_is_there: [
        (drop("ServiceAccount", "grants"), "no account grants"),
        (drop("PriorityClass", "samspil-processes"), "no priority"),
        (rename_settings, "no ConfigMap"),
        (drop("Service", "meetings-serve"), "UPSTREAM_MEETINGS leads to meetings-serve"),
        (lambda manifests: container(manifests)["volumeMounts"].pop(), "volumes and mounts"),
    ],
}


def test_each_policy_is_tried():
    assert set(BROKEN) == set(POLICIES)


@pytest.mark.parametrize(
    ("policy", "number"),
    [(policy, number) for policy in POLICIES for number in range(len(BROKEN[policy]))],
    ids=lambda value: value.__name__ if callable(value) else str(value),
)
def test_a_broken_manifest_is_caught_by(policy, number, rendered):
    broken = copy.deepcopy(rendered["small"])
    change, words = BROKEN[policy][number]

    change(broken)

    assert [fault for fault in policy(broken) if words in fault]


def test_no_placeholder_is_left(manifests):
    left = [
        each["metadata"]["name"]
        for each in manifests
        for text in references._texts(each)
        if text.startswith("component")
    ]

    assert left == []


def test_a_fifth_service_is_a_folder(command, tmp_path):
    """What house.md asks of a recipe: nothing but a folder and a line."""
    folder = tmp_path / "kubernetes"
    subprocess.run(["cp", "-r", str(FOLDER), str(folder)], check=True)
    library = folder / "base" / "services" / "library"
    subprocess.run(["cp", "-r", str(library.parent / "grants"), str(library)], check=True)
    account = library / "account.yaml"
    account.write_text(account.read_text().replace("grants", "library"))
    base = folder / "base" / "kustomization.yaml"
    line = "  - services/meetings"
    base.write_text(base.read_text().replace(line, f"  - services/library\n{line}"))

    made = rendering.render(command, folder / "overlays" / "small")

    own = of_kind([m for m in made if rendering.label(m, "component") == "library"], *PROCESSES)
    assert sorted(m["metadata"]["name"] for m in own) == sorted(
        f"library-{role}" for role in code.ROLES
    )
    assert named(made, "Cluster", "library-database")
