"""What no linter says about the files: who commits, what is documented, what is left behind."""

import dataclasses
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import embedded.contracts
import gateway.app
import portal.settings
from chassis.service import Service

ROOT = Path(__file__).parents[2]
TEXT = {".py", ".md", ".toml", ".txt", ".json", ".yaml", ".yml", ".html", ".css", ".js", ".mjs",
        ".sh", ".cfg", ".ini", ".conf", ".npmrc", ".j2", ".mako", ""}  # fmt: skip
# Put together here, so that this file does not hold what it looks for.
PUBLIC_REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"),
    )
]


def readable(paths: list[Path]) -> list[tuple[Path, str]]:
    found = []
    for path in paths:
        if path.suffix in TEXT and path.stat().st_size < 2_000_000:
            try:
                found.append((path, path.read_text(encoding="utf-8")))
            except UnicodeDecodeError:
                continue
    return found


def test_only_the_chassis_commits(tracked: list[Path]) -> None:
    guarded = ("services", "gateway", "portal", "contracts")
    for path, text in readable(tracked):
        place = path.relative_to(ROOT).parts
        if place[0] in guarded and path.suffix == ".py":
            assert not re.search(r"\.commit\(|\.rollback\(", text), path


def test_nothing_is_left_to_do_or_skipped(tracked: list[Path]) -> None:
    left = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    skipped = re.compile(r"pytest\.(?:skip|xfail|importorskip)\(|mark\.(?:skip|skipif|xfail)\b")
    for path, text in readable(tracked):
        if path.suffix != ".py" or path == Path(__file__):
            continue
        assert not left.search(text), path
        if "tests" in path.parts:
            assert not skipped.search(text), path


def registry_hosts() -> list[str]:
    """List the hosts that packages come from here, as the tools are set up."""
    settings = [
        value
        for name, value in os.environ.items()
        if re.search(r"(?i)(index|registry|proxy)", name)
    ]
    for command in (["pip", "config", "list"], ["npm", "config", "get", "registry"]):
        if program := shutil.which(command[0]):
            answer = subprocess.run(
                [program, *command[1:]], capture_output=True, text=True, timeout=60, check=False
            )
            settings.append(answer.stdout)
    addresses = re.findall(r"https?://[^\s'\",]+", "\n".join(settings))
    hosts = {urlsplit(address).hostname or "" for address in addresses}
    return sorted(hosts - {"", "localhost", "127.0.0.1"})


def test_no_file_names_a_registry_or_a_place_on_this_machine(tracked: list[Path]) -> None:
    forbidden = [*PUBLIC_REGISTRIES, *registry_hosts()]
    home = str(Path.home())
    if len(home) > len("/root"):
        forbidden.append(home)
    if len(ROOT.parts) > 2:
        forbidden.append(f"{ROOT}/")
    for path, text in readable(tracked):
        for word in forbidden:
            assert word not in text, f"{path.relative_to(ROOT)} names {word}"


@pytest.mark.parametrize("component", [*embedded.contracts.SERVICES, "gateway", "portal"])
def test_every_setting_is_documented(component: str, services: dict[str, Service]) -> None:
    classes = {
        "gateway": gateway.app.GatewaySettings,
        "portal": portal.settings.PortalSettings,
        **{name: service.settings for name, service in services.items()},
    }
    folder = (
        ROOT / component if component in {"gateway", "portal"} else ROOT / "services" / component
    )
    pages = [folder / "README.md", *(ROOT / "docs").rglob("*.md")]
    written = "\n".join(page.read_text(encoding="utf-8") for page in pages if page.exists())

    for field in dataclasses.fields(classes[component]):
        assert field.metadata["text"], field.name
        assert f"`{field.metadata['name']}`" in written, (
            f"{component}: {field.metadata['name']} is in no README.md and nowhere under docs/"
        )


@pytest.mark.parametrize("name", embedded.contracts.SERVICES)
def test_a_service_has_its_modules_and_a_page_about_it(name: str) -> None:
    folder = ROOT / "services" / name
    for module in ("__init__", "__main__", "app", "api", "schemas", "handlers", "commands",
                   "queries", "model"):  # fmt: skip
        assert (folder / f"{module}.py").exists() or (folder / module / "__init__.py").exists(), (
            module
        )
    assert (folder / "migrations" / "env.py").exists()
    assert (folder / "README.md").exists()
