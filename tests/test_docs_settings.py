"""docs/settings.md, .env.example, compose.yaml and settings.py name the same settings and defaults."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
READERS = {"text", "key", "words", "number", "decimal", "flag", "choice"}


class Setting(NamedTuple):
    """What one call in settings.py says of its variable; `default` is "" where the code computes it."""

    name: str
    default: str
    limits: tuple[float, ...]


def read_in_code() -> dict[str, Setting]:
    tree = ast.parse((ROOT / "askpress/settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    found = [setting(call) for call in calls if isinstance(call.args[0], ast.Constant) and reads(call)]
    return {one.name: one for one in found}


def reads(call: ast.Call) -> bool:
    return (isinstance(call.func, ast.Name) and call.func.id in READERS) or ast.unparse(call.func) == "os.environ.get"


def setting(call: ast.Call) -> Setting:
    name = str(ast.literal_eval(call.args[0]))
    limits = tuple(float(ast.literal_eval(word.value)) for word in call.keywords if word.arg in {"low", "high"})
    return Setting(name, default_of(call), limits)


def default_of(call: ast.Call) -> str:
    try:
        value = ast.literal_eval(call.args[1]) if len(call.args) > 1 else ""
    except ValueError:
        return ""
    return "" if value is None else str(value)


def documented() -> dict[str, str]:
    parts = re.split(r"(?m)^### `([A-Z_]+)`$", (ROOT / "docs/settings.md").read_text())
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def in_the_example() -> dict[str, str]:
    return dict(re.findall(r"(?m)^# ([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text()))


def read_by_compose() -> set[str]:
    return set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()))


def test_every_setting_has_its_heading_and_every_heading_its_setting() -> None:
    assert set(documented()) == set(read_in_code()) | read_by_compose()


def test_the_example_lists_every_setting_once() -> None:
    lines = re.findall(r"(?m)^# ([A-Z_]+)=", (ROOT / ".env.example").read_text())

    assert sorted(lines) == sorted(documented())


def test_the_example_sets_nothing_by_itself() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()

    assert [line for line in lines if line and not line.startswith("#")] == []


def test_the_example_shows_the_defaults_of_the_code() -> None:
    code, example = read_in_code(), in_the_example()
    fixed = {name: one.default for name, one in code.items() if one.default}

    assert {name: example[name] for name in fixed} == fixed


def test_the_documentation_shows_defaults_and_limits_of_the_code() -> None:
    pages, code = documented(), read_in_code()
    limited = {name: one for name, one in code.items() if one.limits}

    wrong = [name for name, one in limited.items() if limits_line(one) not in pages[name]]
    wrong += [name for name, one in code.items() if one.default and f"`{one.default}`" not in pages[name]]

    assert wrong == []


def limits_line(one: Setting) -> str:
    low, high = one.limits
    return f"; {low:.0f} to {high:.0f}."
