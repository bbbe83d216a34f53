"""What an image holds, and what it does not."""

import json

import pytest

from tests.deploy.stack import COMPONENTS, SERVICES, TAG

LARGEST_MEGABYTES = 400
LOOK = """
import importlib, importlib.util, json, os, sys
def can(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
importlib.import_module(sys.argv[1])
print(json.dumps({
    "found": [name for name in sys.argv[2:] if can(name)],
    "uid": os.getuid(),
    "writable": [p for p in ("/", "/app", "/opt/venv", "/opt", "/tmp") if os.access(p, os.W_OK)],
    "pip": can("pip"),
}))
"""
ENVIRONMENT = {
    "DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nothing",
    "AMQP_URL": "memory://",
    "SMTP_URL": "smtp://127.0.0.1:1",
    "PROFILE": "/app/profiles/naestved.toml",
}


def module(component):
    return f"services.{component}" if component in SERVICES else component


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.timeout(900)
def test_an_image_holds_its_component_and_cannot_import_a_sibling(images, component):
    siblings = [module(each) for each in COMPONENTS if each != component]
    strangers = [*siblings, "embedded", "tests", "pytest"]
    variables = [part for each in ENVIRONMENT.items() for part in ("--env", "=".join(each))]
    run = ["run", "--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", *variables]
    image = f"samspil/{component}:{TAG}"

    said = images.docker(
        *(*run, "--entrypoint", "python", image, "-c", LOOK, f"{module(component)}.app"),
        *strangers,
    )

    assert json.loads(said) == {"found": [], "uid": 10001, "writable": ["/tmp"], "pip": False}


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.timeout(900)
def test_an_image_names_the_setting_that_is_missing(images, component):
    done = images.run("docker", "run", "--rm", "--read-only", f"samspil/{component}:{TAG}")

    assert done.returncode == 1
    assert "is not set" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.timeout(900)
def test_an_image_is_small_and_says_what_it_is(images, component):
    (found,) = json.loads(images.docker("image", "inspect", f"samspil/{component}:{TAG}"))
    megabytes = found["Size"] / 1e6
    labels = found["Config"]["Labels"]
    print(f"\n{component}: {megabytes:.0f} MB")

    assert megabytes < LARGEST_MEGABYTES
    assert labels["org.opencontainers.image.title"] == f"samspil-{component}"
    assert labels["org.opencontainers.image.licenses"] == "MPL-2.0"
    assert found["Config"]["User"] == "10001:10001"
    assert found["Config"]["Healthcheck"]["Test"][0] == "CMD"


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.timeout(900)
def test_an_image_lists_the_packages_that_are_in_it(images, component):
    run = ["run", "--rm", "--entrypoint", "python", f"samspil/{component}:{TAG}", "-c"]

    said = images.docker(
        *run,
        "import json, pathlib, importlib.metadata as packages\n"
        "found = [[each.name, each.version] for each in packages.distributions()]\n"
        "print(json.dumps([json.loads(pathlib.Path('/opt/sbom.cdx.json').read_text()), found]))",
    )

    listed, installed = json.loads(said)
    assert listed["bomFormat"] == "CycloneDX"
    components = {(each["name"], each["version"]) for each in listed["components"]}
    assert components == {tuple(each) for each in installed}
    assert len(components) > 20
