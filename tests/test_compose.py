"""compose.yaml, the Dockerfile and .dockerignore: nothing public, no default secret, started in the right order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "web", "worker")
STORES = ("db", "redis")
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def conditions(name: str) -> dict[str, str]:
    return {other: gate["condition"] for other, gate in SERVICES[name]["depends_on"].items()}


def test_ports_are_published_on_loopback_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", STORES)
def test_the_stores_are_reachable_from_our_own_services_only(name: str) -> None:
    assert "ports" not in SERVICES[name]
    assert SERVICES[name]["networks"] == ["stores"]
    assert COMPOSE["networks"]["stores"]["internal"] is True


@pytest.mark.parametrize("variable", ["POSTGRES_PASSWORD", "API_KEY", "WP_URL"])
def test_what_must_be_given_has_no_default_and_says_what_to_do(variable: str) -> None:
    uses = re.findall(r"\$\{" + variable + r"([^}]*)\}", (ROOT / "compose.yaml").read_text())

    assert uses
    assert [rest for rest in uses if not rest.startswith(f":?put {variable} into .env, ")] == []


def test_no_password_or_key_is_written_down() -> None:
    values = [str(value) for service in SERVICES.values() for value in service.get("environment", {}).values()]

    assert [value for value in values if re.search(r"://[^/@]*:[^/@]+@", value)] == []
    assert {service["environment"]["PGPASSWORD"][:21] for service in map(SERVICES.get, OURS) if service} == {
        "${POSTGRES_PASSWORD:?"
    }


def test_the_tables_are_made_before_anything_serves() -> None:
    ready = {
        "migrate": "service_completed_successfully",
        "db": "service_healthy",
        "redis": "service_healthy",
    }

    assert conditions("migrate") == {"db": "service_healthy"}
    assert conditions("web") == ready
    assert conditions("worker") == ready


@pytest.mark.parametrize("name", STORES)
def test_the_stores_have_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


def test_only_the_web_server_is_asked_for_its_health() -> None:
    assert "healthcheck" not in SERVICES["web"]
    assert SERVICES["worker"]["healthcheck"] == {"disable": True}
    assert SERVICES["migrate"]["healthcheck"] == {"disable": True}


def test_all_but_the_one_shot_come_back_after_a_crash() -> None:
    policies = {name: service["restart"] for name, service in SERVICES.items()}

    assert policies == {name: "no" if name == "migrate" else "unless-stopped" for name in SERVICES}


def test_redis_is_bounded_and_forgets_the_oldest_first() -> None:
    command = SERVICES["redis"]["command"]

    assert command[command.index("--maxmemory") + 1] == "128mb"
    assert command[command.index("--maxmemory-policy") + 1] == "allkeys-lru"


@pytest.mark.parametrize("name", OURS)
def test_our_processes_can_change_nothing_in_their_image(name: str) -> None:
    service = SERVICES[name]

    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_every_service_has_a_memory_limit() -> None:
    assert [name for name, service in SERVICES.items() if "mem_limit" not in service] == []


def test_the_image_runs_as_a_numbered_user_without_rights() -> None:
    assert re.findall(r"(?m)^USER (.*)$", DOCKERFILE) == ["10001:10001"]


def test_the_image_is_installed_from_hashed_wheels_without_a_compiler() -> None:
    assert "--require-hashes --no-deps --only-binary :all: -r requirements/runtime.txt" in DOCKERFILE
    assert not re.search(r"apt-get|build-essential|gcc|libpq-dev", DOCKERFILE)


def test_every_base_image_has_a_version() -> None:
    images = re.findall(r"(?m)^FROM (\S+)", DOCKERFILE)

    assert {image for image in images if not re.fullmatch(r"python:3\.\d+-slim-\w+", image)} == set()


def test_only_named_files_reach_the_image() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if not line.startswith("#")]

    assert rules[0] == "*"
    assert [rule for rule in rules if rule.startswith("!.") or rule in {"!*", "!deploy", "!requirements"}] == []


def test_every_file_that_the_image_names_is_there() -> None:
    named = re.findall(r"(?m)^!(\S+)$", (ROOT / ".dockerignore").read_text())

    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_page_that_every_problem_points_to_is_in_the_image() -> None:
    assert "!docs/api.md" in (ROOT / ".dockerignore").read_text().splitlines()
